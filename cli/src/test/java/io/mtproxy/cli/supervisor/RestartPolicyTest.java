// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** [C-LIFE-13] */
class RestartPolicyTest
{
    private final RestartPolicy policy = new RestartPolicy();

    @Test
    void shouldReplaceAtOnceWhoHadLivedForLong()
    {
        assertEquals(0, policy.onEnd(RestartPolicy.LIFE_MS_GOOD));
        assertEquals(0, policy.onEnd(RestartPolicy.LIFE_MS_GOOD + 1));
    }

    @Test
    void shouldWaitLongerAndLongerForWhoDiesSoon()
    {
        assertEquals(0, policy.onEnd(5));
        assertEquals(RestartPolicy.DELAY_MS_MIN, policy.onEnd(5));
        assertEquals(2 * RestartPolicy.DELAY_MS_MIN, policy.onEnd(5));
        for (int i = 0; i < 100; i++)
        {
            policy.onEnd(5);
        }
        assertEquals(RestartPolicy.DELAY_MS_MAX, policy.onEnd(5));
        assertEquals(0, policy.onEnd(RestartPolicy.LIFE_MS_GOOD));
    }
}
