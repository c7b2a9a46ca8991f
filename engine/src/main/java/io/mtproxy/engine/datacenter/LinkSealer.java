// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.memory.ChunkPool;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Has the links of one agent encrypt what they are about to send, two at a time. AES-CBC is serial in each chain, but two
 * chains in turn cost a processor hardly more than one (ADR 0009), and it is most of what an upload costs.
 */
final class LinkSealer
{
    /** Bytes of requests that wait for a partner at most: they should still be in the cache when it is there. */
    private static final int STAGED_LENGTH_MAX = 1024 * 1024;

    private final int stagedLengthMax;
    /** Bytes of requests since there was nothing to encrypt, or only what had no partner. */
    private int stagedLength;

    /** @param pool where they wait: never in more than an eighth of it. */
    LinkSealer(ChunkPool pool)
    {
        stagedLengthMax = (int)Math.min(STAGED_LENGTH_MAX, (long)pool.chunkCountMax() * ChunkPool.CHUNK_LENGTH / 8);
    }

    /** So many bytes were put onto a link. */
    void onStaged(int length)
    {
        stagedLength += length;
    }

    /** @return whether enough waits that it should go on before the turn ends. */
    boolean isDue()
    {
        return stagedLength >= stagedLengthMax;
    }

    /** Encrypts what finds a partner; one link alone waits for the next, unless it has much. */
    void sealPairs(ArrayList<DatacenterLink> links)
    {
        DatacenterLink rest = sealTogether(links);
        int restLength = rest == null ? 0 : rest.sender().plainLength();
        if (rest != null && restLength >= stagedLengthMax)
        {
            rest.sender().encryptAlone();
            restLength = 0;
        }
        stagedLength = restLength;
    }

    /** Pads and encrypts, at the end of a turn; {@link DatacenterLink#flush} encrypts what has no partner. */
    void sealAll(ArrayList<DatacenterLink> links)
    {
        stagedLength = 0;
        if (links.size() > 1)
        {
            for (int i = 0; i < links.size(); i++)
            {
                links.get(i).sender().pad();
            }
            sealTogether(links);
        }
    }

    /** @return the link that alone has something left, or null. */
    private static @Nullable DatacenterLink sealTogether(ArrayList<DatacenterLink> links)
    {
        DatacenterLink rest = null;
        for (int i = 0; i < links.size(); i++)
        {
            DatacenterLink next = links.get(i);
            if (next.sender().hasBlocks())
            {
                rest = rest == null ? next : sealTogether(rest, next);
            }
        }
        return rest;
    }

    private static @Nullable DatacenterLink sealTogether(DatacenterLink one, DatacenterLink other)
    {
        try
        {
            one.sender().encryptWith(other.sender());
        }
        catch (RuntimeException e)
        {
            // neither chain is known to be whole
            one.failInternallyLater(e);
            other.failInternallyLater(e);
            return null;
        }
        return one.sender().hasBlocks() ? one : other.sender().hasBlocks() ? other : null;
    }
}
