// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The threads that play clients and datacenter. */
public final class LoadGenerator implements AutoCloseable
{
    private final List<LoadLoop> loops = new ArrayList<>();
    private final AtomicInteger linkNumbers = new AtomicInteger();
    private @Nullable LocalOrigin origin;

    /** @param threads 1 on a machine of two processors: the other is the proxy's. */
    public LoadGenerator(int threads) throws IOException
    {
        LoadPayload payload = new LoadPayload();
        LargeAnswers.Table largeAnswers = new LargeAnswers.Table();
        for (int i = 0; i < threads; i++)
        {
            loops.add(new LoadLoop(i, payload, largeAnswers));
        }
    }

    /**
     * Listens for a proxy's links.
     *
     * @param secret  content of the secret file.
     * @param isPlain whether {@link BareRelay} connects here.
     */
    public DatacenterPort openDatacenter(byte[] secret, boolean isPlain) throws IOException
    {
        return new DatacenterPort(secret, isPlain, loops, linkNumbers);
    }

    /**
     * Begins to connect clients.
     *
     * @param sources addresses that clients connect from in turn; empty: what the system takes.
     * @param secrets that clients use, each connection one of them.
     */
    public Clients connect(
        LoadScenario scenario, InetSocketAddress target, List<String> sources, List<byte[]> secrets)
    {
        byte[][] array = secrets.toArray(byte[][]::new);
        int used = Math.min(loops.size(), scenario.connections());
        List<ClientGroup> groups = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < used; i++)
        {
            LoadLoop loop = loops.get(i);
            int count = (scenario.connections() - first) / (used - i);
            int from = first;
            groups.add(loop.call(() ->
            {
                ClientGroup group = new ClientGroup(
                    loop, scenario, target, sources, array, from, count, count / (double)scenario.connections());
                loop.add(group);
                return group;
            }));
            first += count;
        }
        return new Clients(loops, groups);
    }

    /** @return the domain of proxies, opened once for all of them. */
    LocalOrigin openOrigin() throws IOException
    {
        LocalOrigin opened = origin == null ? LocalOrigin.open(LocalOrigin.PORT) : origin;
        origin = opened;
        return opened;
    }

    @Override
    public void close()
    {
        if (origin != null)
        {
            origin.close();
        }
        loops.forEach(LoadLoop::close);
    }

    /** The clients of one scenario. */
    public static final class Clients implements AutoCloseable
    {
        private final List<LoadLoop> loops;
        private final List<ClientGroup> groups;

        private Clients(List<LoadLoop> loops, List<ClientGroup> groups)
        {
            this.loops = loops;
            this.groups = groups;
        }

        /** Connections that have had an answer. */
        public int established()
        {
            int sum = 0;
            for (int i = 0; i < groups.size(); i++)
            {
                sum += loops.get(i).call(groups.get(i)::established);
            }
            return sum;
        }

        /** Begins the schedule of an open loop; in a closed one nothing needs to begin. */
        public void startSchedule()
        {
            for (int i = 0; i < groups.size(); i++)
            {
                loops.get(i).execute(groups.get(i)::startSchedule);
            }
        }

        /** Takes what has been done since the last call. */
        public LoadSnapshot take()
        {
            LoadSnapshot sum = LoadSnapshot.empty();
            for (int i = 0; i < groups.size(); i++)
            {
                sum = sum.plus(loops.get(i).call(groups.get(i)::take));
            }
            return sum;
        }

        /** Closes all connections. */
        @Override
        public void close()
        {
            for (int i = 0; i < groups.size(); i++)
            {
                LoadLoop loop = loops.get(i);
                ClientGroup group = groups.get(i);
                loop.call(() ->
                {
                    group.end();
                    loop.remove(group);
                    return true;
                });
            }
        }
    }
}
