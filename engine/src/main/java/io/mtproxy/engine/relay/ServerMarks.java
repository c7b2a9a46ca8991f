// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What client agents may know of one server's links, published by the datacenter agent that owns them: how many are
 * ready, and which are congested. One writer; readers take what they see as a hint that may be a moment old.
 */
public final class ServerMarks
{
    /** Written by the owner only. */
    private volatile int readyLinkCount;
    /**
     * 1 for a link whose waiting bytes passed {@code --link-buffer}, until half of them are gone. Only the owner puts
     * another one in its place, so nothing is lost between two writers.
     */
    private volatile AtomicIntegerArray congested;

    /** @param linkCountMax most links the server can have at once. */
    public ServerMarks(int linkCountMax)
    {
        this.congested = new AtomicIntegerArray(linkCountMax);
    }

    /** Called by the owner when a reload lets the server have more links; what is marked stays so. [C-REL-13] */
    public void ensureLinkCount(int linkCountMax)
    {
        AtomicIntegerArray before = congested;
        if (linkCountMax > before.length())
        {
            AtomicIntegerArray longer = new AtomicIntegerArray(linkCountMax);
            for (int i = 0; i < before.length(); i++)
            {
                longer.setPlain(i, before.getPlain(i));
            }
            congested = longer;
        }
    }

    /** @return links that a new client can be bound to. [P-CON-21] */
    public int readyLinkCount()
    {
        return readyLinkCount;
    }

    /** Called by the owner when a link becomes ready or stops being so. */
    public void readyLinkCount(int count)
    {
        readyLinkCount = count;
    }

    /** @return whether clients bound to this link must wait. */
    public boolean isCongested(int linkIndex)
    {
        return congested.getAcquire(linkIndex) != 0;
    }

    /** Called by the owner. After clearing it wakes the client agents. */
    public void congested(int linkIndex, boolean isCongested)
    {
        congested.setRelease(linkIndex, isCongested ? 1 : 0);
    }
}
