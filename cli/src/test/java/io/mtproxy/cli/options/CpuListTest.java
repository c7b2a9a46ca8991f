// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --cpus}. */
class CpuListTest
{
    @Test
    void shouldKeepOrderOfNumbersAndRanges()
    {
        assertEquals(List.of(2, 4, 5, 0), CpuList.parse("2,4-5,0").numbers());
        assertEquals(List.of(8191), CpuList.parse("8191-8191").numbers());
        assertEquals("2,4,5,0", CpuList.parse("2,4-5,0").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "1,", "-1", "1-", "a", "1 2", "0x1", "12345"})
    void shouldRefuseWhatIsNoList(String text)
    {
        assertTrue(refusal(text).endsWith("is neither a CPU's number nor like 4-5"), () -> refusal(text));
    }

    @ParameterizedTest
    @CsvSource({"8192, outside 0..8191", "5-4, runs backwards", "'3,1-4', CPU 3 is named twice"})
    void shouldRefuseNumbers(String text, String reason)
    {
        assertTrue(refusal(text).contains(reason), () -> refusal(text));
    }

    /** One process behind the other, and from the beginning again. */
    @Test
    void shouldShareOutAmongProcesses()
    {
        CpuList cpus = CpuList.parse("7,3,5");
        assertEquals(List.of(7, 3), cpus.of(0, 2));
        assertEquals(List.of(5, 7), cpus.of(1, 2));
        assertEquals(List.of(3), cpus.of(4, 1));
        assertEquals(List.of(7, 3, 5, 7), cpus.of(0, 4));
        assertEquals(List.of(), CpuList.NONE.of(3, 2));
    }

    private static String refusal(String text)
    {
        return String.valueOf(assertThrows(IllegalArgumentException.class, () -> CpuList.parse(text)).getMessage());
    }
}
