// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules as an operator writes them. */
class FrontPolicyTest
{
    @ParameterizedTest
    @EnumSource
    void shouldChangeOneReasonOnly(FrontReason reason)
    {
        FrontPolicy policy = FrontPolicy.SPLICE_ALL.with(reason.word() + "=drop");
        for (FrontReason any : FrontReason.values())
        {
            assertEquals(any == reason ? FrontPolicy.Action.DROP : FrontPolicy.Action.SPLICE, policy.action(any));
        }
        assertEquals(FrontPolicy.SPLICE_ALL, policy.with(reason.word() + "=splice"));
        assertEquals(FrontPolicy.Action.ALERT, policy.with(reason.word() + "=alert").action(reason));
    }

    @Test
    void shouldSayWhatCouldHaveBeenSaid()
    {
        assertProblem("digests=drop", "\"digests\" is no reason, these are: silence, not-tls, unknown-name");
        assertProblem("", "\"\" is no reason");
        assertProblem("=drop", "\"\" is no reason");
        assertProblem("clock", "write clock=splice, =drop or =alert");
        assertProblem("clock=reset", "\"clock=reset\" says not what to do");
        assertProblem("CLOCK=drop", "\"CLOCK\" is no reason");
    }

    private static void assertProblem(String rule, String expected)
    {
        IllegalArgumentException problem =
            assertThrows(IllegalArgumentException.class, () -> FrontPolicy.SPLICE_ALL.with(rule));
        assertTrue(String.valueOf(problem.getMessage()).contains(expected), problem.getMessage());
    }
}
