// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each clause of {@code docs/spec} is in a test, or in {@code docs/spec/open-clauses.tsv} with the reason why not.
 *
 * <p>A test cites a clause by its id, several in a row as {@code C-XXX-01..03} would be written. The list is brought up
 * to date, reasons kept, by
 * <pre>
 * mvn -q test -pl cli -am -Dtest=SpecCoverageTest -Dsurefire.failIfNoSpecifiedTests=false -Dmtproxy.open-clauses=write
 * </pre>
 */
class SpecCoverageTest
{
    private static final Path ROOT = root();
    private static final Path OPEN_CLAUSES = ROOT.resolve("docs/spec/open-clauses.tsv");
    private static final String OPEN_CLAUSES_HEADER = "clause\tstatus\treason";

    /** Family of clauses, and why those without a test are open; nothing where each must have one. */
    private static final Map<String, String> FAMILIES = new TreeMap<>(Map.ofEntries(
        Map.entry("P-OBF", ""), Map.entry("P-PAY", ""), Map.entry("P-RPC", ""), Map.entry("P-CON", ""),
        Map.entry("P-NET", ""), Map.entry("C-CFG", ""),
        Map.entry("P-TLS", "open\tfake-TLS"),
        Map.entry("P-EXT", "open\textensions beyond the C program"),
        Map.entry("C-GEN", "open\toperating contract"), Map.entry("C-CLI", "open\toperating contract"),
        Map.entry("C-EXIT", "open\toperating contract"), Map.entry("C-REL", "open\toperating contract"),
        Map.entry("C-LIFE", "open\toperating contract"), Map.entry("C-SIG", "open\toperating contract"),
        Map.entry("C-LOG", "open\toperating contract"), Map.entry("C-CLT", "open\toperating contract"),
        Map.entry("C-MID", "open\toperating contract"), Map.entry("C-LIM", "open\toperating contract"),
        Map.entry("C-BUG", "open\toperating contract"),
        Map.entry("C-HTTP", "open\tstats views"), Map.entry("C-STAT", "open\tstats views"),
        Map.entry("C-DOCK", "open\tcontainer image"),
        Map.entry("C-DIF", "left-out\tbackground: how the two C programs differ")));

    private static final Pattern DEFINITION = Pattern.compile(
        "\\*\\*([PC]-[A-Z]+-\\d+)\\*\\*|^\\| ([PC]-[A-Z]+-\\d+) \\||\\*\\*[^*|]*\\(([PC]-[A-Z]+-\\d+)\\)",
        Pattern.MULTILINE);
    private static final Pattern CITATION = Pattern.compile(
        "\\b(" + String.join("|", FAMILIES.keySet()) + ")-(\\d+)(?:\\.\\.(?:\\1-)?(\\d+))?\\b");
    private static final Pattern HAS_TESTS = Pattern.compile(
        "@(Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate)\\b");
    private static final Set<String> FOLDERS_LEFT_OUT = Set.of(".git", "target", "node_modules");
    private static final Pattern FILES_READ = Pattern.compile(".*\\.(java|mjs|js|sh|md|tsv|json|yml|xml|flags)|[^.]+");

    private final List<Path> files = files();
    private final Set<String> defined = defined();
    private final Set<String> covered = covered();

    @Test
    void shouldReadEveryFamily()
    {
        assertEquals(FAMILIES.keySet(), new TreeSet<>(defined.stream().map(SpecCoverageTest::family).toList()));
    }

    @Test
    void shouldHaveTestOrReasonForEachClause() throws IOException
    {
        Set<String> missing = new TreeSet<>(defined);
        missing.removeAll(covered);
        missing.removeAll(listed().keySet());

        assertTrue(missing.isEmpty(), () -> "Without a test, write one that cites the clause:\n" +
            lines(missing.stream().filter(clause -> FAMILIES.get(family(clause)).isEmpty())) +
            "\nWithout a test, write one or add these lines to " + ROOT.relativize(OPEN_CLAUSES) + ":\n" +
            lines(missing.stream().filter(clause -> !FAMILIES.get(family(clause)).isEmpty())
                .map(clause -> clause + "\t" + FAMILIES.get(family(clause)))));
    }

    @Test
    void shouldListNoClauseThatHasTest() throws IOException
    {
        assertEquals("", lines(listed().keySet().stream().filter(covered::contains)),
            "These have a test now, take them out of " + ROOT.relativize(OPEN_CLAUSES));
    }

    @Test
    void shouldGiveStatusAndReasonForEachListedClause() throws IOException
    {
        assertEquals("", lines(listed().values().stream()
            .filter(line -> !line.matches("[PC]-[A-Z]+-\\d+\t(open|left-out)\t\\S.*"))));
        assertEquals("", lines(listed().keySet().stream().filter(clause -> !defined.contains(clause))),
            "There are no such clauses");
        assertEquals(Files.readAllLines(OPEN_CLAUSES).size() - 1, listed().size(), "Some clause is listed twice");
    }

