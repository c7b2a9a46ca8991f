// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * Many random lives of a proxy. More of them: {@code -Dmtproxy.sim.seeds=100000}; one again:
 * {@code -Dmtproxy.sim.seed=N}.
 */
final class SeededSimulationTest
{
    private static final long SEED_COUNT = Long.getLong("mtproxy.sim.seeds", 1000L);
    private static final long SEED_FIRST = Long.getLong("mtproxy.sim.first", 1L);

    @Test
    void shouldKeepEveryByteInEveryLife() throws IOException
    {
        Long single = Long.getLong("mtproxy.sim.seed");
        long first = single == null ? SEED_FIRST : single;
        long count = single == null ? SEED_COUNT : 1;
        assertTrue(count > 0, "mtproxy.sim.seeds must be positive");
        for (long seed = first; seed < first + count; seed++)
        {
            try
            {
                new SeededRun(seed).run();
            }
            catch (AssertionError | RuntimeException e)
            {
                throw new AssertionError("seed " + seed + " fails (mvn test -pl engine -am " +
                    "-Dtest=SeededSimulationTest -Dsurefire.failIfNoSpecifiedTests=false -Dmtproxy.sim.seed=" + seed +
                    "): " + e.getMessage(), e);
            }
        }
    }
}
