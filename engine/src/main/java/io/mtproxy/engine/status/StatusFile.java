// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static io.mtproxy.engine.status.StatusLayout.*;
import static java.util.Objects.requireNonNull;

import io.mtproxy.engine.status.api.LatencyMetric;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.agrona.BitUtil;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.errors.DistinctErrorLog;
import org.agrona.concurrent.status.CountersManager;
import org.jspecify.annotations.Nullable;

/**
 * The status file of this process, as its writer sees it (architecture A9). Layout: {@link StatusLayout}.
 * <p>
 * The memory stays mapped until the process ends, also after {@link #close}: agents and readers may still look at it.
 * Each agent writes its own counters; the error log takes any thread; the rest belongs to the conductor.
 */
public final class StatusFile implements AutoCloseable
{
    private static final String LOCK_SUFFIX = ".lock";
    private static final int ZEROS_LENGTH = 64 * 1024;
    private static final Set<OpenOption> CREATE_OPTIONS = Set.of(StandardOpenOption.CREATE_NEW,
        StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    /** Null for private memory. */
    private final @Nullable Path path;
    /** Null for private memory. */
    private final @Nullable ProcessLock lock;
    private final UnsafeBuffer header;
    private final UnsafeBuffer whole;
    private final AgentStatus[] agents;
    private final List<String> agentNames;
    private final StatusHash hash;
    private final SecretOrder secretOrder;
    private final TextSlots configuration;
    private final DistinctErrorLog errorLog;
    private final EpochClock clock;
    private boolean isClosed;

    private StatusFile(@Nullable Path path, @Nullable ProcessLock lock, ByteBuffer memory, List<String> agentNames,
        String description, EpochClock clock, StatusHash hash, @Nullable StatusFileReader ended)
    {
        this.path = path;
        this.lock = lock;
        this.clock = clock;
        this.whole = new UnsafeBuffer(memory);
        this.header = new UnsafeBuffer(memory, 0, HEADER_LENGTH);
        this.agentNames = List.copyOf(agentNames);
        this.agents = new AgentStatus[agentNames.size()];
        this.hash = hash;

        StatusShape shape = StatusShape.of(agentNames);
        int agentCount = agentNames.size();
        header.putInt(HEADER_LENGTH_OFFSET, HEADER_LENGTH);
        header.putLong(FILE_LENGTH_OFFSET, memory.capacity());
        header.putLong(PID_OFFSET, ProcessHandle.current().pid());
        header.putLong(START_OFFSET, clock.time());
        header.putInt(AGENT_COUNT_OFFSET, agentCount);
        header.putInt(COUNTER_COUNT_OFFSET, ProxyCounter.count());
        header.putLong(HEARTBEAT_OFFSET, clock.time());
        header.putInt(START_COUNT_OFFSET, 1);
        header.putLong(FIRST_START_OFFSET, clock.time());
        layOutSections(shape);

        byte[] text = describe(agentNames, description);
        section(SECTION_DESCRIPTION).putBytes(0, text, 0, text.length);
        UnsafeBuffer values = section(SECTION_COUNTER_VALUES);
        label(new CountersManager(section(SECTION_COUNTER_METADATA), values, StandardCharsets.US_ASCII), agentNames);
        this.secretOrder = new SecretOrder(section(SECTION_SECRET_ORDER));
        layOutAgents(shape, values);
        this.configuration = new TextSlots(section(SECTION_CONFIGURATION));
        this.errorLog = new DistinctErrorLog(section(SECTION_ERRORS), clock, StandardCharsets.UTF_8);
        if (ended != null)
        {
            continueFrom(ended);
        }
        header.putIntRelease(VERSION_OFFSET, VERSION);
    }

    /**
     * Makes the file of this process. One that an ended process left under that name is replaced, and its totals go on: what
     * both counted together never gets less. Gauges are the other one's own and begin anew.
     *
     * @param path        where; a lock file is made beside it.
     * @param agentNames  one for each set of counters, such as {@code client-0}.
     * @param description more about the process, as {@code key=value} lines; nothing secret.
     * @param clock       for the start time and for the error log.
     * @throws IOException with a message for the operator: a full disk, or a live process that has that file.
     */
    public static StatusFile create(Path path, List<String> agentNames, String description, EpochClock clock)
        throws IOException
    {
        ProcessLock lock = ProcessLock.tryAcquire(lockPath(path));
        if (lock == null)
        {
            throw new IOException(path + ": in use by another process — give this proxy a name of its own");
        }
        Path temporary = path.resolveSibling(path.getFileName() + ".new");
        try
        {
            Files.deleteIfExists(temporary);
            ByteBuffer memory = map(temporary, StatusShape.of(agentNames).fileLength());
            StatusFile file = new StatusFile(path, lock, memory, agentNames, description, clock,
                StatusHash.ofFolder(requireNonNull(path.toAbsolutePath().getParent())), endedOrNull(path));
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        }
        catch (IOException | RuntimeException e)
        {
            lock.close();
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /** The same in private memory, for tests and for a process that has no usable folder. */
    public static StatusFile inMemory(List<String> agentNames, String description, EpochClock clock)
    {
        ByteBuffer memory = ByteBuffer.allocateDirect(StatusShape.of(agentNames).fileLength());
        return new StatusFile(null, null, memory, agentNames, description, clock, StatusHash.drawn(), null);
    }

    /** @return what an agent writes, for that agent. */
    public AgentStatus agent(int agentIndex)
    {
        return agents[agentIndex];
    }

    /** @return the counters of an agent, for that agent. */
    public ProxyCounters counters(int agentIndex)
    {
        return agents[agentIndex].counters();
    }

    /** @return by which secrets, addresses and keys are shown. */
    public StatusHash hash()
    {
        return hash;
    }

    /**
     * Says which secrets are configured, in load order; by the conductor only.
     *
     * @param keys of the secrets, as in {@link SecretRows}.
     */
    public void secretOrder(long[] keys)
    {
        secretOrder.write(keys);
    }

    /** @return where errors of our own are kept, each kind once; for any thread. */
    public DistinctErrorLog errorLog()
    {
        return errorLog;
    }

    /**
     * Says which configuration is in use; readers see all of it change at once. By the conductor only. [C-REL-12]
     *
     * @param text {@code key=value} lines; nothing secret.
     */
    public void configuration(String text)
    {
        configuration.write(text);
    }

    /** @return what an ended process has left, or null when there is nothing that can be read. */
    private static @Nullable StatusFileReader endedOrNull(Path path)
    {
        try
        {
            return StatusFileReader.open(path);
        }
        catch (IOException e)
        {
            return null;
        }
    }

    private void continueFrom(StatusFileReader ended)
    {
        header.putInt(START_COUNT_OFFSET, ended.startCount() + 1);
        header.putLong(FIRST_START_OFFSET, ended.firstStartEpochMs());
        for (int agent = 0; agent < ended.agentCount(); agent++)
        {
            ended.addTotalsTo(agent, agents[heirOf(ended.agentName(agent))]);
        }
    }

    /** @return index of the agent that goes on with the totals of another's: its namesake, or the first of its kind. */
    private int heirOf(String name)
    {
        int namesake = agentNames.indexOf(name);
        if (namesake >= 0)
        {
            return namesake;
        }
        String kind = name.substring(0, name.indexOf('-') + 1);
        for (int agent = 0; agent < agentNames.size(); agent++)
        {
            if (!kind.isEmpty() && agentNames.get(agent).startsWith(kind))
            {
                return agent;
            }
        }
        return 0;
    }

    /** Says that the process lives; about once a second. */
    public void heartbeat(long nowEpochMs)
    {
        header.putLongRelease(HEARTBEAT_OFFSET, nowEpochMs);
    }

    /** Says how far the process is. */
    public void state(StatusState state)
    {
        header.putIntRelease(STATE_OFFSET, state.code());
    }

    /** @return a reader over the same memory, for the process itself. */
    public StatusFileReader reader()
    {
        return new StatusFileReader(path, whole);
    }

    /** @return where the file is, or null for private memory. */
    public @Nullable Path path()
    {
        return path;
    }

    /** Marks the process as ended and lets its lock go; the file stays with the last numbers. Never throws. */
    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        heartbeat(clock.time());
        state(StatusState.ENDED);
        if (lock != null)
        {
            lock.close();
        }
    }

    static Path lockPath(Path path)
    {
        return path.resolveSibling(path.getFileName() + LOCK_SUFFIX);
    }

    /** Writes the whole length first: writing to a mapped hole on a full disk would be a fault in the data path. */
    private static ByteBuffer map(Path path, int length) throws IOException
    {
        try (FileChannel channel = FileChannel.open(path, CREATE_OPTIONS, ProcessLock.fileMode(path)))
        {
            ByteBuffer zeros = ByteBuffer.allocate(ZEROS_LENGTH);
            for (int written = 0; written < length;)
            {
                zeros.clear().limit(Math.min(ZEROS_LENGTH, length - written));
                written += channel.write(zeros);
            }
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, length).order(ByteOrder.nativeOrder());
        }
        catch (FileAlreadyExistsException | NoSuchFileException e)
        {
            throw e;
        }
        catch (IOException e)
        {
            throw new IOException(path + ": cannot reserve " + length + " bytes: " + e.getMessage(), e);
        }
    }

    private void layOutSections(StatusShape shape)
    {
        long offset = HEADER_LENGTH;
        int entry = SECTIONS_OFFSET;
        for (int type : SECTION_TYPES)
        {
            int length = sectionLength(type, shape);
            header.putInt(entry + SECTION_TYPE_OFFSET, type);
            header.putLong(entry + SECTION_OFFSET_OFFSET, offset);
            header.putLong(entry + SECTION_LENGTH_OFFSET, length);
            offset += BitUtil.align(length, ALIGNMENT);
            entry += SECTION_ENTRY_LENGTH;
        }
        header.putInt(SECTION_COUNT_OFFSET, SECTION_TYPES.length);
    }

    private void layOutAgents(StatusShape shape, UnsafeBuffer values)
    {
        StatusTable latencies = table(SECTION_LATENCIES, shape.latencies());
        StatusTable secrets = table(SECTION_SECRETS, shape.secrets());
        StatusTable distinct = table(SECTION_DISTINCT, shape.distinct());
        StatusTable dcs = table(SECTION_DCS, shape.dcs());
        StatusTable links = table(SECTION_LINKS, shape.links());
        StatusTable stalls = table(SECTION_STALLS, shape.stalls());
        for (int agent = 0; agent < agents.length; agent++)
        {
            agents[agent] = new AgentStatus(new ProxyCounters(values, agent * ProxyCounters.VALUES_LENGTH),
                recorders(latencies, agent), new SecretRows(ofAgent(secrets, agent), secrets.ownerOf(agent)),
                new DistinctValues(ofAgent(distinct, agent), distinct.ownerOf(agent)),
                new DcRows(ofAgent(dcs, agent), dcs.ownerOf(agent)),
                new LinkRows(ofAgent(links, agent), links.ownerOf(agent)),
                new StallLog(ofAgent(stalls, agent), stalls.ownerOf(agent)), hash);
        }
    }

    private StatusTable table(int type, StatusShape.Table shape)
    {
        UnsafeBuffer section = section(type);
        StatusTable.format(section, shape.firstOwner(), shape.ownerCount(), shape.rowCount(), shape.rowLength());
        return new StatusTable(section);
    }

    private static StatusTable ofAgent(StatusTable table, int agent)
    {
        int owner = table.ownerOf(agent);
        return owner >= 0 && owner < table.ownerCount() ? table : StatusTable.empty();
    }

    private static LatencyRecorder[] recorders(StatusTable table, int agent)
    {
        LatencyMetric[] metrics = LatencyMetric.values();
        LatencyRecorder[] recorders = new LatencyRecorder[metrics.length];
        for (int i = 0; i < metrics.length; i++)
        {
            int offset = table.offset(agent, i);
            recorders[i] = new LatencyRecorder(table.section, offset + Long.BYTES);
            table.key(offset, metrics[i].id());
        }
        return recorders;
    }

    /** @return a section, by its type in {@link StatusLayout}. */
    UnsafeBuffer section(int type)
    {
        for (int entry = SECTIONS_OFFSET; entry < HEADER_LENGTH; entry += SECTION_ENTRY_LENGTH)
        {
            if (header.getInt(entry + SECTION_TYPE_OFFSET) == type)
            {
                return new UnsafeBuffer(whole, (int)header.getLong(entry + SECTION_OFFSET_OFFSET),
                    (int)header.getLong(entry + SECTION_LENGTH_OFFSET));
            }
        }
        throw new IllegalStateException("no section " + type);
    }

    private static byte[] describe(List<String> agentNames, String description)
    {
        StringBuilder text = new StringBuilder();
        for (int agent = 0; agent < agentNames.size(); agent++)
        {
            text.append("agent.").append(agent).append('=').append(agentNames.get(agent)).append('\n');
        }
        byte[] bytes = text.append(description).toString().getBytes(StandardCharsets.UTF_8);
        return bytes.length <= DESCRIPTION_LENGTH ? bytes : Arrays.copyOf(bytes, DESCRIPTION_LENGTH);
    }

    private static void label(CountersManager manager, List<String> agentNames)
    {
        for (int agent = 0; agent < agentNames.size(); agent++)
        {
            for (ProxyCounter counter : ProxyCounter.values())
            {
                int counterId = manager.allocate(agentNames.get(agent) + ": " + counter.label(), counter.id(),
                    key ->
                    {
                        key.putByte(0, counter.kind().code);
                        key.putByte(1, counter.unit().code);
                    });
                manager.setCounterOwnerId(counterId, agent);
            }
        }
    }
}
