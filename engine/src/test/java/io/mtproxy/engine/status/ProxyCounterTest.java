// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Test;

class ProxyCounterTest
{
    @Test
    void shouldHaveUniqueIdsLabelsAndLegacyNames()
    {
        Set<Integer> ids = new HashSet<>();
        Set<String> labels = new HashSet<>();
        Set<String> legacyNames = new HashSet<>();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertTrue(ids.add(counter.id()), () -> counter + " has an id that is taken");
            assertTrue(labels.add(counter.label()), () -> counter + " has a label that is taken");
            assertFalse(counter.label().isBlank());
            if (!counter.legacyName().equals(ProxyCounter.NO_LEGACY_NAME))
            {
                assertTrue(legacyNames.add(counter.legacyName()), () -> counter + " has a legacy name that is taken");
            }
        }
    }

    @Test
    void shouldKeepReasonsInTheirIdRanges()
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertEquals(counter.name().startsWith("CLOSED_"), counter.id() >= 300 && counter.id() < 400,
                counter::name);
            assertEquals(counter.name().startsWith("LINK_CLOSED_"), counter.id() >= 400 && counter.id() < 450,
                counter::name);
        }
    }

    /** A typing error in a legacy name would silently drop a line of the report. [C-STAT-01] */
    @Test
    void shouldUseLegacyNamesThatTheReportKnows() throws IOException
    {
        Set<String> keys = new HashSet<>();
        List<String> lines = Files.readAllLines(specFolder().resolve("stats-keys.tsv"));
        for (String line : lines)
        {
            keys.add(line.substring(0, line.indexOf('\t')));
        }
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertTrue(counter.legacyName().isEmpty() || keys.contains(counter.legacyName()), counter::name);
        }
    }

    /** Some stood in every view and were never counted. */
    @Test
    void shouldBeCountedSomewhere() throws IOException
    {
        Path sources = specFolder().resolve("../../engine/src/main/java");
        StringBuilder text = new StringBuilder();
        try (Stream<Path> files = Files.walk(sources))
        {
            for (Path file : (Iterable<Path>)files.filter(path -> path.toString().endsWith(".java"))::iterator)
            {
                text.append(Files.readString(file));
            }
        }
        Set<String> named = Pattern.compile("ProxyCounter\\.([A-Z][A-Z0-9_]+)").matcher(text).results()
            .map(match -> match.group(1)).collect(Collectors.toSet());
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertTrue(named.contains(counter.name()), () -> counter + " is counted nowhere");
        }
    }

    @Test
    void shouldFitIntoLabelsOfTheStatusFile()
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertTrue(counter.label().length() < CountersReader.MAX_LABEL_LENGTH / 2);
            assertTrue(counter.label().chars().allMatch(c -> c >= ' ' && c < 127));
        }
    }

    @Test
    void shouldFindCounterById()
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertSame(counter, ProxyCounter.ofId(counter.id()));
        }
        assertNull(ProxyCounter.ofId(0));
    }

    @Test
    void shouldCombineByKind()
    {
        assertEquals(5, ProxyCounter.Kind.TOTAL.combine(2, 3));
        assertEquals(-1, ProxyCounter.Kind.GAUGE.combine(2, -3));
        assertEquals(3, ProxyCounter.Kind.MAXIMUM.combine(2, 3));
    }

    static Path specFolder()
    {
        Path folder = Path.of(System.getProperty("mtproxy.root", "")).toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("docs/spec")))
        {
            folder = folder.getParent();
        }
        if (folder == null)
        {
            throw new IllegalStateException("no docs/spec above the working directory");
        }
        return folder.resolve("docs/spec");
    }
}
