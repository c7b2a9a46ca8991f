// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mtproxy.engine.config.NatRules.Rule;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatRulesTest
{
    @Test
    @DisplayName("[P-RPC-21] exact match, the first rule counts, others stay")
    void shouldTranslateByTheFirstExactMatch()
    {
        NatRules rules = new NatRules(List.of(new Rule(1, 100), new Rule(2, 200), new Rule(1, 101), new Rule(100, 7)));

        assertEquals(100, rules.translate(1));
        assertEquals(200, rules.translate(2));
        assertEquals(3, rules.translate(3));
        assertEquals(-1, NatRules.NONE.translate(-1));
    }

    @Test
    @DisplayName("[P-RPC-21] [C-LIM-06] 16 rules at most")
    void shouldTakeSixteenRules()
    {
        assertEquals(2, new NatRules(Collections.nCopies(16, new Rule(1, 2))).translate(1));
        assertThrows(IllegalArgumentException.class,
            () -> new NatRules(Collections.nCopies(17, new Rule(1, 2))));
    }

    @Test
    @DisplayName("[C-CLI-53] LOCAL:GLOBAL of two dotted addresses")
    void shouldParseARule()
    {
        assertEquals(new Rule(0x0a000001, 0xc0000201), Rule.parse("10.0.0.1:192.0.2.1"));
        assertEquals(new Rule(0, -1), Rule.parse("0.0.0.0:255.255.255.255"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "10.0.0.1", "10.0.0.1:", ":10.0.0.1", "10.1:10.0.0.1", "10.0.0.1:10.0.0.256",
        "10.0.0.1:10.0.0.1:10.0.0.1", "10.0.0.01:10.0.0.1", "a.b.c.d:10.0.0.1", "10.0.0.1: 10.0.0.2",
        "10.0.0.1:10.0.0.2.3", "::1:10.0.0.1"})
    @DisplayName("[C-CLI-53] anything else is refused")
    void shouldRefuseWhatIsNoRule(String text)
    {
        assertThrows(IllegalArgumentException.class, () -> Rule.parse(text));
    }
}
