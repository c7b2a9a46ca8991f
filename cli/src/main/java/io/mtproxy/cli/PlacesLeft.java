// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.List;

/** Warns while more than nine tenths of {@code -C} are used, over all workers. [C-LOG-03] */
final class PlacesLeft
{
    private static final int TENTHS = 10;
    private static final int TENTHS_MANY = 9;

    private final long placeCount;
    private final LogLines log;

    /** @param processCount of which each has as many places. */
    PlacesLeft(EngineConfig config, int processCount, LogLines log)
    {
        this.placeCount = (long)config.clients().clientCountMax() * processCount;
        this.log = log;
    }

    /** Once a second. */
    void check(List<StatusFileReader> readers)
    {
        long used = StatusFileReader.get(readers, ProxyCounter.SPECIAL_CONNECTIONS);
        if (used * TENTHS > placeCount * TENTHS_MANY && placeCount > 0)
        {
            log.warn(used + " of at most " + placeCount + " clients are connected — raise -C, or start one more proxy");
        }
    }
}
