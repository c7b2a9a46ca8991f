// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A heap array of one agent in which one link at a time parses frames. A link keeps it until another link
 * needs it; only then are the few bytes that it still wants moved out. So an agent has one array in its cache, not one
 * for each link, and a burst on one link copies nothing.
 */
public final class LentArray implements AutoCloseable
{
    /** Room for frames read: what is held is at most half of it, so that moves to the front are rare. */
    private static final int READ_LENGTH = 64 * 1024;

    private static final Borrower NOBODY = () ->
    {
    };

    final byte[] bytes;
    final UnsafeBuffer view;
    private Borrower borrower = NOBODY;

    private LentArray(int length)
    {
        this.bytes = new byte[length];
        this.view = new UnsafeBuffer(bytes);
    }

    /** @return an array for all {@link RpcFrameReader}s of one agent. */
    public static LentArray forReaders()
    {
        return new LentArray(READ_LENGTH);
    }

    /** Zeroes the array, which holds plaintext. */
    @Override
    public void close()
    {
        Arrays.fill(bytes, (byte)0);
    }

    @SuppressWarnings("ReferenceEquality") // this very borrower is meant
    boolean isLentTo(Borrower who)
    {
        return borrower == who;
    }

    void lendTo(Borrower who)
    {
        borrower.giveUp();
        borrower = who;
    }

    void takeBack(Borrower who)
    {
        if (isLentTo(who))
        {
            borrower = NOBODY;
        }
    }

    /** Who has bytes in the array. */
    interface Borrower
    {
        /** Moves what is still wanted out, now. */
        void giveUp();
    }
}
