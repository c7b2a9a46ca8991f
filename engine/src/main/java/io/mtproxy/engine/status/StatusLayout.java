// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.BitUtil;
import org.agrona.concurrent.status.CountersReader;

/**
 * Where things lie in a status file. All numbers are in native byte order, as the file never leaves its machine.
 *
 * <pre>
 *     0        4        8            16      24              32      36          40        44
 *     +--------+--------+------------+-------+---------------+-------+-----------+---------+
 *     | layout | header | file       | pid   | start time,   | agent | counters  | section |  ..64
 *     | version| length | length     |       | ms since 1970 | count | per agent | count   |
 *     +--------+--------+------------+-------+---------------+-------+-----------+---------+
 *    64               72        76
 *     +----------------+--------+
 *     | heartbeat, ms  | state  |  ..128      on a cache line of its own: it changes
 *     +----------------+--------+
 *   128      4        8            16           24
 *     +------+--------+------------+------------+
 *     | type | unused | offset     | length     |   section table: 28 entries, unused ones are all zeros
 *     +------+--------+------------+------------+
 *  1024
 *     +-------------+------------------+----------------+--------------------+---------+---------------+
 *     | description | counter metadata | counter values | distinct error log | secrets | configuration |
 *     +-------------+------------------+----------------+--------------------+---------+---------------+
 *       each at a multiple of 128
 * </pre>
 *
 * The layout version is written last, with release: a file without it is not complete. Its upper 16 bits change when
 * older readers would be wrong; a new section only adds to the table, and readers skip types they do not know.
 * Counter metadata and values are those of {@link org.agrona.concurrent.status.CountersManager}: the type id is
 * {@link ProxyCounter#id}, the owner id the index of the agent, the key's first byte the {@link ProxyCounter.Kind}.
 * The section of secrets has {@link #SECRET_COUNT_MAX} words an agent, see {@link SecretGauges}; readers do without it,
 * and without that of the configuration, see {@link TextSlots}.
 */
final class StatusLayout
{
    static final int VERSION_MAJOR = 1;
    static final int VERSION = VERSION_MAJOR << 16;

    static final int VERSION_OFFSET = 0;
    static final int HEADER_LENGTH_OFFSET = VERSION_OFFSET + Integer.BYTES;
    static final int FILE_LENGTH_OFFSET = HEADER_LENGTH_OFFSET + Integer.BYTES;
    static final int PID_OFFSET = FILE_LENGTH_OFFSET + Long.BYTES;
    static final int START_OFFSET = PID_OFFSET + Long.BYTES;
    static final int AGENT_COUNT_OFFSET = START_OFFSET + Long.BYTES;
    static final int COUNTER_COUNT_OFFSET = AGENT_COUNT_OFFSET + Integer.BYTES;
    static final int SECTION_COUNT_OFFSET = COUNTER_COUNT_OFFSET + Integer.BYTES;

    static final int HEARTBEAT_OFFSET = 64;
    static final int STATE_OFFSET = HEARTBEAT_OFFSET + Long.BYTES;

    static final int SECTIONS_OFFSET = 128;
    static final int SECTION_ENTRY_LENGTH = 32;
    static final int SECTION_TYPE_OFFSET = 0;
    static final int SECTION_OFFSET_OFFSET = 8;
    static final int SECTION_LENGTH_OFFSET = 16;
    static final int HEADER_LENGTH = 1024;
    static final int SECTION_COUNT_MAX = (HEADER_LENGTH - SECTIONS_OFFSET) / SECTION_ENTRY_LENGTH;

    /** Two cache lines: neighbours are fetched in pairs. */
    static final int ALIGNMENT = 2 * BitUtil.CACHE_LINE_LENGTH;
    /** Text, one {@code key=value} a line, padded by zeros. */
    static final int SECTION_DESCRIPTION = 1;
    static final int SECTION_COUNTER_METADATA = 2;
    static final int SECTION_COUNTER_VALUES = 3;
    static final int SECTION_ERRORS = 4;
    static final int SECTION_SECRETS = 5;
    /** Which configuration is in use: {@code key=value} lines in {@link TextSlots}. */
    static final int SECTION_CONFIGURATION = 6;
    static final int[] SECTION_TYPES =
        {SECTION_DESCRIPTION, SECTION_COUNTER_METADATA, SECTION_COUNTER_VALUES, SECTION_ERRORS, SECTION_SECRETS,
            SECTION_CONFIGURATION};

    static final int DESCRIPTION_LENGTH = 8 * 1024;
    static final int ERRORS_LENGTH = 64 * 1024;
    /** As many as may be configured. [C-LIM-04] */
    static final int SECRET_COUNT_MAX = 128;
    static final int SECRETS_LENGTH = SECRET_COUNT_MAX * Long.BYTES;
    /** No file of ours is longer; what says so is not ours. */
    static final long FILE_LENGTH_MAX = 1L << 30;

    private StatusLayout()
    {
    }

    /** @return bytes of a section in a file for so many agents. */
    static int sectionLength(int type, int agentCount)
    {
        int counters = agentCount * ProxyCounter.count();
        return switch (type)
        {
            case SECTION_DESCRIPTION -> DESCRIPTION_LENGTH;
            case SECTION_COUNTER_METADATA -> counters * CountersReader.METADATA_LENGTH;
            case SECTION_COUNTER_VALUES -> counters * CountersReader.COUNTER_LENGTH;
            case SECTION_ERRORS -> ERRORS_LENGTH;
            case SECTION_SECRETS -> agentCount * SECRETS_LENGTH;
            case SECTION_CONFIGURATION -> TextSlots.LENGTH;
            default -> throw new IllegalArgumentException("no such section: " + type);
        };
    }

    /** @return bytes of a whole file for so many agents. */
    static int fileLength(int agentCount)
    {
        int length = HEADER_LENGTH;
        for (int type : SECTION_TYPES)
        {
            length += BitUtil.align(sectionLength(type, agentCount), ALIGNMENT);
        }
        return length;
    }
}
