// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The laboratory with the shipped command: that it works and what it writes, never how fast anything is. */
class SoakIT
{
    @TempDir private Path folder;

    @Test
    void shouldMeasureThisProxy() throws Exception
    {
        Path json = folder.resolve("out.json");
        try (DistRun soak = DistRun.start(folder, List.of("soak", "load", "--seconds", "1", "--warm-up", "0",
            "--scenario", "pairs-4,bulk-down-2:fake-tls,connect-4,idle-20", "--json", json.toString())))
        {
            assertEquals(0, soak.exitCode(), soak.err() + soak.out());
            assertEquals("", soak.err());
        }
        JsonNode results = new ObjectMapper().readTree(json.toFile()).get("results");
        assertEquals(4, results.size());
        results.forEach(result -> assertTrue(result.get("clean").booleanValue(), result::toString));
        assertTrue(results.get(0).get("answers").intValue() > 0);
        assertTrue(results.get(1).get("answerBytes").longValue() > 1_000_000);
        assertTrue(results.get(2).get("connects").intValue() > 0);
    }

    /** Every hello offers X25519MLKEM768, and is answered so once the proxy knows that its domain takes it. [P-TLS-22] */
    @Test
    void shouldMeasureHybridHandshakes() throws Exception
    {
        FrontHosts.assumeFree("127.0.0.1", 443);
        Path json = folder.resolve("hybrid.json");
        try (DistRun soak = DistRun.start(folder, List.of("soak", "load", "--seconds", "1", "--warm-up", "0",
            "--scenario", "connect-4:fake-tls-hybrid", "--json", json.toString())))
        {
            assertEquals(0, soak.exitCode(), soak.err() + soak.out());
        }
        JsonNode result = new ObjectMapper().readTree(json.toFile()).get("results").get(0);
        assertTrue(result.get("clean").booleanValue(), result::toString);
        assertTrue(result.get("hybrids").intValue() > 0, result::toString);
        // hellos that are under way at either end of the second are in one of the counts only
        assertEquals(result.get("connects").intValue(), result.get("hybrids").intValue(), 8, result::toString);
    }

    @Test
    void shouldCompareWithTheFloorAndDraw() throws Exception
    {
        Path markdown = folder.resolve("out.md");
        Path svg = folder.resolve("out.svg");
        try (DistRun soak = DistRun.start(folder, List.of("soak", "compare", "--b", "relay", "--alternations", "1",
            "--seconds", "1", "--warm-up", "0", "--scenario", "pairs-4", "--markdown", markdown.toString(), "--svg",
            svg.toString())))
        {
            assertEquals(0, soak.exitCode(), soak.err() + soak.out());
            assertTrue(soak.out().contains("| CPU, µs a pair |"), soak.out());
        }
        assertTrue(Files.readString(markdown).contains("A: ours"));
        assertEquals("svg", DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(svg.toFile())
            .getDocumentElement()
            .getTagName());
    }

    @Test
    void shouldFetchPagesUnderLoad() throws Exception
    {
        Path json = folder.resolve("scrapes.json");
        try (DistRun soak = DistRun.start(folder, List.of("soak", "scrapes", "--scrapes", "7", "--alternations", "2",
            "--seconds", "1", "--warm-up", "0", "--scenario", "pairs-4", "--json", json.toString())))
        {
            assertEquals(0, soak.exitCode(), soak.err() + soak.out());
            assertTrue(soak.out().contains("A: with fetches of /metrics | B: ours"), soak.out());
            assertTrue(soak.out().contains("14 pages of "), soak.out());
        }
        JsonNode comparison = new ObjectMapper().readTree(json.toFile()).get("comparisons").get(0);
        assertEquals(2, comparison.get("a").size(), comparison::toString);
        assertEquals(2, comparison.get("b").size(), comparison::toString);
    }

    @Test
    void shouldSayThatThereIsNoSuchPage() throws Exception
    {
        try (DistRun soak = DistRun.start(folder, List.of("soak", "scrapes", "--page", "/tea", "--seconds", "1",
            "--warm-up", "0", "--scenario", "pairs-4")))
        {
            assertEquals(1, soak.exitCode());
            assertTrue(soak.err().contains("the page /tea cannot be had"), soak.err());
        }
    }

    @Test
    void shouldSayWhyAProxyDoesNotRun() throws Exception
    {
        try (DistRun soak = DistRun.start(folder, List.of("soak", "load", "--proxy", "ours --threads no")))
        {
            assertEquals(1, soak.exitCode());
            assertTrue(soak.err().contains("has not come up"), soak.err());
            assertTrue(soak.err().contains("--threads"), soak.err());
            assertEquals("", soak.out());
        }
    }
}
