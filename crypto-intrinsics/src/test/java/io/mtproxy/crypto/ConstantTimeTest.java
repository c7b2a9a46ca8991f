// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ConstantTimeTest
{
    @Test
    void shouldSeeEachDifferentBitInTheRangeAndNoneOutside()
    {
        byte[] a = random(34, 1);
        UnsafeBuffer direct = directSlice(a, 3);
        for (int bit = 0; bit < 34 * 8; bit++)
        {
            byte[] b = a.clone();
            b[bit / 8] ^= (byte)(1 << bit % 8);
            boolean outside = bit < 8 || bit >= 33 * 8;
            assertEquals(outside, ConstantTime.equals(a, 1, b, 1, 32));
            assertEquals(outside, ConstantTime.equals(direct, 1, b, 1, 32));
            assertEquals(outside, ConstantTime.equals(direct, 1, directSlice(b, 1), 1, 32));
        }
        assertTrue(ConstantTime.equals(a, 0, a, 3, 0));
        assertFalse(ConstantTime.equals(a, 0, a, 1, 32));
    }
}
