// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code stat --json}, read by a library of others. */
class StatJsonTest
{
    private static final long NOW_MS = 1_795_600_000_000L;
    private static final JsonMapper JSON = JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    @Test
    void shouldShowEverything() throws Exception
    {
        StatusFile file =
            StatusFile.inMemory(List.of("client-0", "datacenter-0"), "version=a \"b\\\tc\n", () -> NOW_MS);
        FullStatus.fill(file, 3, 2);
        file.errorLog().record(new IllegalStateException("broken \u0001\n\"thing\""));

        JsonNode root = JSON.readTree(StatJson.text(Snapshot.of(new ProxyView("443", List.of(new ProcessView("engine",
            file.reader(), true)), List.of()), NOW_MS + 5)));

        assertEquals("443", root.get("proxy").asText());
        assertEquals("runs", root.get("state").asText());
        assertEquals(NOW_MS + 5, root.get("time_ms").asLong());
        assertEquals("a \"b\\\tc", root.get("version").asText());
        assertEquals(ProxyCounter.count(), root.get("counters").size());
        assertEquals(101, root.get("counters").get("frames_to_datacenter").asLong());
        assertEquals(1_000_000, root.get("latencies").get("handshake").get("max_ns").asLong());
        assertEquals("engine", root.get("processes").get(0).get("name").asText());
        assertEquals(2, root.get("datacenters").size());
        assertEquals(1, root.get("datacenters").get(0).get("stalls").get("middle_proxy_silent").asLong());
        assertEquals(3, root.get("secrets").size());
        assertEquals("192.0.2.1:8888", root.get("links").get(0).get("server").asText());
        assertEquals("link_congested", root.get("stalls").get(0).get("leg").asText());
        assertTrue(root.get("errors").get(0).get("title").asText().contains("broken \u0001"));
    }
}
