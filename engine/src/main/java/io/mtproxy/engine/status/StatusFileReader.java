// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static io.mtproxy.engine.status.StatusLayout.*;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.errors.ErrorConsumer;
import org.agrona.concurrent.errors.ErrorLogReader;
import org.agrona.concurrent.status.CountersReader;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the status file of any process, living or not, and never writes. Layout: {@link StatusLayout}.
 * <p>
 * Numbers are read from the mapped memory at each call, so one reader serves for as long as it is wanted. For one
 * thread.
 */
public final class StatusFileReader
{
    /** Null for private memory. */
    private final @Nullable Path path;
    private final UnsafeBuffer header;
    private final CountersReader counters;
    private final UnsafeBuffer errors;
    private final StatusTables tables;
    /** Of no bytes where the file has none. */
    private final UnsafeBuffer secretGauges;
    /** Of no bytes where the file has none. */
    private final UnsafeBuffer secretOrder;
    /** Null where the file has none. */
    private final @Nullable TextSlots configuration;
    private final Map<String, String> description;
    /** Ids of the counters in the file, by index of the {@link ProxyCounter}; empty where the file has none. */
    private final int[][] counterIds;

    /** @param whole of a file that has been checked, or that is our own. */
    StatusFileReader(@Nullable Path path, UnsafeBuffer whole)
    {
        this.path = path;
        this.header = new UnsafeBuffer(whole, 0, HEADER_LENGTH);
        this.counters = new CountersReader(section(whole, SECTION_COUNTER_METADATA),
            section(whole, SECTION_COUNTER_VALUES), StandardCharsets.US_ASCII);
        this.errors = section(whole, SECTION_ERRORS);
        this.secretGauges = optional(whole, SECTION_SECRET_GAUGES);
        this.secretOrder = optional(whole, SECTION_SECRET_ORDER);
        this.tables = new StatusTables(type -> optional(whole, type));
        this.configuration = entry(whole, SECTION_CONFIGURATION) < 0 ?
            null :
            new TextSlots(section(whole, SECTION_CONFIGURATION));
        this.description = parse(section(whole, SECTION_DESCRIPTION));
        this.counterIds = findCounters();
    }

