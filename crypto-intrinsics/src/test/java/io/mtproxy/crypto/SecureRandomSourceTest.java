// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Randomness [P-RPC-14]")
class SecureRandomSourceTest
{
    private static final byte[] DRAWN = random(4 * SecureRandomSource.BLOCK_LENGTH, 1);

    private final KnownRandom known = new KnownRandom();
    private final SecureRandomSource source = new SecureRandomSource(known, null);

    @Test
    void shouldHandOutEachByteOnceInOrder()
    {
        byte[] out = new byte[10_002];
        source.nextBytes(out, 1, 0);
        assertEquals(0, known.position, "nothing is fetched before it is needed");
        source.nextBytes(out, 1, 16);
        source.nextBytes(out, 17, 4079);
        source.nextBytes(out, 4096, 5905);

        assertArrayEquals(Arrays.copyOf(DRAWN, 10_000), Arrays.copyOfRange(out, 1, 10_001));
        assertEquals(0, out[0]);
        assertEquals(0, out[10_001]);
        assertEquals(ByteBuffer.wrap(DRAWN).getLong(10_000), source.nextLong());
    }

    @Test
    void shouldZeroWhatItHandedOut()
    {
        byte[] out = new byte[100];
        source.nextBytes(out, 0, 100);
        source.nextLong();
        source.nextInt(10);
        // SecureRandom fills our block, so its argument is what the source keeps.
        byte[] block = known.filled;
        int kept = 112;
        while (block[kept - 1] != 0 || kept % 4 != 0)
        {
            kept += 4;
        }
        assertArrayEquals(new byte[112], Arrays.copyOf(block, 112));
        assertArrayEquals(Arrays.copyOfRange(DRAWN, kept + 64, 4096), Arrays.copyOfRange(block, kept + 64, 4096));

        source.close();
        assertArrayEquals(new byte[4096], block);
        assertEquals(ByteBuffer.wrap(DRAWN).getLong(4096), source.nextLong(), "fetches anew after close");
    }

    @Test
    void shouldDrawNumbersUniformlyBelowTheBound()
    {
        SecureRandomSource real = new SecureRandomSource();
        for (int bound : new int[]{1, 2, 3, 7, 10, 64, 100})
        {
            int draws = 2000 * bound;
            int[] counts = new int[bound];
            for (int i = 0; i < draws; i++)
            {
                counts[real.nextInt(bound)]++;
            }
            // 2000 expected with a deviation of 45: eight of them are never seen.
            for (int count : counts)
            {
                assertTrue(Math.abs(count - 2000) <= 360, () -> Arrays.toString(counts));
            }
        }
        for (int i = 0; i < 1000; i++)
        {
            int drawn = real.nextInt(Integer.MAX_VALUE);
            assertTrue(drawn >= 0 && drawn < Integer.MAX_VALUE);
        }
        assertThrows(IllegalArgumentException.class, () -> real.nextInt(0));
        assertThrows(IllegalArgumentException.class, () -> real.nextInt(-1));
        assertNotEquals(real.nextLong(), real.nextLong());
    }

    @Test
    void shouldTakeBlocksOfTheDeviceWhileItHasWhole(@TempDir Path folder) throws IOException
    {
        Path device = folder.resolve("device");
        byte[] content = random(2 * SecureRandomSource.BLOCK_LENGTH - 1, 2);
        Files.write(device, content);
        try (FileInputStream stream = new FileInputStream(device.toFile());
            SecureRandomSource ofDevice = new SecureRandomSource(known, stream))
        {
            byte[] out = new byte[2 * SecureRandomSource.BLOCK_LENGTH];
            ofDevice.nextBytes(out, 0, out.length);

            byte[] expected = Arrays.copyOf(content, out.length);
            System.arraycopy(DRAWN, 0, expected, SecureRandomSource.BLOCK_LENGTH, SecureRandomSource.BLOCK_LENGTH);
            assertArrayEquals(expected, out);
            assertThrows(IOException.class, stream::available, "closed when it is of no use any more");
        }
    }

    @Test
    void shouldRefuseDrawsAboveTheBound()
    {
        // Of the known bytes taken as ints, the first whose low two bits are below 3.
        ByteBuffer drawn = ByteBuffer.wrap(DRAWN);
        for (int i = 0; i < 200; i++)
        {
            int expected;
            do
            {
                expected = drawn.getInt() & 3;
            }
            while (expected == 3);
            assertEquals(expected, source.nextInt(3));
        }
    }

    /** Hands out {@link #DRAWN} and remembers the array it filled. */
    private static final class KnownRandom extends SecureRandom
    {
        private static final long serialVersionUID = 1L;

        private int position;
        private byte[] filled = new byte[0];

        @Override
        public void nextBytes(byte[] bytes)
        {
            System.arraycopy(DRAWN, position, bytes, 0, bytes.length);
            position += bytes.length;
            filled = bytes;
        }
    }
}
