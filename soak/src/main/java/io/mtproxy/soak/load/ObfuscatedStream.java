// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.Jce;
import io.mtproxy.soak.LittleEndian;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Obfuscated2 in its three framings. [P-OBF-10] to [P-OBF-35]
 * <p>
 * Long answers are not decrypted but for their header: the counter goes on behind them.
 */
final class ObfuscatedStream implements ClientStream
{
    static final int HEADER_LENGTH = 64;

    private static final int KEY_OFFSET = 8;
    private static final int KEY_LENGTH = 32;
    private static final int TAG_OFFSET = 56;
    private static final int DC_OFFSET = 60;
    private static final int DC = 2;
    private static final int ABRIDGED_LONG = 0x7f;
    private static final int PADDING_LIMIT = 16;
    /** Bytes decrypted where a long answer may begin: its length and its header. */
    private static final int LOOK_LENGTH = 4 + LoadPayload.HEADER_LENGTH + 28;
    /** Below this decrypting costs less than setting the counter. */
    private static final int SKIP_LENGTH_MIN = 2048;

    private final LoadLoop loop;
    private final Wire wire;
    private final byte[] secret;
    private final boolean hasLongAnswers;
    private final AnswerReader reader;
    private final CtrStream toProxy = new CtrStream();
    private final CtrStream fromProxy = new CtrStream();
    private final byte[] header = new byte[HEADER_LENGTH];
    private final byte[] reversed = new byte[TAG_OFFSET - KEY_OFFSET];
    private final byte[] block = new byte[TAG_OFFSET - KEY_OFFSET];
    private long position;
    private int toSkip;
    private boolean isCounterStale;

    ObfuscatedStream(LoadLoop loop, Wire wire, byte[] secret, boolean hasLongAnswers, AnswerSink sink)
    {
        this.loop = loop;
        this.wire = wire;
        this.secret = secret;
        this.hasLongAnswers = hasLongAnswers;
        this.reader = new AnswerReader(wire, loop.payload(), loop.largeAnswers(), sink);
    }

    @Override
    public int open(byte[] out, int at)
    {
        reader.reset();
        position = 0;
        toSkip = 0;
        isCounterStale = false;
        do
        {
            loop.random().nextBytes(header);
        }
        while (!isAllowed());
        LittleEndian.putInt(header, TAG_OFFSET, wire.tag());
        LittleEndian.putShort(header, DC_OFFSET, DC);
        System.arraycopy(header, KEY_OFFSET, block, 0, block.length);
        for (int i = 0; i < block.length; i++)
        {
            reversed[i] = block[block.length - 1 - i];
        }
        init(toProxy, block);
        init(fromProxy, reversed);
        toProxy.update(header, 0, HEADER_LENGTH, out, at);
        System.arraycopy(header, 0, out, at, TAG_OFFSET);
        return HEADER_LENGTH;
    }

    /** [P-OBF-11] [P-OBF-12] */
    private void init(CtrStream stream, byte[] keyAndIv)
    {
        byte[] seed = Arrays.copyOf(keyAndIv, KEY_LENGTH);
        stream.init(secret.length == 0 ? seed : Jce.sha256(seed, secret), keyAndIv, KEY_LENGTH);
    }

    /** [P-OBF-19] */
    private boolean isAllowed()
    {
        int first = LittleEndian.getInt(header, 0);
        boolean isTaken = switch (first)
        {
            case 0x44414548, 0x54534f50, 0x20544547, 0x4954504f, 0xeeeeeeee, 0xdddddddd, 0x02010316 -> true;
            default -> false;
        };
        return !isTaken && (first & 0xff) != 0xef && LittleEndian.getInt(header, 4) != 0;
    }

    @Override
    public boolean isOpen()
    {
        return true;
    }

    @Override
    public int wrap(byte[] plain, int length, byte[] out, int at)
    {
        int start;
        int end = HEADROOM + length;
        if (wire == Wire.ABRIDGED)
        {
            int words = length / 4;
            if (words < ABRIDGED_LONG)
            {
                start = HEADROOM - 1;
                plain[start] = (byte)words;
            }
            else
            {
                start = HEADROOM - 4;
                LittleEndian.putInt(plain, start, ABRIDGED_LONG | words << 8);
            }
        }
        else
        {
            // whatever lies behind the payload is as good a padding as any
            end += wire == Wire.INTERMEDIATE ? 0 : loop.random().nextInt(PADDING_LIMIT);
            start = HEADROOM - 4;
            LittleEndian.putInt(plain, start, end - HEADROOM);
        }
        toProxy.update(plain, start, end - start, out, at);
        return end - start;
    }

    @Override
    public boolean receive(ByteBuffer in)
    {
        boolean isRight = receive(in, in.position(), in.limit());
        in.position(in.limit());
        return isRight;
    }

    /** Takes a part of a buffer. */
    boolean receive(ByteBuffer in, int from, int to)
    {
        byte[] cipher = loop.cipherIn();
        byte[] plain = loop.plainIn();
        int at = from;
        while (at < to)
        {
            if (toSkip > 0)
            {
                int length = Math.min(toSkip, to - at);
                toSkip -= length;
                at += length;
                position += length;
                isCounterStale = true;
                reader.skip(length);
                continue;
            }
            if (isCounterStale)
            {
                fromProxy.seek(position);
                isCounterStale = false;
            }
            int length = Math.min(hasLongAnswers && !reader.isInside() ? LOOK_LENGTH : LoadLoop.READ_LENGTH, to - at);
            in.get(at, cipher, 0, length);
            fromProxy.update(cipher, 0, length, plain, 0);
            at += length;
            position += length;
            if (!reader.read(plain, 0, length))
            {
                return false;
            }
            int skippable = reader.skippable();
            toSkip = skippable >= SKIP_LENGTH_MIN ? skippable : 0;
        }
        return true;
    }
}
