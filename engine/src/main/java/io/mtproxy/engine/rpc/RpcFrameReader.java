// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.crypto.CipherScratch;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bytes of one link on their way in: decrypts them run by run into the agent's array and finds the frames there.
 * [P-RPC-01] [P-RPC-06]
 *
 * <pre>
 *   agent's array   | given out | held: a frame in part | next run is decrypted to here |            |
 *                               ^ position              ^ limit
 * </pre>
 *
 * Frames are contiguous, so that a payload is given to the handler where the cipher put it. A frame longer than one
 * ring message is given in parts as they come. A handler without room stops the reader at exactly that frame or part;
 * {@link #read} goes on from there. Wrong bytes are a {@link Status}, never an exception. Bytes move beside the cipher
 * only when the array's end is near and when another link needs the array.
 */
public final class RpcFrameReader implements LentArray.Borrower, AutoCloseable
{
    /** Most payload bytes given at once of a long frame: one ring message. */
    public static final int PART_LENGTH_MAX = 16 * 1024;
    /** Longest payload that is given whole: an answer with one ring message of data. */
    public static final int WHOLE_PAYLOAD_LENGTH_MAX = PART_LENGTH_MAX + ProxyAnswer.DATA_OFFSET;
    /** Most decrypted bytes that one link can hold: when another link needs the array they take so much memory. */
    public static final int HELD_LENGTH_MAX = 32 * 1024;

    private static final int BLOCK_MASK = AesCbcStream.BLOCK_LENGTH - 1;
    private static final int LONG_HEAD_LENGTH = RpcFrames.PAYLOAD_OFFSET + ProxyAnswer.DATA_OFFSET;
    private static final int LEFTOVER_LENGTH_MIN = 1024;
    private static final byte[] NOTHING = {};

    static
    {
        int frameLengthMax = RpcFrames.OVERHEAD + WHOLE_PAYLOAD_LENGTH_MAX;
        if (HELD_LENGTH_MAX < frameLengthMax + AesCbcStream.BLOCK_LENGTH)
        {
            throw new AssertionError("a whole frame must fit");
        }
    }

    private final LentArray array;
    private final AesCbcStream decryptor;
    private final CRC32 crc32 = new CRC32();
    private final CRC32C crc32c = new CRC32C();
    /** Ciphertext that does not fill a block yet. */
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[AesCbcStream.BLOCK_LENGTH]);
    private int blockLength;
    private boolean isEncrypted;
    private boolean isCrc32c;

    /** First byte not given out and first byte not decrypted to, while the array is lent to us. */
    private int position;
    private int limit;
    /** The bytes between them, while it is not. */
    private byte[] leftover = NOTHING;
    private int leftoverLength;

    private Status status = Status.OK;
    private int sequence = RpcFrames.SEQUENCE_NONCE;
    /** Payload bytes of the long frame not yet given out; 0 outside of one. */
    private int longLeftLength;
    /** Whether the CRC of what stopped the reader was found right already. */
    private boolean isCrcChecked;
    /** Length of the frame that the handler is given just now. */
    private int frameLength;
    private int takenLength;
    private int untakenLength;
    private boolean isClosed;

    /** How reading ended. */
    public enum Status
    {
        /** All bytes are taken; more are welcome. */
        OK,
        /** The handler has no room; {@link #takenLength} bytes are taken, the others must be given again. */
        STOPPED,
        /** A length that no frame has. [P-RPC-03] */
        LENGTH_MALFORMED,
        /** Not the next sequence number. [P-RPC-04] */
        SEQUENCE_WRONG,
        /** A CRC that does not fit. [P-RPC-05] */
        CRC_WRONG,
        /** The handler wants the link closed. */
        CLOSED;

        /** @return whether the link must be closed. */
        public boolean isEnd()
        {
            return this != OK && this != STOPPED;
        }
    }

    /**
     * Starts in clear, with the nonce frame expected.
     *
     * @param array     of the agent, {@link LentArray#forReaders}.
     * @param decryptor of this link, used from {@link #startDecrypting} on.
     */
    public RpcFrameReader(LentArray array, AesCbcStream decryptor)
    {
        this.array = array;
        this.decryptor = decryptor;
    }

    /**
     * From here on bytes are ciphertext. To be called while the handler takes the nonce frame, or after it.
     * [P-RPC-06]
     *
     * @throws IllegalStateException when bytes were behind that frame, for which {@link RpcNonce#verify} closes.
     */
    public void startDecrypting(byte[] key, byte[] iv)
    {
        if (behindLength() != 0)
        {
            throw new IllegalStateException("clear bytes behind the nonce frame");
        }
        decryptor.initDecrypt(key, iv);
        isEncrypted = true;
    }

    /** From the next frame on CRC-32C counts. To be called while the handler takes the handshake frame. [P-RPC-33] */
    public void useCrc32c()
    {
        isCrc32c = true;
    }

    /** @return bytes received behind the frame that the handler is given just now. [P-RPC-13] */
    public int behindLength()
    {
        return heldLength() - frameLength + untakenLength;
    }

    /** @return how many of the bytes given to the last {@link #read} are taken. */
    public int takenLength()
    {
        return takenLength;
    }

    /** @return whether the handler had no room and {@link #read} must be called again. */
    public boolean isStopped()
    {
        return status == Status.STOPPED;
    }

    /** @return decrypted bytes that wait for more or for the handler. */
    public int heldLength()
    {
        return array.isLentTo(this) ? limit - position : leftoverLength;
    }

    /**
     * Takes the next bytes of the link, any number of them, and gives out what is complete. A reader that was stopped
     * first gives out what stopped it, so it is continued by this method too, with or without new bytes.
     */
    public Status read(DirectBuffer in, int offset, int length, RpcFrameHandler handler)
    {
        takenLength = 0;
        if (status.isEnd())
        {
            return status;
        }
        borrow();
        untakenLength = length;
        if (status == Status.STOPPED)
        {
            status = parse(handler);
        }
        while (status == Status.OK && untakenLength > 0)
        {
            int taken = takeRun(in, offset + takenLength, untakenLength);
            takenLength += taken;
            untakenLength -= taken;
            status = parse(handler);
        }
        untakenLength = 0;
        if (position == limit || status.isEnd())
        {
            position = 0;
            limit = 0;
            array.takeBack(this);
        }
        return status;
    }

    /** Moves what is held out of the agent's array. */
    @Override
    public void giveUp()
    {
        int length = limit - position;
        if (leftover.length < length)
        {
            leftover = new byte[Math.max(LEFTOVER_LENGTH_MIN, BitUtil.findNextPositivePowerOfTwo(length))];
        }
        System.arraycopy(array.bytes, position, leftover, 0, length);
        leftoverLength = length;
        position = 0;
        limit = 0;
    }

    /** Forgets everything; the link is gone. May be called by the handler. */
    @Override
    public void close()
    {
        isClosed = true;
        status = Status.CLOSED;
        array.takeBack(this);
        leftover = NOTHING;
        leftoverLength = 0;
    }

    private void borrow()
    {
        if (!array.isLentTo(this))
        {
            array.lendTo(this);
            System.arraycopy(leftover, 0, array.bytes, 0, leftoverLength);
            position = 0;
            limit = leftoverLength;
            leftoverLength = 0;
        }
    }

    /** Brings some bytes into the array, at most one run; {@link #parse} has left room for at least one block. */
    private int takeRun(DirectBuffer in, int offset, int available)
    {
        int run = Math.min(Math.min(available, CipherScratch.LENGTH), HELD_LENGTH_MAX - (limit - position));
        if (!isEncrypted)
        {
            makeRoom(run);
            in.getBytes(offset, array.bytes, limit, run);
            limit += run;
            return run;
        }
        if (blockLength != 0 || run < AesCbcStream.BLOCK_LENGTH)
        {
            return takeIntoBlock(in, offset, available);
        }
        int wholeRun = run & ~BLOCK_MASK;
        makeRoom(wholeRun);
        decryptor.update(in, offset, array.bytes, limit, wholeRun);
        limit += wholeRun;
        return wholeRun;
    }

    private int takeIntoBlock(DirectBuffer in, int offset, int available)
    {
        int taken = Math.min(available, AesCbcStream.BLOCK_LENGTH - blockLength);
        block.putBytes(blockLength, in, offset, taken);
        blockLength += taken;
        if (blockLength == AesCbcStream.BLOCK_LENGTH)
        {
            makeRoom(AesCbcStream.BLOCK_LENGTH);
            decryptor.update(block, 0, array.bytes, limit, AesCbcStream.BLOCK_LENGTH);
            limit += AesCbcStream.BLOCK_LENGTH;
            blockLength = 0;
        }
        return taken;
    }

    private void makeRoom(int length)
    {
        if (position == limit)
        {
            position = 0;
            limit = 0;
        }
        else if (array.bytes.length - limit < length)
        {
            System.arraycopy(array.bytes, position, array.bytes, 0, limit - position);
            limit -= position;
            position = 0;
        }
    }

    /** Gives out what is complete. */
    private Status parse(RpcFrameHandler handler)
    {
        while (limit - position >= RpcFrames.WORD_LENGTH)
        {
            int before = position;
            Status result = longLeftLength == 0 ? parseFrame(handler) : parsePart(handler);
            if (isClosed)
            {
                return Status.CLOSED;
            }
            if (result != Status.OK || position == before)
            {
                return result;
            }
        }
        return Status.OK;
    }

    /** Gives out one frame, or the head of a long one; leaves the position where it is while bytes are missing. */
    private Status parseFrame(RpcFrameHandler handler)
    {
        int length = array.view.getInt(position + RpcFrames.LENGTH_OFFSET, LITTLE_ENDIAN);
        return switch (RpcFrames.check(length))
        {
            case PADDING ->
            {
                position += RpcFrames.WORD_LENGTH;
                yield Status.OK;
            }
            case MALFORMED -> Status.LENGTH_MALFORMED;
            case OK -> parseFrame(handler, length);
        };
    }

    private Status parseFrame(RpcFrameHandler handler, int length)
    {
        int available = limit - position;
        if (available < RpcFrames.PAYLOAD_OFFSET)
        {
            return Status.OK;
        }
        if (array.view.getInt(position + RpcFrames.SEQUENCE_OFFSET, LITTLE_ENDIAN) != sequence)
        {
            return Status.SEQUENCE_WRONG;
        }
        int payloadLength = length - RpcFrames.OVERHEAD;
        if (payloadLength > WHOLE_PAYLOAD_LENGTH_MAX)
        {
            return available < LONG_HEAD_LENGTH ? Status.OK : beginLongFrame(handler, payloadLength);
        }
        return available < length ? Status.OK : giveFrame(handler, length, payloadLength);
    }

    private Status giveFrame(RpcFrameHandler handler, int length, int payloadLength)
    {
        if (!isCrcChecked)
        {
            resetCrc();
            updateCrc(position, length - RpcFrames.CRC_LENGTH);
            if (!isCrcAt(position + length - RpcFrames.CRC_LENGTH))
            {
                return Status.CRC_WRONG;
            }
            isCrcChecked = true;
        }
        frameLength = length;
        RpcFrameHandler.Action action =
            handler.onFrame(array.view, position + RpcFrames.PAYLOAD_OFFSET, payloadLength);
        frameLength = 0;
        return switch (action)
        {
            case NEXT ->
            {
                position += length;
                sequence++;
                isCrcChecked = false;
                yield Status.OK;
            }
            case STOP -> Status.STOPPED;
            case CLOSE -> Status.CLOSED;
        };
    }

    private Status beginLongFrame(RpcFrameHandler handler, int payloadLength)
    {
        return switch (handler.onLongFrameBegin(array.view, position + RpcFrames.PAYLOAD_OFFSET, payloadLength))
        {
            case NEXT ->
            {
                resetCrc();
                updateCrc(position, LONG_HEAD_LENGTH);
                position += LONG_HEAD_LENGTH;
                longLeftLength = payloadLength - ProxyAnswer.DATA_OFFSET;
                yield Status.OK;
            }
            case STOP -> Status.STOPPED;
            case CLOSE -> Status.CLOSED;
        };
    }

    /** Gives out what is there of a long frame; the last word waits for the CRC. */
    private Status parsePart(RpcFrameHandler handler)
    {
        int available = limit - position;
        int length = Math.min(Math.min(available, longLeftLength), PART_LENGTH_MAX);
        boolean last = false;
        if (length == longLeftLength)
        {
            last = available >= length + RpcFrames.CRC_LENGTH;
            length = last ? length : length - RpcFrames.WORD_LENGTH;
            if (length <= 0)
            {
                return Status.OK;
            }
        }
        return givePart(handler, length, last);
    }

    private Status givePart(RpcFrameHandler handler, int length, boolean last)
    {
        if (!isCrcChecked)
        {
            updateCrc(position, length);
            if (last && !isCrcAt(position + length))
            {
                return Status.CRC_WRONG;
            }
        }
        return switch (handler.onLongFramePart(array.view, position, length, last))
        {
            case NEXT ->
            {
                position += last ? length + RpcFrames.CRC_LENGTH : length;
                longLeftLength -= length;
                sequence += last ? 1 : 0;
                isCrcChecked = false;
                yield Status.OK;
            }
            case STOP ->
            {
                // The same part comes again: nothing is decrypted while stopped, so it has the same length.
                isCrcChecked = true;
                yield Status.STOPPED;
            }
            case CLOSE -> Status.CLOSED;
        };
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

    private void updateCrc(int offset, int length)
    {
        if (isCrc32c)
        {
            crc32c.update(array.bytes, offset, length);
        }
        else
        {
            crc32.update(array.bytes, offset, length);
        }
    }

    private boolean isCrcAt(int offset)
    {
        return (int)(isCrc32c ? crc32c.getValue() : crc32.getValue()) == array.view.getInt(offset, LITTLE_ENDIAN);
    }
}