    @Test
    void shouldCiteOnlyClausesThatExist()
    {
        List<String> unknown = new ArrayList<>();
        for (Path file : files)
        {
            String text = read(file);
            Matcher citation = CITATION.matcher(text);
            while (citation.find())
            {
                if (!defined.containsAll(ends(citation)))
                {
                    long line = text.substring(0, citation.start()).lines().count();
                    unknown.add(ROOT.relativize(file) + ":" + line + ": there is no clause " + citation.group());
                }
            }
        }

        assertEquals("", lines(unknown.stream()));
    }

    @Test
    void shouldBringListUpToDateWhenAsked() throws IOException
    {
        assumeTrue("write".equals(System.getProperty("mtproxy.open-clauses")));
        Map<String, String> lines = listed();
        lines.keySet().removeAll(covered);
        lines.keySet().retainAll(defined);
        for (String clause : defined)
        {
            if (!covered.contains(clause) && !FAMILIES.get(family(clause)).isEmpty())
            {
                lines.putIfAbsent(clause, clause + "\t" + FAMILIES.get(family(clause)));
            }
        }
        Files.writeString(OPEN_CLAUSES, OPEN_CLAUSES_HEADER + "\n" + lines(lines.values().stream()) + "\n");
    }

    private Set<String> defined()
    {
        return Stream.of("protocol.md", "contract.md")
            .map(name -> read(ROOT.resolve("docs/spec").resolve(name)))
            .flatMap(text -> DEFINITION.matcher(text).results())
            .map(match -> match.group(1) != null ?
                match.group(1) :
                match.group(2) != null ?
                    match.group(2) :
                    match.group(3))
            .collect(TreeSet::new, Set::add, Set::addAll);
    }

    /** Clauses cited by files that hold tests; what only supports tests does not count, and neither does this file. */
    private Set<String> covered()
    {
        Set<String> cited = new TreeSet<>();
        for (Path file : files)
        {
            String name = file.toString().replace('\\', '/');
            if (name.contains("/src/test/") && !name.endsWith("/SpecCoverageTest.java") &&
                (name.endsWith(".mjs") || name.endsWith(".java") && HAS_TESTS.matcher(read(file)).find()))
            {
                CITATION.matcher(read(file)).results().flatMap(SpecCoverageTest::all).forEach(cited::add);
            }
        }
        cited.retainAll(defined);
        return cited;
    }

    private static Map<String, String> listed() throws IOException
    {
        Map<String, String> lines = new TreeMap<>();
        if (!Files.exists(OPEN_CLAUSES))
        {
            return lines;
        }
        Files.readAllLines(OPEN_CLAUSES).stream().skip(1).forEach(line -> lines.put(line.split("\t", 2)[0], line));
        return lines;
    }

    /** First and last clause of a citation, which must exist; of those between, only some may. */
    private static List<String> ends(MatchResult citation)
    {
        String first = citation.group(1) + "-" + citation.group(2);
        return citation.group(3) == null ?
            List.of(first) :
            List.of(first, citation.group(1) + "-" + citation.group(3));
    }

    private static Stream<String> all(MatchResult citation)
    {
        int first = Integer.parseInt(citation.group(2));
        int last = citation.group(3) == null ? first : Integer.parseInt(citation.group(3));
        return IntStream.rangeClosed(first, last).mapToObj(number -> "%s-%02d".formatted(citation.group(1), number));
    }

    private static String family(String clause)
    {
        return clause.substring(0, clause.lastIndexOf('-'));
    }

    private static String lines(Stream<String> lines)
    {
        return lines.collect(joining("\n"));
    }

    private static String read(Path file)
    {
        try
        {
            return Files.readString(file, UTF_8);
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static List<Path> files()
    {
        List<Path> found = new ArrayList<>();
        try
        {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>()
            {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                {
                    return FOLDERS_LEFT_OUT.contains(folder.getFileName().toString()) ?
                        FileVisitResult.SKIP_SUBTREE :
                        FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                {
                    if (attributes.isRegularFile() && FILES_READ.matcher(file.getFileName().toString()).matches())
                    {
                        found.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static Path root()
    {
        String named = System.getProperty("mtproxy.root");
        Path folder = Path.of(named == null ? "" : named).toAbsolutePath().normalize();
        while (!Files.exists(folder.resolve("docs/spec/protocol.md")))
        {
            folder = folder.getParent();
            if (folder == null)
            {
                throw new IllegalStateException("no docs/spec above the working directory");
            }
        }
        return folder;
    }
}
