// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.nio.ByteBuffer;

/** Payloads as they are, for {@link BareRelay}. */
final class PlainStream implements ClientStream
{
    private static final int LOOK_LENGTH = 512;

    private final LoadLoop loop;
    private final AnswerReader reader;

    PlainStream(LoadLoop loop, AnswerSink sink)
    {
        this.loop = loop;
        this.reader = new AnswerReader(Wire.PLAIN, loop.payload(), loop.largeAnswers(), sink);
    }

    @Override
    public int open(byte[] out, int at)
    {
        reader.reset();
        return 0;
    }

    @Override
    public boolean isOpen()
    {
        return true;
    }

    @Override
    public int wrap(byte[] plain, int length, byte[] out, int at)
    {
        System.arraycopy(plain, HEADROOM, out, at, length);
        return length;
    }

    @Override
    public boolean receive(ByteBuffer in)
    {
        byte[] plain = loop.plainIn();
        while (in.hasRemaining())
        {
            int skipped = Math.min(reader.skippable(), in.remaining());
            if (skipped > 0)
            {
                in.position(in.position() + skipped);
                reader.skip(skipped);
                continue;
            }
            int length = Math.min(reader.isInside() ? plain.length : LOOK_LENGTH, in.remaining());
            in.get(plain, 0, length);
            if (!reader.read(plain, 0, length))
            {
                return false;
            }
        }
        return true;
    }
}
