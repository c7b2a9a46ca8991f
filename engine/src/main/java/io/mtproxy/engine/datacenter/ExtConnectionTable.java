// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.relay.ExtConnectionIds;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which client connection is bound to which link, by external connection id. [P-CON-20] [P-CON-40] [P-CON-41]
 * <p>
 * An id says where the client agent keeps the connection ({@link ExtConnectionIds}), so a look-up is two array reads and
 * a comparison. A binding's handle in lists is the lower half of its id: client agent and slot.
 * <p>
 * The bindings of one link form a list through the table, so that a lost link finds its clients. Ids from a middle proxy
 * may be anything. Grows by pages when a client agent uses a slot for the first time, never by message.
 */
final class ExtConnectionTable
{
    /** Most bindings of a process. [C-LIM-12] */
    static final int BINDING_COUNT_MAX = 2_097_152;

    private static final int PAGE_BITS = 10;
    private static final int PAGE_LENGTH = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE_LENGTH - 1;
    private static final Page[] NO_PAGES = {};
    /** No handle: client agents are too few to have this one. */
    private static final int NONE = -1;

    private final Page[][] pages;
    private final int countMax;
    private int count;

    /**
     * @param clientAgentCount agents whose connections can be bound.
     * @param countMax         most bindings at once.
     */
    ExtConnectionTable(int clientAgentCount, int countMax)
    {
        this.pages = new Page[clientAgentCount][];
        Arrays.fill(pages, NO_PAGES);
        this.countMax = countMax;
    }

    /** @return bindings now. */
    int count()
    {
        return count;
    }

    /** @return whether no connection can be bound any more. [C-LIM-12] */
    boolean isFull()
    {
        return count == countMax;
    }

    /** @return the link that the connection is bound to, or null for every id that is not bound. */
    @Nullable
    DatacenterLink find(long extConnectionId)
    {
        Page page = pageOf((int)extConnectionId);
        int entry = (int)extConnectionId & PAGE_MASK;
        return page != null && page.ids[entry] == extConnectionId ? page.links[entry] : null;
    }

    /** Binds a connection that is not bound yet; the table must not be full. */
    void bind(long extConnectionId, DatacenterLink link)
    {
        assert extConnectionId > 0 : "an id of ours is never 0";
        assert !isFull() : "looked at before";
        int handle = (int)extConnectionId;
        Page page = pageForBinding(handle);
        int entry = handle & PAGE_MASK;
        assert page.links[entry] == null : "a client agent reused a slot before it said CLOSE";
        page.ids[entry] = extConnectionId;
        page.links[entry] = link;
        page.previous[entry] = NONE;
        page.next[entry] = link.bindings.first;
        if (link.bindings.first != NONE)
        {
            requirePage(link.bindings.first).previous[link.bindings.first & PAGE_MASK] = handle;
        }
        link.bindings.first = handle;
        link.bindings.count++;
        count++;
    }

    /** Forgets a connection that is bound. */
    void unbind(long extConnectionId)
    {
        int handle = (int)extConnectionId;
        Page page = requirePage(handle);
        int entry = handle & PAGE_MASK;
        assert page.ids[entry] == extConnectionId : "not bound";
        DatacenterLink link = page.links[entry];
        int next = page.next[entry];
        int previous = page.previous[entry];
        if (next != NONE)
        {
            requirePage(next).previous[next & PAGE_MASK] = previous;
        }
        if (previous != NONE)
        {
            requirePage(previous).next[previous & PAGE_MASK] = next;
        }
        else
        {
            link.bindings.first = next;
        }
        page.ids[entry] = 0;
        page.links[entry] = null;
        link.bindings.count--;
        count--;
    }

    /** @return id of one connection bound to the link, which must have some. */
    long anyOf(DatacenterLink link)
    {
        int handle = link.bindings.first;
        return requirePage(handle).ids[handle & PAGE_MASK];
    }

    @Nullable
    private Page pageOf(int handle)
    {
        int clientAgent = ExtConnectionIds.clientAgent(handle);
        int pageIndex = ExtConnectionIds.slot(handle) >>> PAGE_BITS;
        return clientAgent < pages.length && pageIndex < pages[clientAgent].length ?
            pages[clientAgent][pageIndex] :
            null;
    }

    private Page requirePage(int handle)
    {
        return pages[ExtConnectionIds.clientAgent(handle)][ExtConnectionIds.slot(handle) >>> PAGE_BITS];
    }

    private Page pageForBinding(int handle)
    {
        int clientAgent = ExtConnectionIds.clientAgent(handle);
        int pageIndex = ExtConnectionIds.slot(handle) >>> PAGE_BITS;
        Page[] ofAgent = pages[clientAgent];
        if (pageIndex >= ofAgent.length)
        {
            ofAgent = Arrays.copyOf(ofAgent, Math.max(pageIndex + 1, ofAgent.length * 2));
            pages[clientAgent] = ofAgent;
        }
        Page page = ofAgent[pageIndex];
        if (page == null)
        {
            page = new Page();
            ofAgent[pageIndex] = page;
        }
        return page;
    }

    /** What a link holds of its own list; changed by the table only. */
    static final class Bindings
    {
        private int first = NONE;
        private int count;

        /** @return connections bound to the link. */
        int count()
        {
            return count;
        }
    }

    /** A run of slots of one client agent. */
    private static final class Page
    {
        /** 0 where nothing is bound. */
        final long[] ids = new long[PAGE_LENGTH];
        final @Nullable DatacenterLink[] links = new DatacenterLink[PAGE_LENGTH];
        final int[] next = new int[PAGE_LENGTH];
        final int[] previous = new int[PAGE_LENGTH];
    }
}
