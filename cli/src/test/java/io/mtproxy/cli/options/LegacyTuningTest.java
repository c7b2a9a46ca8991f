// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LegacyTuningTest
{
    private static LegacyTuning parse(String line)
    {
        return new ArgumentLine("mtproto-proxy").parse((line + " conf").split(" ", -1)).tuning();
    }

    /** [C-CLI-43] [C-CLI-45] [C-CLI-48] [C-CLI-49] [C-CLI-50] [C-CLI-51] [C-CLI-52] [C-CLI-64] [C-BUG-14] */
    @Test
    void shouldAcceptWhatHasNoEffectAndNameIt()
    {
        LegacyTuning tuning = parse("--crc32c --force-dh -T 7.5 --multithread --multithread=0 --cpu-threads 8 " +
            "--io-threads 0 --tcp-cpu-threads -1 --tcp-iothreads 64");

        assertEquals(List.of("--crc32c", "--force-dh", "--ping-interval", "--multithread", "--multithread",
            "--cpu-threads", "--io-threads", "--tcp-cpu-threads", "--tcp-iothreads"), tuning.withoutEffect());
    }

    /** [C-CLI-42] [C-CLI-44] [C-CLI-47] */
    @Test
    void shouldReadWhatConcernsTheStatsPort()
    {
        LegacyTuning tuning = parse("--allow-skip-dh --disable-tcp --max-dh-accept-rate 20");
        assertTrue(tuning.isSkipDhAllowed());
        assertTrue(tuning.isTcpDisabled());
        assertEquals(20, tuning.dhAcceptRateMax());

        LegacyTuning unset = parse("-v");
        assertFalse(unset.isSkipDhAllowed());
        assertFalse(unset.isTcpDisabled());
        assertEquals(0, unset.dhAcceptRateMax());
        assertEquals(0, parse("--max-dh-accept-rate -5").dhAcceptRateMax());
    }

    /** [C-CLI-49] [C-CLI-50] [C-CLI-11] */
    @ParameterizedTest
    @ValueSource(strings = {"--cpu-threads 65", "--io-threads 1000", "--tcp-cpu-threads x", "--max-dh-accept-rate 2x"})
    void shouldRefuseWhatIsNoCount(String line)
    {
        assertThrows(OptionException.class, () -> parse(line));
    }
}
