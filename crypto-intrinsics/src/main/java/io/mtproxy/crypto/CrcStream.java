// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.agrona.DirectBuffer;

/**
 * A running check sum whose kind may change between frames. [P-RPC-05] [P-RPC-33]
 * <p>
 * Small (one for each direction of a link), and without garbage: direct memory goes through the agent's scratch array,
 * as a {@code ByteBuffer} view would have to be made for each buffer, or have its position moved under another thread.
 */
public final class CrcStream
{
    private final CipherScratch scratch;
    private final CRC32 crc32 = new CRC32();
    private final CRC32C crc32c = new CRC32C();
    private CrcKind kind = CrcKind.CRC32;

    /** A sum of kind CRC32 over nothing yet. */
    public CrcStream(CipherScratch scratch)
    {
        this.scratch = scratch;
    }

    public CrcKind kind()
    {
        return kind;
    }

    /** Chooses the kind and starts a new sum. */
    public void reset(CrcKind newKind)
    {
        kind = newKind;
        reset();
    }

    /** Starts a new sum of the same kind. */
    public void reset()
    {
        sum().reset();
    }

    /** Adds the next bytes. */
    public void update(byte[] in, int inOffset, int length)
    {
        switch (kind)
        {
            case CRC32 -> crc32.update(in, inOffset, length);
            case CRC32C -> crc32c.update(in, inOffset, length);
        }
    }

    /** Adds the next bytes. */
    public void update(DirectBuffer in, int inOffset, int length)
    {
        in.boundsCheck(inOffset, length);
        byte[] array = in.byteArray();
        if (array != null)
        {
            update(array, CipherScratch.arrayOffset(in, inOffset), length);
            return;
        }
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH);
            in.getBytes(inOffset + done, scratch.input, 0, run);
            update(scratch.input, 0, run);
            done += run;
        }
    }

    /** The sum of all bytes since the last reset, as it stands on the wire in little-endian order. */
    public int value()
    {
        return (int)sum().getValue();
    }

    private Checksum sum()
    {
        return switch (kind)
        {
            case CRC32 -> crc32;
            case CRC32C -> crc32c;
        };
    }
}
