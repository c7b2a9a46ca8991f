// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Starts of connections with fake-TLS have the same end in C and in ours, but where a clause hardens that; and an answer has
 * the same fields. What C did is kept in {@code src/test/resources/parity/hello.txt}, so that ours is compared everywhere
 * where root can play a domain; with MTPROXY_REFERENCE set it is run again, and MTPROXY_PARITY_RECORD=true keeps it.
 */
class HelloParityIT
{
    private static final Path RECORDED =
        ProjectFolders.cli().resolve(Path.of("src", "test", "resources", "parity", "hello.txt"));

    /** Silence, a hello that nothing follows, and a header that no secret opens. [P-TLS-30] */
    private static final int HANDED_OVER_EMPTY = 3;

    @TempDir private Path folder;

    @BeforeEach
    void assumePossible() throws IOException, InterruptedException
    {
        HelloRun.assumePossible(folder);
    }

    /** [P-TLS-01] [P-TLS-10..18] [P-TLS-20..24] [P-TLS-30..35] [P-TLS-60] [C-CLT-20] [C-CLT-21] */
    @Test
    void shouldDecideAsRecorded() throws Exception
    {
        assumeTrue(ProxyUnderTest.ours().isPresent(), "skipped: there is no main class on the class path");
        List<HelloCase> cases = HelloScript.cases(System.nanoTime());

        List<String> ours = play(ProxyUnderTest.ours().orElseThrow(), cases);

        assertEquals(text(hardened(Files.readAllLines(RECORDED), cases)), text(ours));
    }

    @Test
    void shouldDecideAsTheReferenceDoes() throws Exception
    {
        Optional<ProxyUnderTest> reference = ProxyUnderTest.reference();
        assumeTrue(reference.isPresent(),
            "skipped: MTPROXY_REFERENCE is not set, so there is no reference proxy to compare with");

        List<String> theirs = play(reference.orElseThrow(), HelloScript.cases(System.nanoTime()));

        if (Boolean.parseBoolean(System.getenv("MTPROXY_PARITY_RECORD")))
        {
            Files.write(RECORDED, theirs);
        }
        assertEquals(text(Files.readAllLines(RECORDED)), text(theirs), "the recorded transcript is out of date");
    }

    private List<String> play(ProxyUnderTest program, List<HelloCase> cases) throws Exception
    {
        try (HelloRun run = HelloRun.start(Files.createDirectory(folder.resolve("run")), program))
        {
            return run.play(cases);
        }
    }

    /** What C did, with the lines in which ours differs by a clause. */
    private static List<String> hardened(List<String> recorded, List<HelloCase> cases)
    {
        List<String> lines = new ArrayList<>(recorded);
        for (int i = 0; i < cases.size(); i++)
        {
            HelloCase one = cases.get(i);
            if (!one.hardening().isEmpty())
            {
                lines.set(i, one.name() + ": " + one.ours());
            }
        }
        // what was thrown away reaches no domain; C hands it over when nothing came after it [P-TLS-33]
        lines.set(cases.size(), HelloRun.unnamed(HANDED_OVER_EMPTY, List.of()));
        return lines;
    }

    private static String text(List<String> lines)
    {
        return String.join("\n", lines);
    }
}
