// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The undecrypted bytes of one client, wherever they are: in the agent's receive buffer when a frame came whole, in the
 * connection's chunks when it came in pieces. One object for each agent, pointed at one connection at a time.
 */
final class FrameSource
{
    private final DirectBuffer received;
    private int receivedOffset;
    private int flatLength;
    private boolean isZeros;
    private @Nullable ChunkChain chain;

    /** @param received the agent's receive buffer. */
    FrameSource(DirectBuffer received)
    {
        this.received = received;
    }

    /** Reads from the receive buffer. */
    void ofReceived(int offset, int length)
    {
        chain = null;
        isZeros = false;
        receivedOffset = offset;
        flatLength = length;
    }

    /** Reads from a connection's chunks. */
    void ofChain(ChunkChain waiting)
    {
        chain = waiting;
    }

    /** Gives zeros in place of bytes that are lost. */
    void ofZeros(int length)
    {
        chain = null;
        isZeros = true;
        flatLength = length;
    }

    /** @return bytes left. */
    int length()
    {
        return chain == null ? flatLength : chain.length();
    }

    /** Decrypts the next bytes to where they are wanted; there must be so many. */
    void decrypt(AesCtrStream stream, MutableDirectBuffer out, int outOffset, int length)
    {
        if (chain != null)
        {
            decryptChain(chain, stream, out, outOffset, length);
            return;
        }
        if (isZeros)
        {
            out.setMemory(outOffset, length, (byte)0);
        }
        else
        {
            stream.update(received, receivedOffset, out, outOffset, length);
        }
        passOver(length);
    }

    private static void decryptChain(ChunkChain from, AesCtrStream stream, MutableDirectBuffer out, int outOffset,
        int length)
    {
        for (int done = 0; done < length;)
        {
            Chunk head = from.head();
            if (head == null)
            {
                throw new IllegalStateException("fewer bytes than the frame was said to have");
            }
            int run = Math.min(length - done, head.length());
            stream.update(head.buffer(), head.readOffset(), out, outOffset + done, run);
            from.drop(run);
            done += run;
        }
    }

    /** Passes over bytes that nobody wants; the stream moves on with them. */
    void skip(AesCtrStream stream, int length)
    {
        stream.skip(length);
        if (chain != null)
        {
            chain.drop(length);
        }
        else
        {
            passOver(length);
        }
    }

    private void passOver(int length)
    {
        receivedOffset += length;
        flatLength -= length;
    }

    /**
     * Keeps what is left for later.
     *
     * @return false when the agent's chunks are used up.
     */
    boolean keepIn(ChunkChain waiting)
    {
        return chain != null || flatLength == 0 || waiting.append(received, receivedOffset, flatLength);
    }
}
