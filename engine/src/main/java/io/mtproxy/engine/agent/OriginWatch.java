// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.client.FrontingTable;
import io.mtproxy.engine.client.FrontingTable.Front;
import io.mtproxy.engine.transport.OriginProfile;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * Has the fronting domains looked at, all at once and again and again, and tells the client agents what was found. Until
 * then, and where it fails, what was known before stays. Part of the conductor. [P-TLS-02] [P-TLS-53] [C-BUG-16]
 */
public final class OriginWatch
{
    /** Addresses and certificates change; a look costs the domain twenty handshakes. */
    private static final long PERIOD_MS = TimeUnit.HOURS.toMillis(1);
    private static final long RETRY_MS = TimeUnit.MINUTES.toMillis(1);

    /** What one look may tell: an address, and the end. */
    private static final int LOOK_NEWS_COUNT = 2;

    private final OriginProber prober;
    private final Executor executor;
    private final List<ClientCommands> clients;
    private final Consumer<String> log;
    private final MpscVarHandleArrayQueue<Look> done;
    private final long[] nextMs;
    private final String[] problems;
    private FrontingTable table;
    /** Not every client agent has the present table. */
    private boolean isChanged;

    private record Look(int index, OriginProber.Finding finding, boolean isOver)
    {
    }

    /**
     * @param executor on which looks may block.
     * @param initial  what the client agents already have.
     */
    public OriginWatch(OriginProber prober, Executor executor, FrontingTable initial, List<ClientCommands> clients,
        Consumer<String> log)
    {
        int count = initial.fronts().size();
        this.prober = prober;
        this.executor = executor;
        this.clients = List.copyOf(clients);
        this.log = log;
        this.done = new MpscVarHandleArrayQueue<>(Math.max(2, LOOK_NEWS_COUNT * count));
        this.nextMs = new long[count];
        this.problems = new String[count];
        this.table = initial;
    }

    /** @return looks begun or ended. */
    int doWork(long nowMs)
    {
        int work = begin(nowMs);
        for (Look look = done.poll(); look != null; look = done.poll())
        {
            isChanged |= take(look, nowMs);
            work++;
        }
        if (isChanged)
        {
            tellClients();
        }
        return work;
    }

    /** An agent that takes no commands now is told in a later turn. */
    private void tellClients()
    {
        isChanged = false;
        for (ClientCommands commands : clients)
        {
            isChanged |= !commands.fronts(table);
        }
    }

    private int begin(long nowMs)
    {
        int begun = 0;
        for (int i = 0; i < nextMs.length; i++)
        {
            if (nowMs >= nextMs[i])
            {
                // nobody looks again before this look is over
                nextMs[i] = Long.MAX_VALUE;
                int index = i;
                String name = table.fronts().get(i).name();
                executor.execute(() -> look(index, name));
                begun++;
            }
        }
        return begun;
    }

    /** On a thread of the executor. */
    private void look(int index, String name)
    {
        OriginProber.Finding finding;
        try
        {
            finding = prober.look(name, early -> done.offer(new Look(index, early, false)));
        }
        catch (RuntimeException e)
        {
            // a defect of ours must not be the last look
            finding = new OriginProber.Finding(null, false, null, "it could not be looked at: " + e);
        }
        done.offer(new Look(index, finding, true));
    }

    private boolean take(Look look, long nowMs)
    {
        OriginProber.Finding finding = look.finding;
        Front old = table.fronts().get(look.index);
        if (look.isOver)
        {
            nextMs[look.index] = nowMs + (finding.problem().isEmpty() ? PERIOD_MS : RETRY_MS);
            report(look.index, old.name(), finding);
        }
        InetAddress address = finding.address();
        OriginProfile profile = finding.profile();
        Front found = new Front(old.name(), address == null ? old.address() : address,
            profile == null ? old.profile() : profile, address == null ? old.isHere() : finding.isHere());
        if (found.equals(old))
        {
            return false;
        }
        List<Front> fronts = new ArrayList<>(table.fronts());
        fronts.set(look.index, found);
        table = new FrontingTable(table.domains(), fronts);
        return true;
    }

    /** Each problem once, not every minute. [C-EXIT-19] */
    private void report(int index, String name, OriginProber.Finding finding)
    {
        if (!finding.problem().isEmpty() && !finding.problem().equals(problems[index]))
        {
            log.accept("domain " + (name.isEmpty() ? "\"\"" : name) + ": " + finding.problem() + " — " + (finding
                .address() == null ?
                    "what is to be passed on to it is closed; correct -D or the name server" :
                    "its ServerHello is imitated by defaults; choose a domain that answers TLS 1.3 in one record"));
        }
        problems[index] = finding.problem();
    }
}
