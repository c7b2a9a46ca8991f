// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The frames of one link on their way out: puts them one behind the other into the agent's array, encrypts them run by
 * run into the link's chunks, and pads once for each flush. [P-RPC-01] [P-RPC-07]
 * <p>
 * Between two calls plaintext may stay in the agent's array: it is encrypted when the array is full, when another link
 * needs it, or by {@link #flush}. So many small frames make one run of the cipher. A method that answers false has
 * found the pool used up; the stream is then broken and the link can only be closed.
 */
public final class RpcFrameWriter implements LentArray.Borrower, AutoCloseable
{
    private static final int BLOCK_MASK = AesCbcStream.BLOCK_LENGTH - 1;

    private final LentArray array;
    private final ChunkChain out;
    private final AesCbcStream encryptor;
    private final CRC32 crc32 = new CRC32();
    private final CRC32C crc32c = new CRC32C();
    /** A block on its way into two chunks. */
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[AesCbcStream.BLOCK_LENGTH]);
    /** Plaintext that does not fill a block, while the array is lent to another link. */
    private final byte[] tail = new byte[AesCbcStream.BLOCK_LENGTH];
    private int tailLength;
    /** Plaintext in the array, while it is lent to us. */
    private int stagedLength;
    private int sequence = RpcFrames.SEQUENCE_NONCE;
    private int payloadLeftLength;
    private boolean isFrameOpen;
    private boolean isCrc32c;
    private boolean isFailed;

    /**
     * @param array     of the agent, {@link LentArray#forWriters}.
     * @param out       where ciphertext goes, the link's.
     * @param encryptor of this link, used from {@link #startEncrypting} on.
     */
    public RpcFrameWriter(LentArray array, ChunkChain out, AesCbcStream encryptor)
    {
        this.array = array;
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
        borrow();
        array.view.putInt(stagedLength + RpcFrames.LENGTH_OFFSET, payloadLength + RpcFrames.OVERHEAD, LITTLE_ENDIAN);
        array.view.putInt(stagedLength + RpcFrames.SEQUENCE_OFFSET, sequence++, LITTLE_ENDIAN);
        payloadLeftLength = payloadLength;
        isFrameOpen = true;
        resetCrc();
        stage(RpcFrames.PAYLOAD_OFFSET);
    }

    /** Appends the next bytes of the open frame's payload, any number of them. */
    public boolean append(DirectBuffer payload, int offset, int length)
    {
        assert isFrameOpen && length <= payloadLeftLength : "more than was announced";
        borrow();
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH - stagedLength);
            payload.getBytes(offset + done, array.bytes, stagedLength, run);
            stage(run);
            done += run;
        }
        payloadLeftLength -= length;
        return !isFailed;
    }

    /** Ends the open frame. */
    public boolean endFrame()
    {
        assert isFrameOpen && payloadLeftLength == 0 : "less than was announced";
        borrow();
        array.view.putInt(stagedLength, (int)(isCrc32c ? crc32c.getValue() : crc32.getValue()), LITTLE_ENDIAN);
        stagedLength += RpcFrames.CRC_LENGTH;
        isFrameOpen = false;
        encryptIfFull();
        return !isFailed;
    }

    /** @return whether there is plaintext that only {@link #flush} brings out. */
    public boolean isFlushNeeded()
    {
        return (array.isLentTo(this) ? stagedLength : tailLength) != 0;
    }

    /**
     * Pads to a whole block and encrypts everything; to be called once a turn, before the chunks are written. In the
     * middle of a frame nothing is padded, and up to 15 bytes stay. [P-RPC-07]
     */
    public boolean flush()
    {
        if (!isFlushNeeded())
        {
            return !isFailed;
        }
        borrow();
        while (!isFrameOpen && (stagedLength & BLOCK_MASK) != 0)
        {
            array.view.putInt(stagedLength, RpcFrames.PADDING_WORD, LITTLE_ENDIAN);
            stagedLength += RpcFrames.WORD_LENGTH;
        }
        encryptBlocks();
        return !isFailed;
    }

    /** @return whether a frame was begun and not ended. */
    public boolean isFrameOpen()
    {
        return isFrameOpen;
    }

    /** Encrypts what fills blocks and moves the rest out of the agent's array. */
    @Override
    public void giveUp()
    {
        encryptBlocks();
        System.arraycopy(array.bytes, 0, tail, 0, stagedLength);
        tailLength = stagedLength;
        stagedLength = 0;
    }

    /** Forgets what was not flushed; the link is gone. */
    @Override
    public void close()
    {
        array.takeBack(this);
        stagedLength = 0;
        tailLength = 0;
        isFailed = true;
    }

    private void borrow()
    {
        if (!array.isLentTo(this))
        {
            array.lendTo(this);
            System.arraycopy(tail, 0, array.bytes, 0, tailLength);
            stagedLength = tailLength;
            tailLength = 0;
        }
    }

    /** Counts bytes of a frame that were put behind those staged. */
    private void stage(int length)
    {
        if (isCrc32c)
        {
            crc32c.update(array.bytes, stagedLength, length);
        }
        else
        {
            crc32.update(array.bytes, stagedLength, length);
        }
        stagedLength += length;
        encryptIfFull();
    }

    private void encryptIfFull()
    {
        if (stagedLength >= CipherScratch.LENGTH)
        {
            encryptBlocks();
        }
    }

    private void encryptBlocks()
    {
        int wholeLength = stagedLength & ~BLOCK_MASK;
        encrypt(wholeLength);
        stagedLength -= wholeLength;
        System.arraycopy(array.bytes, wholeLength, array.bytes, 0, stagedLength);
    }

    private void encrypt(int length)
    {
        for (int done = 0; done < length && !isFailed;)
        {
            Chunk chunk = out.tailWithRoom();
            if (chunk == null)
            {
                isFailed = true;
                return;
            }
            int room = chunk.room() & ~BLOCK_MASK;
            if (room == 0)
            {
                // Only behind a clear frame of which a piece still waits does a block lie in two chunks.
                encryptor.update(array.bytes, done, block, 0, AesCbcStream.BLOCK_LENGTH);
                succeed(out.append(block, 0, AesCbcStream.BLOCK_LENGTH));
                done += AesCbcStream.BLOCK_LENGTH;
            }
            else
            {
                int run = Math.min(length - done, room);
                encryptor.update(array.bytes, done, chunk.buffer(), chunk.writeOffset(), run);
                out.commit(run);
                done += run;
            }
        }
    }

    private void resetCrc()
    {
        if (isCrc32c)
        {
            crc32c.reset();
        }
        else
        {
            crc32.reset();
        }
    }

    private boolean succeed(boolean success)
    {
        isFailed |= !success;
        return success;
    }
}
