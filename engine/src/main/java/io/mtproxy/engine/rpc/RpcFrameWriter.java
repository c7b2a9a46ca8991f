// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The frames of one link on their way out: puts them one behind the other into chunks, pads once for each flush, and
 * encrypts them into the link's chunks. [P-RPC-01] [P-RPC-07]
 * <p>
 * Frames wait as plaintext until {@link #flush}: two links encrypt together at the price of one, so who has several to
 * flush first hands them to {@link #encryptTogether}. A method that answers false has found the pool used up; the stream
 * is then broken and the link can only be closed.
 */
public final class RpcFrameWriter implements AutoCloseable
{
    private static final int BLOCK_MASK = AesCbcStream.BLOCK_LENGTH - 1;

    /** Whole frames and the beginning of the open one. It begins where a block begins, so no block lies in two chunks. */
    private final ChunkChain plain;
    private final ChunkChain out;
    private final AesCbcStream encryptor;
    private final CRC32 crc32 = new CRC32();
    private final CRC32C crc32c = new CRC32C();
    /** A frame's length and sequence number, its sum, or padding. */
    private final byte[] headBytes = new byte[RpcFrames.PAYLOAD_OFFSET];
    private final UnsafeBuffer head = new UnsafeBuffer(headBytes);
    /** A block on its way into two chunks. */
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[AesCbcStream.BLOCK_LENGTH]);
    private int sequence = RpcFrames.SEQUENCE_NONCE;
    private int payloadLeftLength;
    private boolean isFrameOpen;
    private boolean isCrc32c;
    private boolean isFailed;

    /**
     * @param pool      where plaintext waits; nothing of it is held once all is encrypted.
     * @param out       where ciphertext goes, the link's.
     * @param encryptor of this link, used from {@link #startEncrypting} on.
     */
    public RpcFrameWriter(ChunkPool pool, ChunkChain out, AesCbcStream encryptor)
    {
        this.plain = new ChunkChain(pool);
        this.out = out;
        this.encryptor = encryptor;
    }

    /** Writes the nonce frame, in clear and without padding. Allocates: once for each link. [P-RPC-11] */
    public boolean writeClear(DirectBuffer payload, int offset, int length)
    {
        byte[] frame = new byte[length + RpcFrames.OVERHEAD];
        UnsafeBuffer view = new UnsafeBuffer(frame);
        view.putInt(RpcFrames.LENGTH_OFFSET, frame.length, LITTLE_ENDIAN);
        view.putInt(RpcFrames.SEQUENCE_OFFSET, sequence++, LITTLE_ENDIAN);
        view.putBytes(RpcFrames.PAYLOAD_OFFSET, payload, offset, length);
        int crcOffset = frame.length - RpcFrames.CRC_LENGTH;
        crc32.reset();
        crc32.update(frame, 0, crcOffset);
        view.putInt(crcOffset, (int)crc32.getValue(), LITTLE_ENDIAN);
        return succeed(out.append(view, 0, frame.length));
    }

    /** From here on frames are encrypted. [P-RPC-06] */
    public void startEncrypting(byte[] key, byte[] iv)
    {
        encryptor.initEncrypt(key, iv);
    }

    /** From the next frame on CRC-32C is written. [P-RPC-33] */
    public void useCrc32c()
    {
        isCrc32c = true;
    }

    /** Writes a whole frame. */
    public boolean writeFrame(DirectBuffer payload, int offset, int length)
    {
        beginFrame(length);
        append(payload, offset, length);
        return endFrame();
    }

    /**
     * Begins a frame with the next sequence number. Nothing else can be written to this link until it is ended.
     *
     * @param payloadLength of the whole payload, a multiple of 4, at least 4.
     */
    public void beginFrame(int payloadLength)
    {
        assert !isFrameOpen : "a frame is open";
        assert payloadLength > 0 && payloadLength % RpcFrames.WORD_LENGTH == 0 : payloadLength;
        head.putInt(RpcFrames.LENGTH_OFFSET, payloadLength + RpcFrames.OVERHEAD, LITTLE_ENDIAN);
        head.putInt(RpcFrames.SEQUENCE_OFFSET, sequence++, LITTLE_ENDIAN);
        payloadLeftLength = payloadLength;
        isFrameOpen = true;
        if (isCrc32c)
        {
            crc32c.reset();
            crc32c.update(headBytes, 0, RpcFrames.PAYLOAD_OFFSET);
        }
        else
        {
            crc32.reset();
            crc32.update(headBytes, 0, RpcFrames.PAYLOAD_OFFSET);
        }
        appendHead(RpcFrames.PAYLOAD_OFFSET);
    }

    /** Appends the next bytes of the open frame's payload, any number of them. */
    public boolean append(DirectBuffer payload, int offset, int length)
    {
        assert isFrameOpen && length <= payloadLeftLength : "more than was announced";
        payloadLeftLength -= length;
        for (int done = 0; done < length && !isFailed;)
        {
            Chunk chunk = plain.tailWithRoom();
            if (chunk == null)
            {
                isFailed = true;
                break;
            }
            int run = Math.min(length - done, chunk.room());
            int at = chunk.writeOffset();
            chunk.buffer().putBytes(at, payload, offset + done, run);
            if (isCrc32c)
            {
                crc32c.update(chunk.view(at, run));
            }
            else
            {
                crc32.update(chunk.view(at, run));
            }
            plain.commit(run);
            done += run;
        }
        return !isFailed;
    }

    /** Ends the open frame. */
    public boolean endFrame()
    {
        assert isFrameOpen && payloadLeftLength == 0 : "less than was announced";
        head.putInt(0, (int)(isCrc32c ? crc32c.getValue() : crc32.getValue()), LITTLE_ENDIAN);
        appendHead(RpcFrames.CRC_LENGTH);
        isFrameOpen = false;
        return !isFailed;
    }

    /** @return bytes that {@link #flush} has still to encrypt. */
    public int plainLength()
    {
        return plain.length();
    }

    /** Pads to a whole block, except in the middle of a frame; to be called once a turn. [P-RPC-07] */
    public void pad()
    {
        while (!isFrameOpen && !isFailed && (plain.length() & BLOCK_MASK) != 0)
        {
            head.putInt(0, RpcFrames.PADDING_WORD, LITTLE_ENDIAN);
            appendHead(RpcFrames.WORD_LENGTH);
        }
    }

    /**
     * Pads and encrypts everything; to be called once a turn, before the chunks are written. In the middle of a frame
     * nothing is padded, and up to 15 bytes stay. [P-RPC-07]
     */
    public boolean flush()
    {
        pad();
        return encrypt();
    }

    /** Encrypts what fills whole blocks. */
    public boolean encrypt()
    {
        while (hasBlocks())
        {
            int run = nextRun();
            if (run > 0)
            {
                Chunk from = headOf(plain);
                Chunk to = requireTail();
                encryptor.update(from.buffer(), from.readOffset(), to.buffer(), to.writeOffset(), run);
                onEncrypted(run);
            }
        }
        return !isFailed;
    }

    /**
     * Encrypts what two links have, as far as both have whole blocks: the rest of one is left for another partner, or for
     * {@link #flush}. Both have the scratch arrays of one agent.
     */
    public static void encryptTogether(RpcFrameWriter one, RpcFrameWriter other)
    {
        while (one.hasBlocks() && other.hasBlocks())
        {
            int run = Math.min(one.nextRun(), other.nextRun());
            if (run > 0)
            {
                Chunk from = headOf(one.plain);
                Chunk to = one.requireTail();
                Chunk otherFrom = headOf(other.plain);
                Chunk otherTo = other.requireTail();
                one.encryptor.updateBoth(from.buffer(), from.readOffset(), to.buffer(), to.writeOffset(),
                    other.encryptor, otherFrom.buffer(), otherFrom.readOffset(), otherTo.buffer(),
                    otherTo.writeOffset(), run);
                one.onEncrypted(run);
                other.onEncrypted(run);
            }
        }
    }

    /** @return whether there is something that can be encrypted. */
    public boolean hasBlocks()
    {
        return !isFailed && plain.length() >= AesCbcStream.BLOCK_LENGTH;
    }

    /** @return whether a frame was begun and not ended. */
    public boolean isFrameOpen()
    {
        return isFrameOpen;
    }

    /** Forgets what was not flushed; the link is gone. */
    @Override
    public void close()
    {
        plain.clear();
        isFailed = true;
    }

    /**
     * @return bytes that can be encrypted from one place to one place; 0 when there are none now: then either the pool is
     *         used up, or a block for two chunks has been dealt with.
     */
    private int nextRun()
    {
        Chunk to = out.tailWithRoom();
        if (to == null)
        {
            isFailed = true;
            return 0;
        }
        int run = Math.min(headOf(plain).length(), to.room()) & ~BLOCK_MASK;
        if (run == 0)
        {
            // Only behind a clear frame of which a piece still waits does a block lie in two chunks.
            plain.take(block, 0, AesCbcStream.BLOCK_LENGTH);
            encryptor.update(block, 0, block, 0, AesCbcStream.BLOCK_LENGTH);
            succeed(out.append(block, 0, AesCbcStream.BLOCK_LENGTH));
        }
        return run;
    }

    private void onEncrypted(int length)
    {
        out.commit(length);
        plain.drop(length);
    }

    private Chunk requireTail()
    {
        Chunk tail = out.tailWithRoom();
        if (tail == null)
        {
            throw new IllegalStateException("the chunk that was there a moment ago is gone");
        }
        return tail;
    }

    private static Chunk headOf(ChunkChain chain)
    {
        Chunk head = chain.head();
        if (head == null)
        {
            throw new IllegalStateException("nothing to encrypt");
        }
        return head;
    }

    private void appendHead(int length)
    {
        succeed(!isFailed && plain.append(head, 0, length));
    }

    private boolean succeed(boolean success)
    {
        isFailed |= !success;
        return success;
    }
}
