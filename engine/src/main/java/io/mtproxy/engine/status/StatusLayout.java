// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.BitUtil;
import org.agrona.concurrent.status.CountersReader;

/**
 * Where things lie in a status file. All numbers are in native byte order, as the file never leaves its machine.
 *
 * <pre>
 *     0        4        8            16      24              32      36          40        44      48          56
 *     +--------+--------+------------+-------+---------------+-------+-----------+---------+-------+-----------+
 *     | layout | header | file       | pid   | start time,   | agent | counters  | section | start | first     | ..64
 *     | version| length | length     |       | ms since 1970 | count | per agent | count   | count | start, ms |
 *     +--------+--------+------------+-------+---------------+-------+-----------+---------+-------+-----------+
 *    64               72        76
 *     +----------------+--------+
 *     | heartbeat, ms  | state  |  ..128      on a cache line of its own: it changes
 *     +----------------+--------+
 *   128      4        8            16           24
 *     +------+--------+------------+------------+
 *     | type | unused | offset     | length     |   section table: 28 entries, unused ones are all zeros
 *     +------+--------+------------+------------+
 *  1024
 *     +-------------+------------------+----------------+--------------------+---------------+-----------
 *     | description | counter metadata | counter values | distinct error log | configuration | tables ..
 *     +-------------+------------------+----------------+--------------------+---------------+-----------
 *       each at a multiple of 128
 * </pre>
 *
 * The layout version is written last, with release: a file without it is not complete. Its upper 16 bits change when
 * older readers would be wrong; a new section only adds to the table, and readers skip types they do not know.
 * Counter metadata and values are those of {@link org.agrona.concurrent.status.CountersManager}: the type id is
 * {@link ProxyCounter#id}, the owner id the index of the agent, the key's first byte the {@link ProxyCounter.Kind}, its
 * second the {@link ProxyCounter.Unit}.
 * A reader does without every section but the first four. The tables are those of {@link StatusTable}; whose rows are what
 * is said at each section below. The whole of it is told in {@code docs/status-file.md}.
 */
final class StatusLayout
{
    static final int VERSION_MAJOR = 1;
    /** 0 had gauges of secrets by position in place of the tables, 1 did not say how many rows of a table are used. */
    private static final int VERSION_MINOR = 2;
    static final int VERSION = VERSION_MAJOR << 16 | VERSION_MINOR;

    static final int VERSION_OFFSET = 0;
    static final int HEADER_LENGTH_OFFSET = VERSION_OFFSET + Integer.BYTES;
    static final int FILE_LENGTH_OFFSET = HEADER_LENGTH_OFFSET + Integer.BYTES;
    static final int PID_OFFSET = FILE_LENGTH_OFFSET + Long.BYTES;
    static final int START_OFFSET = PID_OFFSET + Long.BYTES;
    static final int AGENT_COUNT_OFFSET = START_OFFSET + Long.BYTES;
    static final int COUNTER_COUNT_OFFSET = AGENT_COUNT_OFFSET + Integer.BYTES;
    static final int SECTION_COUNT_OFFSET = COUNTER_COUNT_OFFSET + Integer.BYTES;

    /** Processes that have counted into this file's totals, this one included. */
    static final int START_COUNT_OFFSET = SECTION_COUNT_OFFSET + Integer.BYTES;
    /** Start of the first of them, ms since 1970. */
    static final int FIRST_START_OFFSET = START_COUNT_OFFSET + Integer.BYTES;

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
    /** Gauges of secrets by position, in files of version 1.0 only. */
    static final int SECTION_SECRET_GAUGES = 5;
    /** Which configuration is in use: {@code key=value} lines in {@link TextSlots}. */
    static final int SECTION_CONFIGURATION = 6;
    /** Table: {@link LatencyRecorder}s of each agent; key = id of the metric. */
    static final int SECTION_LATENCIES = 7;
    /** Table: {@link SecretRows} of each client agent; key = keyed hash of the secret. */
    static final int SECTION_SECRETS = 8;
    /** {@link SecretOrder}. */
    static final int SECTION_SECRET_ORDER = 9;
    /** Table: {@link DistinctValues} of each client agent; a row is one word, which is its own key. */
    static final int SECTION_DISTINCT = 10;
    /** Table: {@link DcRows} of each client and datacenter agent; key = DC id with a mark. */
    static final int SECTION_DCS = 11;
    /** Table: {@link LinkRows} of each datacenter agent; key = server and link. */
    static final int SECTION_LINKS = 12;
    /** Table: {@link StallLog} of each client and datacenter agent; key = number of the stall. */
    static final int SECTION_STALLS = 13;
    static final int SECTION_LAST = SECTION_STALLS;
    static final int[] SECTION_TYPES = {SECTION_DESCRIPTION, SECTION_COUNTER_METADATA, SECTION_COUNTER_VALUES,
        SECTION_ERRORS, SECTION_CONFIGURATION, SECTION_LATENCIES, SECTION_SECRETS,
        SECTION_SECRET_ORDER,
        SECTION_DISTINCT, SECTION_DCS, SECTION_LINKS, SECTION_STALLS};

    static final int DESCRIPTION_LENGTH = 8 * 1024;
    static final int ERRORS_LENGTH = 64 * 1024;
    /** As many as may be configured. [C-LIM-04] */
    static final int SECRET_COUNT_MAX = 128;
    /** Of an agent, in files of version 1.0. */
    static final int SECRET_GAUGES_LENGTH = SECRET_COUNT_MAX * Long.BYTES;
    /** Metrics that an agent can have; more than there are, for those to come. */
    static final int LATENCY_ROW_COUNT = 8;
    /** Key and histogram. */
    static final int LATENCY_ROW_LENGTH = BitUtil.align(Long.BYTES + LatencyRecorder.LENGTH, BitUtil.CACHE_LINE_LENGTH);
    /** No file of ours is longer; what says so is not ours. */
    static final long FILE_LENGTH_MAX = 1L << 30;

    private StatusLayout()
    {
    }

    /** @return bytes of a section in a file for such agents. */
    static int sectionLength(int type, StatusShape shape)
    {
        int counters = shape.agentCount() * ProxyCounter.count();
        return switch (type)
        {
            case SECTION_DESCRIPTION -> DESCRIPTION_LENGTH;
            case SECTION_COUNTER_METADATA -> counters * CountersReader.METADATA_LENGTH;
            case SECTION_COUNTER_VALUES -> counters * CountersReader.COUNTER_LENGTH;
            case SECTION_ERRORS -> ERRORS_LENGTH;
            case SECTION_CONFIGURATION -> TextSlots.LENGTH;
            case SECTION_SECRET_ORDER -> SecretOrder.LENGTH;
            case SECTION_LATENCIES -> shape.latencies().length();
            case SECTION_SECRETS -> shape.secrets().length();
            case SECTION_DISTINCT -> shape.distinct().length();
            case SECTION_DCS -> shape.dcs().length();
            case SECTION_LINKS -> shape.links().length();
            case SECTION_STALLS -> shape.stalls().length();
            default -> throw new IllegalArgumentException("no such section: " + type);
        };
    }

    /** @return bytes of a whole file for such agents. */
    static int fileLength(StatusShape shape)
    {
        int length = HEADER_LENGTH;
        for (int type : SECTION_TYPES)
        {
            length += BitUtil.align(sectionLength(type, shape), ALIGNMENT);
        }
        return length;
    }
}
