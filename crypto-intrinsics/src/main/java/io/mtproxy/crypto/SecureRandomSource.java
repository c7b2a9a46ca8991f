// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.io.FileInputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Unpredictable numbers, fetched 4 KiB at a time and handed out without garbage; one object an agent. [P-RPC-14]
 * <p>
 * They are the kernel's: read from its device they cost a quarter of what {@link SecureRandom} takes, which also leaves
 * 40 bytes of garbage for every 20 that it makes; a padded answer draws some. Where there is no such device,
 * {@link SecureRandom} it is. What was handed out is zeroed here at once, so that nobody can read earlier draws out of
 * this object.
 */
public final class SecureRandomSource implements RandomSource, AutoCloseable
{
    /** Bytes fetched at once: a fetch of 16 bytes costs as much as handing out hundreds of them. */
    static final int BLOCK_LENGTH = 4096;

    private static final String KERNEL_DEVICE = "/dev/urandom";

    private final SecureRandom random;
    private @Nullable FileInputStream kernel;
    private final byte[] block = new byte[BLOCK_LENGTH];
    private int position = BLOCK_LENGTH;

    public SecureRandomSource()
    {
        this(new SecureRandom(), openKernel());
    }

    SecureRandomSource(SecureRandom random, @Nullable FileInputStream kernel)
    {
        this.random = random;
        this.kernel = kernel;
    }

    private static @Nullable FileInputStream openKernel()
    {
        try
        {
            return new FileInputStream(KERNEL_DEVICE);
        }
        catch (IOException e)
        {
            return null;
        }
    }

    @Override
    public void nextBytes(byte[] out, int offset, int length)
    {
        for (int done = 0; done < length;)
        {
            refillWhenBelow(1);
            int run = Math.min(length - done, BLOCK_LENGTH - position);
            System.arraycopy(block, position, out, offset + done, run);
            Arrays.fill(block, position, position + run, (byte)0);
            position += run;
            done += run;
        }
    }

    @Override
    public int nextInt(int bound)
    {
        if (bound <= 0)
        {
            throw new IllegalArgumentException("no number below " + bound);
        }
        // The fewest bits that can hold bound - 1: a draw is refused with a probability below one half.
        int mask = -1 >>> Integer.numberOfLeadingZeros((bound - 1) | 1);
        int drawn;
        do
        {
            drawn = (int)take(Integer.BYTES) & mask;
        }
        while (drawn >= bound);
        return drawn;
    }

    @Override
    public long nextLong()
    {
        return take(Long.BYTES);
    }

    /** Zeroes what was fetched and not yet handed out. */
    @Override
    public void close()
    {
        Arrays.fill(block, (byte)0);
        position = BLOCK_LENGTH;
        closeKernel();
    }

    private long take(int length)
    {
        refillWhenBelow(length);
        long taken = 0;
        for (int i = 0; i < length; i++)
        {
            taken = taken << Byte.SIZE | (block[position] & 0xff);
            block[position++] = 0;
        }
        return taken;
    }

    private void refillWhenBelow(int length)
    {
        if (BLOCK_LENGTH - position < length)
        {
            if (!readKernel())
            {
                random.nextBytes(block);
            }
            position = 0;
        }
    }

    /** @return whether the block is full; if not, the device is of no use any more. */
    private boolean readKernel()
    {
        FileInputStream device = kernel;
        if (device == null)
        {
            return false;
        }
        try
        {
            if (device.readNBytes(block, 0, BLOCK_LENGTH) == BLOCK_LENGTH)
            {
                return true;
            }
        }
        catch (IOException e)
        {
            // the same as a device that ends: nobody can be asked to mend it while packets wait
        }
        closeKernel();
        return false;
    }

    private void closeKernel()
    {
        FileInputStream device = kernel;
        kernel = null;
        if (device != null)
        {
            try
            {
                device.close();
            }
            catch (IOException e)
            {
                // nothing was written to it
            }
        }
    }
}
