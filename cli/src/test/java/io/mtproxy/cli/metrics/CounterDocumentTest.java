// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The table of counters in {@code docs/observability.md} is that of the enum: {@code -Dmtproxy.counter-table=write} writes
 * it anew.
 */
class CounterDocumentTest
{
    private static final Path ROOT = Path.of(System.getProperty("mtproxy.root", ".."));
    private static final Path DOCUMENT = ROOT.resolve("docs/observability.md");
    private static final Path ENUM =
        ROOT.resolve("engine/src/main/java/io/mtproxy/engine/status/ProxyCounter.java");
    private static final String HEAD = "| id | kind | label | metric | meaning |\n| --- | --- | --- | --- | --- |\n";

    @Test
    void shouldDocumentEveryCounter() throws IOException
    {
        String text = Files.readString(DOCUMENT);
        int from = text.indexOf(HEAD);
        assertTrue(from > 0, "no table");
        String expected = table();
        if ("write".equals(System.getProperty("mtproxy.counter-table")))
        {
            Files.writeString(DOCUMENT, text.substring(0, from) + expected);
            return;
        }
        assertEquals(expected, text.substring(from),
            "the table differs from the enum: run this test with -Dmtproxy.counter-table=write");
    }

    private static String table() throws IOException
    {
        String source = Files.readString(ENUM);
        StringBuilder table = new StringBuilder(HEAD);
        for (MetricCatalog.Group group : MetricCatalog.GROUPS)
        {
            for (MetricCatalog.Series series : group.series())
            {
                ProxyCounter counter = series.counter();
                String labels = series.labels().isEmpty() ? "" : "{" + series.labels() + "}";
                table.append("| ").append(counter.id()).append(" | ")
                    .append(counter.kind().name().toLowerCase(Locale.ROOT)).append(" | ").append(counter.label())
                    .append(" | `").append(group.family().sampleName()).append(labels).append("` | ")
                    .append(meaning(source, counter)).append(" |\n");
            }
        }
        return table.toString();
    }

    /** The comment above the constant, without its references to clauses. */
    private static String meaning(String source, ProxyCounter counter)
    {
        Matcher matcher = Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s+" + counter.name() + "\\(", Pattern.DOTALL)
            .matcher(source);
        assertTrue(matcher.find(), counter.name());
        return matcher.group(1).replaceAll("\\s*\n\\s*\\* ?", " ").replaceAll("\\{@link #([A-Z_]+)}", "$1")
            .replaceAll("\\{@(?:code|link) ([^}]*)}", "`$1`").replaceAll(" ?\\[[CP]-[A-Z]+-[0-9]+]", "").strip();
    }
}
