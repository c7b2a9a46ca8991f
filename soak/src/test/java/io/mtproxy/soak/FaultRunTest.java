// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a run of faults says when there is nothing to measure, and what breaks a bound. */
@Timeout(180)
class FaultRunTest
{
    @Test
    void shouldSayWhyProxyDoesNotComeUp()
    {
        IOException failed = assertThrows(IOException.class,
            () -> FaultRun.start(List.of("sh", "-c", "echo no such option {port}; exit 2"), 1).close());

        assertTrue(failed.getMessage().matches("(?s)the proxy has not come up:\nno such option \\d+\n"),
            failed::getMessage);
    }

    @Test
    void shouldBreakBoundByTimeAndByWhatWasWrong()
    {
        assertTrue(new FaultRun.Result("a", 10, true, "").isWithin(10));
        assertFalse(new FaultRun.Result("a", 11, true, "").isWithin(10));
        assertFalse(new FaultRun.Result("a", 1, false, "").isWithin(10));
        assertEquals("a: 1 ms, WRONG (b)", new FaultRun.Result("a", 1, false, "b").toString());
    }

    @Test
    void shouldExplainUsage() throws Exception
    {
        assertEquals(2, SoakMain.run(new String[]{"stop", "10"}));
    }
}
