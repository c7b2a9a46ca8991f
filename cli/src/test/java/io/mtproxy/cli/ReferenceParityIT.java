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
 * The same scripts run with the reference proxy and with ours: both ends must see the same, field by field.
 * <p>
 * The environment variable MTPROXY_REFERENCE names the reference's binary; without it these tests are skipped. Where
 * our proxy cannot be started, the reference is compared with itself, which shows that the scripts repeat. With
 * MTPROXY_PARITY_RECORD=true the reference's transcripts replace the recorded ones ({@link RecordedParityIT}).
 */
class ReferenceParityIT
{
    static List<ParityScript> scripts()
    {
        return ParityScript.all();
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void bothEndsSeeTheSameAsWithTheReference(final ParityScript script) throws IOException, InterruptedException
    {
        final Optional<ProxyUnderTest> reference = ProxyUnderTest.reference();
        assumeTrue(reference.isPresent(),
            "skipped: MTPROXY_REFERENCE is not set, so there is no reference proxy to compare with");
        final Optional<ProxyUnderTest> ours = ProxyUnderTest.ours();

        final List<String> expected = script.play("reference", reference.orElseThrow());
        if (Boolean.parseBoolean(System.getenv("MTPROXY_PARITY_RECORD")))
        {
            Files.createDirectories(script.recordedFile().getParent());
            Files.write(script.recordedFile(), ParityScript.withoutMachineLines(expected));
        }
        assertEquals(
            String.join("\n", Files.readAllLines(script.recordedFile())),
            String.join("\n", ParityScript.withoutMachineLines(expected)), "the recorded transcript is out of date");

        final List<String> actual = script.play("compared", ours.or(() -> reference).orElseThrow());

        assertEquals(String.join("\n", expected), String.join("\n", actual));
    }
}
