// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our proxy plays the parity scripts; both ends must see what they saw with the reference when the transcripts in
 * {@code src/test/resources/parity} were recorded. Needs no reference, and so runs everywhere.
 */
class RecordedParityIT
{
    static List<ParityScript> scripts()
    {
        return ParityScript.all();
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void bothEndsSeeWhatWasRecorded(final ParityScript script) throws IOException, InterruptedException
    {
        final Optional<ProxyUnderTest> ours = ProxyUnderTest.ours();
        assumeTrue(ours.isPresent(), "skipped: there is no main class on the class path and MTPROXY is not set");

        assertEquals(
            String.join("\n", Files.readAllLines(script.recordedFile())),
            String.join("\n", ParityScript.withoutMachineLines(script.play("ours", ours.orElseThrow()))));
    }
}
