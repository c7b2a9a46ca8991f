// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The events of {@code docs/flight-recorder.md}, in a recording of a small story. */
final class FlightRecorderTest
{
    private static final long MS = 1_000_000L;

    @TempDir Path folder;

    @Test
    void shouldRecordWhatHappens() throws IOException
    {
        Path file = folder.resolve("proxy.jfr");
        try (Recording recording = new Recording())
        {
            recording.start();
            tellStory();
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().startsWith("io.mtproxy.")).toList();

        assertEquals(List.of("CONNECTING", "NONCE", "HANDSHAKE", "READY", "CLOSED"),
            of(events, "Link").stream().map(event -> event.getString("stage")).limit(5).toList());
        assertEquals("/127.0.0.1:8000", strip(of(events, "Link").getFirst().getString("server")));
        assertEquals(List.of("PEER_RESET"),
            of(events, "LinkClose").stream().map(event -> event.getString("reason")).limit(1).toList());
        RecordedEvent handshake = of(events, "Handshake").getFirst();
        assertEquals(2, handshake.getInt("dcId"));
        RecordedEvent stall = of(events, "Stall").getFirst();
        assertEquals("MIDDLE_PROXY_SILENT", stall.getString("leg"));
        assertTrue(stall.getDuration("stalledFor").toSeconds() >= 10);
        RecordedEvent close = of(events, "Close").getFirst();
        assertEquals("LINK_LOST", close.getString("reason"));
        assertTrue(close.getLong("bytesToDatacenter") >= 64);
        assertEquals(0, of(events, "Reload").size());
    }

    private static String strip(String server)
    {
        return server.substring(server.indexOf('/'));
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name)
    {
        return events.stream().filter(event -> event.getEventType().getName().equals("io.mtproxy." + name)).toList();
    }

    private static void tellStory() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.ABRIDGED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(12_000 * MS);
            proxy.datacenters.get(0).links.forEach(SimulatedDatacenter.Link::reset);
            proxy.advance(10 * MS);
            assertEquals(1, proxy.counter(ProxyCounter.CLOSED_LINK_LOST));
        }
    }
}
