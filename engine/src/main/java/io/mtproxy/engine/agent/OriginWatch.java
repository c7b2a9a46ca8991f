// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.client.FrontingTable;
import io.mtproxy.engine.client.FrontingTable.Front;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.engine.transport.OriginProfileText;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

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
    /** What is in the table has been learnt, now or by an earlier process. */
    private final boolean[] isLearnt;
    private final @Nullable OriginProfileFiles files;
    private FrontingTable table;
    /** Not every client agent has the present table. */
    private boolean isChanged;
    private boolean isSaveReported;

    private record Look(int index, OriginProber.Finding finding, boolean isOver)
    {
    }

    /**
     * @param executor on which looks may block.
     * @param initial  what the client agents already have.
     * @param files    where what is learnt outlives this process; null for nowhere.
     */
    public OriginWatch(OriginProber prober, Executor executor, FrontingTable initial, List<ClientCommands> clients,
        Consumer<String> log, @Nullable OriginProfileFiles files)
    {
        int count = initial.fronts().size();
        this.prober = prober;
        this.executor = executor;
        this.clients = List.copyOf(clients);
        this.log = log;
        this.done = new MpscVarHandleArrayQueue<>(Math.max(2, LOOK_NEWS_COUNT * count));
        this.nextMs = new long[count];
        this.problems = new String[count];
        this.isLearnt = new boolean[count];
        this.files = files;
        this.table = initial;
        for (int i = 0; i < count && files != null; i++)
        {
            isLearnt[i] = files.load(initial.fronts().get(i).name()).isPresent();
        }
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
        OriginProfile learnt = finding.profile();
        Front found = new Front(old.name(), address == null ? old.address() : address,
            learnt == null ? old.profile() : merge(look.index, learnt, old.profile()),
            address == null ? old.isHere() : finding.isHere(), true);
        if (learnt != null)
        {
            save(new OriginProfileText.Learnt(old.name(), nowMs, found.profile()));
        }
        if (found.equals(old))
        {
            return false;
        }
        List<Front> fronts = new ArrayList<>(table.fronts());
        fronts.set(look.index, found);
        table = new FrontingTable(table.domains(), fronts);
        return true;
    }

    /** Flights of earlier looks still count: the more there are, the better is their spread known. */
    private OriginProfile merge(int index, OriginProfile learnt, OriginProfile old)
    {
        OriginProfile merged = isLearnt[index] ? learnt.with(learnt.flight().after(old.flight())) : learnt;
        isLearnt[index] = true;
        return merged;
    }

    private void save(OriginProfileText.Learnt learnt)
    {
        if (files == null)
        {
            return;
        }
        try
        {
            files.save(learnt);
        }
        catch (IOException e)
        {
            if (!isSaveReported)
            {
                isSaveReported = true;
                log.accept("what was learnt of domain " + learnt.domain() + " cannot be kept: " + e.getMessage() +
                    " — it is used, and learnt again after a restart; make room in the status directory");
            }
        }
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