    /**
     * Maps the file of a process, read-only.
     *
     * @throws StatusFileException when it is not a status file, not complete, or of a version that this one does not
     *                             know.
     * @throws IOException         when it cannot be read.
     */
    public static StatusFileReader open(Path path) throws IOException
    {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))
        {
            long length = channel.size();
            if (length < HEADER_LENGTH || length > FILE_LENGTH_MAX)
            {
                throw new StatusFileException(path + ": not a status file: " + length + " bytes long");
            }
            ByteBuffer map = channel.map(FileChannel.MapMode.READ_ONLY, 0, length).order(ByteOrder.nativeOrder());
            UnsafeBuffer whole = new UnsafeBuffer(map);
            check(path, whole);
            return new StatusFileReader(path, whole);
        }
    }

    /** @return id of the process, as it sees itself; in a container of its own that may be 1. */
    public long pid()
    {
        return header.getLong(PID_OFFSET);
    }

    /** @return when the process made the file, ms since 1970. */
    public long startEpochMs()
    {
        return header.getLong(START_OFFSET);
    }

    /** @return how many processes have counted into the totals here, this one included. */
    public int startCount()
    {
        return Math.max(1, header.getInt(START_COUNT_OFFSET));
    }

    /** @return when the first of them started, ms since 1970: since then the totals count. */
    public long firstStartEpochMs()
    {
        long first = header.getLong(FIRST_START_OFFSET);
        return first == 0 ? startEpochMs() : first;
    }

    /** @return when the process last said that it lives, ms since 1970. */
    public long heartbeatEpochMs()
    {
        return header.getLongVolatile(HEARTBEAT_OFFSET);
    }

    /** @return how far the process said it is. */
    public StatusState state()
    {
        return StatusState.ofCode(header.getIntVolatile(STATE_OFFSET));
    }

    /** @return how many agents have a set of counters. */
    public int agentCount()
    {
        return header.getInt(AGENT_COUNT_OFFSET);
    }

    /** @return name of an agent. */
    public String agentName(int agentIndex)
    {
        return description.getOrDefault("agent." + agentIndex, "agent-" + agentIndex);
    }

    /** @return what the process says about itself. */
    public Map<String, String> description()
    {
        return description;
    }

    /** @return which configuration the process uses now, all of it from one moment; empty when the file has none. */
    public Map<String, String> configuration()
    {
        return configuration == null ? Map.of() : parse(configuration.read());
    }

    /** @return the value over all agents: their sum, or the largest for a maximum; 0 when the file has none. */
    public long get(ProxyCounter counter)
    {
        long value = 0;
        for (int counterId : counterIds[counter.index()])
        {
            value = counter.kind().combine(value, counters.getCounterValue(counterId));
        }
        return value;
    }

    /** @return the value of one agent; 0 when the file has none. */
    public long get(int agentIndex, ProxyCounter counter)
    {
        for (int counterId : counterIds[counter.index()])
        {
            if (counters.getCounterOwnerId(counterId) == agentIndex)
            {
                return counters.getCounterValue(counterId);
            }
        }
        return 0;
    }

    /** @return the value over several processes. */
    public static long get(List<StatusFileReader> readers, ProxyCounter counter)
    {
        long value = 0;
        for (StatusFileReader reader : readers)
        {
            value = counter.kind().combine(value, reader.get(counter));
        }
        return value;
    }

    /** @return distinct client addresses under the secret at a position from 0; 0 when the file has none. */
    public long secretAddressCount(int secretIndex)
    {
        return secretIndex < secretOrder().length ?
            StatusReport.of(List.of(this)).secrets().get(secretIndex).addresses() :
            gaugeSum(secretIndex, Integer.SIZE);
    }

    /** @return distinct keys under the secret at a position from 0; 0 when the file has none. */
    public long secretKeyCount(int secretIndex)
    {
        return secretIndex < secretOrder().length ?
            StatusReport.of(List.of(this)).secrets().get(secretIndex).authKeys() :
            gaugeSum(secretIndex, 0);
    }

    /** Files of version 1.0 have two numbers of 32 bits in a word for each agent and secret. */
    private long gaugeSum(int secretIndex, int shift)
    {
        long sum = 0;
        for (int agent = 0; agent < agentCount(); agent++)
        {
            int at = agent * SECRET_GAUGES_LENGTH + secretIndex * Long.BYTES;
            sum += secretIndex < SECRET_COUNT_MAX && at + Long.BYTES <= secretGauges.capacity() ?
                secretGauges.getLongVolatile(at) >>> shift & 0xffffffffL :
                0;
        }
        return sum;
    }

    StatusTables tables()
    {
        return tables;
    }

    /** @return keys of the configured secrets in load order; empty when the file has none. */
    long[] secretOrder()
    {
        return secretOrder.capacity() < SecretOrder.LENGTH ? new long[0] : new SecretOrder(secretOrder).read();
    }

    /** Adds an agent's totals to those of the one that goes on with them. */
    void addTotalsTo(int agentIndex, AgentStatus heir)
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            if (counter.isContinued())
            {
                heir.counters().add(counter, get(agentIndex, counter));
            }
        }
        tables.addTotalsTo(agentIndex, heir);
    }

    /** Gives every counter of the file, those that this version does not know included. */
    public void forEach(CounterConsumer consumer)
    {
        counters.forEach((counterId, typeId, key, label) -> consumer.accept(
            (int)counters.getCounterOwnerId(counterId), typeId, ProxyCounter.Kind.ofCode(key.getByte(0)), label,
            counters.getCounterValue(counterId)));
    }

    /**
     * Gives each distinct error of the process.
     *
     * @return how many.
     */
    public int readErrors(ErrorConsumer consumer)
    {
        return ErrorLogReader.read(errors, consumer);
    }

    /**
     * Asks whether the process lives, by the lock that it holds on a file beside this one.
     *
     * @throws IOException when the lock file cannot be opened.
     */
    public boolean isAlive() throws IOException
    {
        return path == null ? state() != StatusState.ENDED : ProcessLock.isHeld(StatusFile.lockPath(path));
    }

    /** @return where the file is, or null for private memory. */
    public @Nullable Path path()
    {
        return path;
    }

    private static void check(Path path, UnsafeBuffer whole) throws StatusFileException
    {
        int version = whole.getIntVolatile(VERSION_OFFSET);
        if (version == 0)
        {
            throw new StatusFileException(path + ": not complete — its process is starting, or died while it made it");
        }
        if (version >>> 16 != VERSION_MAJOR)
        {
            throw new StatusFileException(path + ": not a status file of layout " + VERSION_MAJOR +
                " (its first word is 0x" + Integer.toHexString(version) + ") — use the version that wrote it");
        }
        long said = whole.getLong(FILE_LENGTH_OFFSET);
        if (said != whole.capacity() || whole.getInt(HEADER_LENGTH_OFFSET) != HEADER_LENGTH)
        {
            throw new StatusFileException(path + ": truncated or damaged: " + whole.capacity() +
                " bytes long, should have " + said);
        }
        int agents = whole.getInt(AGENT_COUNT_OFFSET);
        int perAgent = whole.getInt(COUNTER_COUNT_OFFSET);
        long metadataLength = checkSection(path, whole, SECTION_COUNTER_METADATA);
        long valuesLength = checkSection(path, whole, SECTION_COUNTER_VALUES);
        checkSection(path, whole, SECTION_ERRORS);
        checkSection(path, whole, SECTION_DESCRIPTION);
        for (int type = SECTION_ERRORS + 1; type <= SECTION_LAST; type++)
        {
            if (entry(whole, type) >= 0)
            {
                // not in files of every version
                checkSection(path, whole, type);
            }
        }
        if (entry(whole, SECTION_CONFIGURATION) >= 0 &&
            checkSection(path, whole, SECTION_CONFIGURATION) < TextSlots.LENGTH)
        {
            throw new StatusFileException(path + ": damaged: section " + SECTION_CONFIGURATION + " is too short");
        }
        long counterCount = (long)agents * perAgent;
        if (agents < 0 || perAgent < 0 || metadataLength != counterCount * CountersReader.METADATA_LENGTH ||
            valuesLength != counterCount * CountersReader.COUNTER_LENGTH)
        {
            throw new StatusFileException(path + ": damaged: its counters do not fit their sections");
        }
    }

    private static long checkSection(Path path, UnsafeBuffer whole, int type) throws StatusFileException
    {
        int entry = entry(whole, type);
        if (entry < 0)
        {
            throw new StatusFileException(path + ": damaged: section " + type + " is missing");
        }
        long offset = whole.getLong(entry + SECTION_OFFSET_OFFSET);
        long length = whole.getLong(entry + SECTION_LENGTH_OFFSET);
        if (offset < HEADER_LENGTH || offset % ALIGNMENT != 0 || length < 0 || length > whole.capacity() - offset)
        {
            throw new StatusFileException(path + ": damaged: section " + type + " lies outside the file");
        }
        return length;
    }

    private static int entry(UnsafeBuffer whole, int type)
    {
        int count = Math.min(whole.getInt(SECTION_COUNT_OFFSET), SECTION_COUNT_MAX);
        for (int i = 0; i < count; i++)
        {
            int entry = SECTIONS_OFFSET + i * SECTION_ENTRY_LENGTH;
            if (whole.getInt(entry + SECTION_TYPE_OFFSET) == type)
            {
                return entry;
            }
        }
        return -1;
    }

    private static UnsafeBuffer section(UnsafeBuffer whole, int type)
    {
        int entry = entry(whole, type);
        return new UnsafeBuffer(whole, (int)whole.getLong(entry + SECTION_OFFSET_OFFSET),
            (int)whole.getLong(entry + SECTION_LENGTH_OFFSET));
    }

    /** @return the section, one of no bytes where the file has none. */
    private static UnsafeBuffer optional(UnsafeBuffer whole, int type)
    {
        return entry(whole, type) < 0 ? new UnsafeBuffer(new byte[0]) : section(whole, type);
    }

    private int[][] findCounters()
    {
        List<List<Integer>> found = new ArrayList<>();
        for (int i = 0; i < ProxyCounter.count(); i++)
        {
            found.add(new ArrayList<>());
        }
        counters.forEach((counterId, typeId, key, label) ->
        {
            ProxyCounter counter = ProxyCounter.ofId(typeId);
            if (counter != null)
            {
                found.get(counter.index()).add(counterId);
            }
        });
        int[][] ids = new int[found.size()][];
        for (int i = 0; i < ids.length; i++)
        {
            ids[i] = found.get(i).stream().mapToInt(Integer::intValue).toArray();
        }
        return ids;
    }

    private static Map<String, String> parse(UnsafeBuffer section)
    {
        byte[] bytes = new byte[section.capacity()];
        section.getBytes(0, bytes);
        return parse(bytes);
    }

    /** @param padded lines of text, then zeros. */
    private static Map<String, String> parse(byte[] padded)
    {
        int length = 0;
        while (length < padded.length && padded[length] != 0)
        {
            length++;
        }
        Map<String, String> entries = new LinkedHashMap<>();
        for (String line : new String(padded, 0, length, StandardCharsets.UTF_8).split("\n", -1))
        {
            int equals = line.indexOf('=');
            if (equals > 0)
            {
                entries.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return entries;
    }

    /** Takes the counters of a file one by one. */
    @FunctionalInterface
    public interface CounterConsumer
    {
        /**
         * @param agentIndex whose it is.
         * @param id         of the counter, see {@link ProxyCounter#ofId}.
         * @param kind       how to read it.
         * @param label      with the agent's name in front.
         * @param value      now.
         */
        void accept(int agentIndex, int id, ProxyCounter.Kind kind, String label, long value);
    }
}
