// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.ConfigTimes;
import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.StatusFile;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The servers and secrets that all agents work with, and how they are replaced: read completely, then handed over in an
 * order in which nobody is ever told of something that its owner does not know. [C-REL-10] [C-REL-11] [C-REL-12]
 * <p>
 * New servers go to their owners first, then routing and secrets to the client agents, then the owners hear of servers
 * that are gone. A client that drew one of those in between still finds its links. For the conductor's thread; the state
 * may be read by any.
 */
public final class ActiveConfiguration
{
    /** Things that are gone are known for a little longer than the agents drain them. */
    private static final long REMEMBER_BEYOND_NS = TimeUnit.SECONDS.toNanos(10);

    private final ClientCommands[] clients;
    private final DatacenterCommands[] datacenters;
    private final StatusFile statusFile;
    private final ProxyCounters counters;
    private final NanoClock nanoClock;
    private final EpochClock epochClock;
    private final Consumer<String> log;
    private final @Nullable ConfigRefresher refresher;
    private final Routings routings;
    private final SecretNumbers numbers;
    private Routings.Change change;
    private ClientSecrets secrets;
    private volatile ConfigState state;

    /**
     * @param clients     commands of each client agent.
     * @param datacenters commands of each datacenter agent.
     * @param statusFile  to say in what is in use.
     * @param counters    of the conductor.
     * @param log         for the operator.
     * @param refresher   to reload by; null where that is not possible.
     * @param initial     what the start has read.
     * @param times       of that.
     */
    public ActiveConfiguration(ClientCommands[] clients, DatacenterCommands[] datacenters, StatusFile statusFile,
        ProxyCounters counters, NanoClock nanoClock, EpochClock epochClock, long drainTimeoutNs, Consumer<String> log,
        @Nullable ConfigRefresher refresher, ConfigRefresher.Fresh initial, ConfigTimes times)
    {
        this.clients = clients.clone();
        this.datacenters = datacenters.clone();
        this.statusFile = statusFile;
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.epochClock = epochClock;
        this.log = log;
        this.refresher = refresher;
        this.routings = new Routings(datacenters.length, drainTimeoutNs + REMEMBER_BEYOND_NS);
        this.numbers = new SecretNumbers(statusFile.hash(), drainTimeoutNs + REMEMBER_BEYOND_NS);
        long nowNs = nanoClock.nanoTime();
        this.change = routings.next(initial.conf(), nowNs);
        this.secrets = numbers.next(initial.secrets(), nowNs);
        this.state = newState(initial.conf(), initial.secrets(), times);
        statusFile.configuration(state.toText());
        statusFile.secretOrder(secrets.ids());
    }

    /** @return secrets that a client agent begins with. */
    public ClientSecrets secrets()
    {
        return secrets;
    }

    /** @return what is in use. [C-REL-12] */
    public ConfigState state()
    {
        return state;
    }

    /** Gives the agents what the start has read; once, before they run. */
    public void install()
    {
        handOver();
    }

    /** @return whether every agent has taken what it was given last. */
    boolean isTaken()
    {
        for (ClientCommands commands : clients)
        {
            if (!commands.isEmpty())
            {
                return false;
            }
        }
        for (DatacenterCommands commands : datacenters)
        {
            if (!commands.isEmpty())
            {
                return false;
            }
        }
        return true;
    }

    /** Reads files and resolves names, which may block, and applies what they say if all of it is good. */
    void reload()
    {
        ConfigRefresher source = refresher;
        if (source == null)
        {
            refuse(List.of("this proxy was started without a file that it could read again"));
            return;
        }
        try
        {
            apply(source.fileName(), source.read());
        }
        catch (ConfigurationException e)
        {
            refuse(e.lines());
        }
    }

    /** Nothing has changed. [C-REL-11] */
    private void refuse(List<String> lines)
    {
        countFailure();
        lines.forEach(log);
        Instant loadedAt = Instant.ofEpochMilli(state.loadedAtEpochMs()).truncatedTo(ChronoUnit.SECONDS);
        log.accept("reload refused: the configuration loaded " + loadedAt + " stays in use");
    }

    /** A reload has ended without effect. */
    void countFailure()
    {
        counters.increment(ProxyCounter.CONFIG_RELOADS_FAILED);
        state = state.refused(epochClock.time());
        statusFile.configuration(state.toText());
        ProxyEvents.reload(false, state.targetCount(), state.secretCount());
    }

    private void apply(String fileName, ConfigRefresher.Fresh fresh)
    {
        fresh.warnings().forEach(log);
        long nowNs = nanoClock.nanoTime();
        int serversBefore = change.routing().servers().size();
        ClientSecrets secretsBefore = secrets;
        change = routings.next(fresh.conf(), nowNs);
        secrets = numbers.next(fresh.secrets(), nowNs);
        handOver();
        state = newState(fresh.conf(), fresh.secrets(), new ConfigTimes(epochClock.time(), 0));
        statusFile.configuration(state.toText());
        statusFile.secretOrder(secrets.ids());
        counters.increment(ProxyCounter.CONFIG_RELOADS);
        ProxyEvents.reload(true, state.targetCount(), state.secretCount());
        log.accept("configuration " + fileName + " reloaded: " + state.length() + " bytes, md5 " + state.md5Hex() +
            ", " + state.targetCount() + " servers in " + state.clusterCount() + " clusters (" +
            difference(state.targetCount() - serversBefore + change.removed().size(), change.removed().size()) + "), " +
            state.secretCount() + " client secrets (" +
            difference(secrets.countMissingIn(secretsBefore), secretsBefore.countMissingIn(secrets)) + ")");
    }

    private static String difference(int added, int removed)
    {
        return added == 0 && removed == 0 ? "as before" : added + " new, " + removed + " gone";
    }

    private void handOver()
    {
        for (ServerEntry server : change.added())
        {
            requireTaken(datacenters[server.datacenterAgent()].addServer(server));
        }
        for (ServerEntry server : change.updated())
        {
            requireTaken(datacenters[server.datacenterAgent()].updateServer(server));
        }
        for (ClientCommands commands : clients)
        {
            requireTaken(commands.configuration(change.routing(), secrets));
        }
        for (ServerEntry server : change.removed())
        {
            requireTaken(datacenters[server.datacenterAgent()].removeServer(server.index()));
        }
    }

    /** The queues are empty before ({@link #isTaken}) and have room for the longest configuration. */
    private static void requireTaken(boolean isQueued)
    {
        if (!isQueued)
        {
            throw new IllegalStateException("an agent takes no commands");
        }
    }

    private static ConfigState newState(ProxyMultiConf conf, SecretList list, ConfigTimes times)
    {
        return new ConfigState(times.loadedAtEpochMs(), conf.length(), conf.md5Hex(), conf.clusters().size(),
            conf.servers().size(), list.size(), times.refusedAtEpochMs());
    }
}
