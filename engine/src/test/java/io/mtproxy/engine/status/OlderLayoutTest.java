// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.api.LatencyMetric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library against a file that an earlier version has written: layout 1.0, in which every counter of agent {@code a} has
 * the value {@code 10 * id + a}. Written on a little-endian machine, as nearly all are.
 */
class OlderLayoutTest
{
    @TempDir Path folder;
    private Path path;

    @BeforeEach
    void unpack() throws IOException
    {
        path = folder.resolve("engine.status");
        try (InputStream packed = OlderLayoutTest.class.getResourceAsStream("/status/layout-1.0.status.gz"))
        {
            assertNotNull(packed);
            Files.write(path, new GZIPInputStream(packed).readAllBytes());
        }
        Files.createFile(folder.resolve("engine.status.lock"));
    }

    @Test
    void shouldReadWhatItHas() throws IOException
    {
        StatusFileReader reader = StatusFileReader.open(path);

        assertEquals(List.of("client-0", "datacenter-0", "conductor"),
            List.of(reader.agentName(0), reader.agentName(1), reader.agentName(2)));
        assertEquals("0.9", reader.description().get("version"));
        assertEquals(Map.of("loadedAtEpochMs", "1700000000000", "secretCount", "2"), reader.configuration());
        assertEquals(1510, reader.get(0, ProxyCounter.TCP_READ_BYTES));
        assertEquals(3 * 1510 + 3, reader.get(ProxyCounter.TCP_READ_BYTES));
        assertEquals(2072, reader.get(ProxyCounter.DUTY_CYCLE_NS_MAX));
        assertEquals(StatusState.ENDED, reader.state());
        assertEquals(1_700_000_000_123L, reader.startEpochMs());
        assertEquals(1_700_000_060_000L, reader.heartbeatEpochMs());
        assertFalse(reader.isAlive());
        List<String> errors = new ArrayList<>();
        reader.readErrors((count, first, last, text) -> errors.add(
            count + " " + first + " " + last + " " + text.lines().findFirst().orElse("")));
        assertEquals(List.of("2 1700000000123 1700000060123 java.lang.IllegalStateException: an old error"), errors);
        assertEquals(7, reader.secretAddressCount(0));
        assertEquals(11, reader.secretKeyCount(0));
        assertEquals(1, reader.secretAddressCount(1));
    }

    @Test
    void shouldShowNothingWhereItHasNothing() throws IOException
    {
        StatusFileReader reader = StatusFileReader.open(path);
        StatusReport report = StatusReport.of(List.of(reader));

        assertEquals(0, reader.get(ProxyCounter.ACCEPT_TOKENS_LEFT), "a counter that it did not have");
        assertEquals(1, reader.startCount());
        assertEquals(reader.startEpochMs(), reader.firstStartEpochMs());
        assertEquals(0, report.latency(LatencyMetric.HANDSHAKE).count());
        assertTrue(report.secrets().isEmpty() && report.dcs().isEmpty() && report.links().isEmpty() &&
            report.stalls().isEmpty());
    }

    @Test
    void shouldGoOnWithItsTotals() throws IOException
    {
        try (StatusFile file = StatusFile.create(path, List.of("client-0", "datacenter-0", "conductor"), "",
            () -> 1_700_000_100_000L))
        {
            assertEquals(3 * 1510 + 3, file.reader().get(ProxyCounter.TCP_READ_BYTES));
            assertEquals(0, file.reader().get(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(2, file.reader().startCount());
            assertEquals(1_700_000_000_123L, file.reader().firstStartEpochMs());
        }
    }
}
