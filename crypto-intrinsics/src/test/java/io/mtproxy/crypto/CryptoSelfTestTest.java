// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class CryptoSelfTestTest
{
    @Test
    void shouldMeasureWithTheClockItIsGiven()
    {
        long[] now = new long[1];
        // 16 KiB in 16,384 ns by this clock: 10^9 bytes a second.
        LongSupplier clock = () -> now[0] += 16_384;
        assertEquals(CryptoSelfTest.SLOW_BYTES_PER_SECOND, CryptoSelfTest.run(clock));
    }

    @Test
    void shouldReportASlowMachineAndComeToAnEnd()
    {
        long[] now = new long[1];
        assertEquals(100_000_000, CryptoSelfTest.run(() -> now[0] += 163_840));
    }

    @Test
    void shouldNotDivideByAClockThatStands()
    {
        assertTrue(CryptoSelfTest.run(() -> 7) > CryptoSelfTest.SLOW_BYTES_PER_SECOND);
    }
}
