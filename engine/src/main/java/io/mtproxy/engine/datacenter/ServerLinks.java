// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.relay.ServerEntry;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The links of one server: keeps as many as it should have, and says which are ready. [P-CON-30] [P-CON-31]
 * <p>
 * A ready link that is lost while another is ready is replaced at once. Everything else is tried in rounds, all missing
 * links together, with a {@link Backoff} between; only a ready link resets it, so that failing handshakes are not
 * repeated faster than refused connections. [C-MID-07]
 */
final class ServerLinks
{
    /** How long a removed server keeps links that nobody is bound to: clients that drew it may be on their way. */
    private static final long DRAIN_GRACE_NS = TimeUnit.SECONDS.toNanos(1);

    private ServerEntry entry;
    private final Backoff backoff;
    private final RandomSource random;
    private final DatacenterLinks all;
    /** By their index for {@link io.mtproxy.engine.relay.ServerMarks}; null where there is none. */
    private @Nullable DatacenterLink[] links;
    /** The ready ones, without gaps. */
    private @Nullable DatacenterLink[] ready;
    private int liveCount;
    private int readyCount;
    /** Ready links lost while others stayed ready, and not replaced yet. */
    private int lostReadyCount;
    private long nextRoundNs;
    private boolean isDraining;
    /** While it drains: whether clients that drew it before may still be on their way. */
    private boolean isInGrace;
    private long drainGraceEndNs;
    private long drainDeadlineNs;

    ServerLinks(ServerEntry entry, DatacenterLinks all, RandomSource random, long nowNs)
    {
        this.entry = entry;
        this.all = all;
        this.random = random;
        this.backoff = new Backoff(random);
        this.links = new DatacenterLink[entry.maxConnections()];
        this.ready = new DatacenterLink[entry.maxConnections()];
        this.nextRoundNs = nowNs;
        entry.marks().ensureLinkCount(entry.maxConnections());
    }

    ServerEntry entry()
    {
        return entry;
    }

    int readyCount()
    {
        return readyCount;
    }

    boolean isDraining()
    {
        return isDraining;
    }

    /**
     * @return one of the ready links, each equally likely, or null when there is none. [P-CON-21] Just after the server was
     *         removed, any that takes requests: who asks then drew the server before.
     */
    @Nullable
    DatacenterLink draw()
    {
        if (readyCount > 0)
        {
            return ready[random.nextInt(readyCount)];
        }
        return isInGrace ? findDraining() : null;
    }

    private @Nullable DatacenterLink findDraining()
    {
        for (DatacenterLink link : links)
        {
            if (link != null && link.canBind())
            {
                return link;
            }
        }
        return null;
    }

    /** Shows what changes all the time; each 0.1 s. */
    void show(long nowNs)
    {
        for (DatacenterLink link : links)
        {
            if (link != null)
            {
                link.show(nowNs);
            }
        }
    }

    /** Closes links whose time is over; each 0.1 s. [P-RPC-36] */
    void checkDeadlines(long nowNs)
    {
        for (DatacenterLink link : links)
        {
            if (link != null)
            {
                link.checkDeadline(nowNs);
            }
        }
        if (readyCount > 0)
        {
            backoff.reset();
        }
    }

    /** Opens what is missing, if it is time. [P-CON-30] [P-CON-31] */
    int openMissing(long nowNs, LinkContext context)
    {
        int missing = isDraining ? 0 : Math.min(entry.minConnections(), links.length) - liveCount;
        if (missing <= 0)
        {
            lostReadyCount = 0;
            return 0;
        }
        int openCount = readyCount > 0 ? Math.min(lostReadyCount, missing) : 0;
        lostReadyCount = 0;
        if (nowNs - nextRoundNs >= 0)
        {
            openCount = missing;
            nextRoundNs = nowNs + backoff.nextDelayNs();
        }
        for (int i = 0; i < openCount; i++)
        {
            open(nowNs, context);
        }
        return openCount;
    }

    private void open(long nowNs, LinkContext context)
    {
        int index = 0;
        while (links[index] != null)
        {
            index++;
        }
        DatacenterLink link = new DatacenterLink(this, index, context);
        links[index] = link;
        liveCount++;
        link.connect(nowNs);
    }

    /** A link can take clients. */
    void onReady(DatacenterLink link)
    {
        ready[readyCount++] = link;
        publishReady();
    }

    /** A ready link takes no clients any more, though it may live on. */
    void onNotReady(DatacenterLink link)
    {
        int at = 0;
        while (ready[at] != link)
        {
            at++;
        }
        ready[at] = ready[--readyCount];
        ready[readyCount] = null;
        publishReady();
    }

    private void publishReady()
    {
        entry.marks().readyLinkCount(readyCount);
        if (readyCount <= 1)
        {
            all.countTargets();
        }
    }

    /** A link has ended. */
    void onClosed(DatacenterLink link, boolean wasReady)
    {
        links[link.index()] = null;
        liveCount--;
        entry.marks().congested(link.index(), false);
        if (wasReady)
        {
            lostReadyCount++;
        }
    }

    /** Applies what a reload changed. Links that stand stay, also those above a smaller number. [C-REL-13] */
    void update(ServerEntry newEntry)
    {
        entry = newEntry;
        int linkCountMax = newEntry.maxConnections();
        if (linkCountMax > links.length)
        {
            links = Arrays.copyOf(links, linkCountMax);
            ready = Arrays.copyOf(ready, linkCountMax);
            newEntry.marks().ensureLinkCount(linkCountMax);
        }
    }

    /** The server left the configuration: nobody new draws it, those bound have until the deadline. [C-REL-13] */
    void drain(long nowNs, long timeoutNs)
    {
        isDraining = true;
        isInGrace = true;
        drainGraceEndNs = nowNs + Math.min(timeoutNs, DRAIN_GRACE_NS);
        drainDeadlineNs = nowNs + timeoutNs;
        for (DatacenterLink link : links)
        {
            if (link != null)
            {
                link.drain();
            }
        }
    }

    /** The server is configured again: its links that are left take clients again. */
    void endDrain()
    {
        isDraining = false;
        isInGrace = false;
        for (DatacenterLink link : links)
        {
            if (link != null)
            {
                link.endDrain();
            }
        }
    }

    /** Closes draining links that nobody needs any more, or all when the time is over. */
    void checkDrain(long nowNs)
    {
        boolean isOver = nowNs - drainDeadlineNs >= 0;
        isInGrace = nowNs - drainGraceEndNs < 0;
        for (DatacenterLink link : links)
        {
            if (link != null && (isOver || !isInGrace && link.bindings.count() == 0))
            {
                link.close(LinkCloseReason.SERVER_REMOVED);
            }
        }
    }

    /** Closes all links. */
    void close(LinkCloseReason reason)
    {
        for (DatacenterLink link : links)
        {
            if (link != null)
            {
                link.close(reason);
            }
        }
    }

    /** @return whether no link is left. */
    boolean isEmpty()
    {
        return liveCount == 0;
    }
}
