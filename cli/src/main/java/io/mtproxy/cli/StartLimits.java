// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.LegacyOptions;
import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.memory.MemoryBudget;
import io.mtproxy.engine.memory.SlotTable;
import io.mtproxy.engine.status.StatusShape;
import io.mtproxy.engine.transport.ReplayFilter;

/**
 * What this machine lets the proxy have of what was asked for.
 *
 * @param connectionCountMax {@code -c}, lowered to what the system allows. [C-EXIT-11] [C-EXIT-12]
 * @param clientCountMax     {@code -C}, likewise; 0 is no limit.
 * @param buffers            memory for packets that wait.
 */
record StartLimits(int connectionCountMax, int clientCountMax, EngineConfig.Buffers buffers)
{
    /** Largest {@code -c}. [C-LIM-01] */
    private static final int CONNECTION_COUNT_MAX = 65536;
    /** Descriptors of the JVM, the log, the status file, stats pages and whoever looks in. */
    private static final int DESCRIPTORS_OF_PROCESS = 48;
    /** {@code epoll} and what wakes it. */
    private static final int DESCRIPTORS_OF_POLLER = 2;
    /** Received bytes and a working area of one agent. */
    private static final int AGENT_BUFFERS_LENGTH = 320 * 1024;

    static StartLimits check(LegacyOptions legacy, EngineConfig.Threads threads, ProxyMultiConf conf, LogLines log)
        throws ConfigurationException
    {
        int asked = legacy.connectionCountMax();
        if (asked > CONNECTION_COUNT_MAX)
        {
            log.warn("-c " + asked + " is more than a process can have, using " + CONNECTION_COUNT_MAX);
            asked = CONNECTION_COUNT_MAX;
        }
        long reserve = reserve(legacy, threads, conf);
        raiseOpenFiles(asked + reserve);
        int connectionCountMax = allowedByDescriptors(asked, reserve, SystemLimits.openFiles());
        int clientCountMax = legacy.clientCountMax();
        if (connectionCountMax < asked)
        {
            // 0 stays: then -c alone is the limit
            clientCountMax = Math.min(clientCountMax, connectionCountMax);
            log.warn("only " + SystemLimits.openFiles() + " files may be open, so -c and -C are lowered to " +
                connectionCountMax + " — raise the limit with ulimit -n");
        }
        return new StartLimits(connectionCountMax, clientCountMax, buffers(legacy, threads, connectionCountMax, log));
    }

    /** As far as this user may; root may raise the hard limit as well, unless a container forbids it. [C-LIFE-11] */
    private static void raiseOpenFiles(long needed)
    {
        LinuxProcess.OpenFiles limit = LinuxProcess.openFiles();
        if (limit == null || Long.compareUnsigned(limit.soft(), needed) >= 0)
        {
            return;
        }
        boolean isHardEnough = Long.compareUnsigned(limit.hard(), needed) >= 0;
        LinuxProcess.OpenFiles wanted = new LinuxProcess.OpenFiles(needed, isHardEnough ? limit.hard() : needed);
        if (LinuxProcess.openFiles(wanted) != 0)
        {
            // what comes of it is looked at afterwards
            LinuxProcess.openFiles(new LinuxProcess.OpenFiles(limit.hard(), limit.hard()));
        }
    }

    private static long reserve(LegacyOptions legacy, EngineConfig.Threads threads, ProxyMultiConf conf)
    {
        long links = conf.servers().stream().mapToLong(ProxyMultiConf.Server::minConnections).sum();
        int agents = threads.clientAgentCount() + threads.datacenterAgentCount();
        return DESCRIPTORS_OF_PROCESS + (long)DESCRIPTORS_OF_POLLER * agents +
            (long)legacy.ports().size() * threads.clientAgentCount() + links;
    }

    /** @return connections that descriptors allow, never more than asked for. */
    static int allowedByDescriptors(int asked, long reserve, long openFiles) throws ConfigurationException
    {
        if (openFiles <= reserve)
        {
            throw ProxyStart.failed("only " + openFiles + " files may be open, this proxy needs " + reserve +
                " for itself and its links — raise the limit with ulimit -n");
        }
        return (int)Math.min(asked, openFiles - reserve);
    }

    /** Explicit memory that does not fit is refused; the default shrinks with the machine. (architecture A8) */
    private static EngineConfig.Buffers buffers(LegacyOptions legacy, EngineConfig.Threads threads,
        int connectionCountMax, LogLines log) throws ConfigurationException
    {
        // each worker has its own [C-LIFE-16]
        long memory = SystemLimits.memory() / Math.max(1, legacy.workerCount());
        EngineConfig.Buffers defaults = EngineConfig.Buffers.DEFAULT;
        long length = legacy.messageBuffersLength();
        if (length == 0)
        {
            length = Math.min(defaults.messageBuffersLength(), memory / 2);
            if (length < defaults.messageBuffersLength())
            {
                log.warn("this machine has " + memory + " bytes of memory, so --msg-buffers-size is " + length);
            }
        }
        MemoryBudget budget = budget(memory, length, defaults.ringLength(), threads, connectionCountMax);
        if (legacy.fronting().isTlsOnly())
        {
            // what is spliced waits in the chunks, 64 KiB each way at most
            budget.add("-D", "replay table", ReplayFilter.BUFFER_LENGTH_DEFAULT);
        }
        if (!budget.fits())
        {
            throw ProxyStart.failed(budget.problem());
        }
        if (legacy.verbosity() > 1)
        {
            budget.table().lines().forEach(log::print);
        }
        return new EngineConfig.Buffers(length, defaults.ringLength());
    }

    /** @return what every owner may take outside of the Java heap. */
    static MemoryBudget budget(long memory, long messageBuffersLength, int ringLength, EngineConfig.Threads threads,
        int connectionCountMax)
    {
        int clients = threads.clientAgentCount();
        int datacenters = threads.datacenterAgentCount();
        return new MemoryBudget(memory)
            .add("--msg-buffers-size", "chunk pools", messageBuffersLength)
            .add("--threads", "rings between agents", 2L * clients * datacenters * ringLength)
            .add("--threads", "buffers of agents", (long)(clients + datacenters) * AGENT_BUFFERS_LENGTH)
            .add("--status-dir", "status file", new StatusShape(clients, datacenters, 1).fileLength())
            .add("-c", "connection tables", clients * SlotTable.bytesMax(connectionCountMax));
    }
}
