// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the laboratory reads and writes as text. */
class LoadTextsTest
{
    @Test
    void shouldReadScenarios()
    {
        LoadScenario pairs = LoadScenario.of("pairs-500/1k@2500:fake-tls");
        assertEquals(500, pairs.connections());
        assertEquals(List.of(1024), pairs.requestLengths());
        assertEquals(2500, pairs.rate());
        assertEquals(Wire.FAKE_TLS, pairs.wire());
        assertEquals(LoadScenario.Unit.PAIR, pairs.unit());

        assertEquals(Wire.FAKE_TLS_HYBRID, LoadScenario.of("connect-4:fake-tls-hybrid").wire());
        assertEquals(List.of(262_144), LoadScenario.of("bulk-up").requestLengths());
        assertTrue(LoadScenario.of("connect:abridged").isReconnecting());
        assertTrue(LoadScenario.of("idle-30000").isIdle());
        assertEquals("pairs-50@7:padded", LoadScenario.of("pairs-50@1:padded").withRate(7).name());
        for (String wrong : List.of("", "pairs-", "pairs-0x1", "pairs:", "tea", "pairs@", "pairs-1:plain-tea"))
        {
            assertThrows(IllegalArgumentException.class, () -> LoadScenario.of(wrong), wrong);
        }
    }

    @Test
    void shouldFillCommands()
    {
        ProxyCommand.Values values = new ProxyCommand.Values(1, 2, 3, Path.of("own"), Path.of("conf"), Path.of("pwd"),
            List.of(new byte[]{1}, new byte[]{2}), 4, true);
        Map<String, List<String>> known = Map.of("c", List.of("prog", "-H", "{port}", "{secrets}", "{workers}", "{tls}",
            "{more}", "{config}"));

        assertEquals(
            List.of("prog", "-H", "1", "-S", "01", "-S", "02", "-M", "4", "-D", "localhost", "-v", "a b", "conf"),
            ProxyCommand.of("c -v 'a b'", known).fill(values));
        assertEquals(List.of("x", "p=2", "3", "01", "own/status"),
            ProxyCommand.of("x \"p={stats}\" {upstream} {secret} {folder}/status", known).fill(values));
        assertThrows(IllegalArgumentException.class, () -> ProxyCommand.of(" ", known));
    }

    @Test
    void shouldReadPauses()
    {
        PauseLog log = PauseLog.parse(
            """
                [12.1s][safepoint   ] Safepoint "Cleanup", Time since last: 9 ns, Reaching safepoint: 1500 ns, At safepoint: \
                200 ns, Leaving safepoint: 10 ns, Total: 2500 ns, Threads: 1 runnable, 14 total
                [12.2s][gc,start    ] GC(3) Pause Young (Allocation Failure)
                [12.2s][gc          ] GC(3) Pause Young (Allocation Failure) 8M->1M(31M) 1.234ms
                [12.3s][safepoint   ] Safepoint "GenCollectForAllocation", Time since last: 9 ns, Total: 1300000 ns
                [12.4s][gc,heap     ] something else
                """
                .lines().toList());

        assertEquals(new PauseLog(2, 1.3, 1, 1.234), log);
    }

    @Test
    void shouldReadHeapAndSystemCalls()
    {
        assertEquals(2100 + 3000, PauseRun.usedKb("""
            4711:
             DefNew     total 9856K, used 2100K [0x1, 0x2, 0x3)
              eden space 8768K,  18% used [0x1, 0x2, 0x3)
             Tenured    total 21888K, used 3000K [0x1, 0x2, 0x3)
             Metaspace       used 9000K, committed 9300K, reserved 1114112K
            """));
        assertEquals(1234, SystemCalls.parse("1234,,raw_syscalls:sys_enter,1000,100.00,,\n"));
        assertTrue(Double.isNaN(SystemCalls.parse("<not supported>,,raw_syscalls:sys_enter,0,100.00,,\n")));
    }

    @Test
    void shouldWriteJsonThatOthersRead() throws Exception
    {
        String text = new JsonText().beginObject().name("a \"b\"\n").value("\\ü\t").name("n").value(1.5).name("nan")
            .value(
                Double.NaN).name("list").beginArray().value(1).value(true).beginObject().endObject().endArray()
            .endObject()
            .toString();

        JsonNode read = new ObjectMapper().readTree(text);
        assertEquals("\\ü\t", read.get("a \"b\"\n").textValue());
        assertEquals(1.5, read.get("n").doubleValue());
        assertTrue(read.get("nan").isNull());
        assertEquals(3, read.get("list").size());
    }

    @Test
    void shouldPrintNumbersWithFourDigits()
    {
        assertEquals("0.4971", LoadReport.number(0.49712));
        assertEquals("12.35", LoadReport.number(12.345678));
        assertEquals("12346", LoadReport.number(12345.678));
        assertEquals("0", LoadReport.number(0));
        assertEquals("-", LoadReport.number(Double.NaN));
    }

    @Test
    void shouldTakeMedians()
    {
        assertEquals(2, Comparison.median(new double[]{9, 1, 2}));
        assertEquals(1.5, Comparison.median(new double[]{9, 1, 2, 0}));
    }

    @Test
    void shouldCountOnFromAnyPosition()
    {
        byte[] key = new byte[32];
        byte[] iv = new byte[16];
        Arrays.fill(iv, 8, 16, (byte)0xff);
        byte[] zeros = new byte[200];
        byte[] whole = new byte[200];
        CtrStream stream = new CtrStream();
        stream.init(key, iv, 0);
        stream.update(zeros, 0, zeros.length, whole, 0);
        for (int position = 0; position < whole.length; position++)
        {
            byte[] rest = whole.clone();
            stream.seek(position);
            stream.update(zeros, 0, whole.length - position, rest, position);
            assertTrue(Arrays.equals(whole, rest), "position " + position);
        }
    }
}
