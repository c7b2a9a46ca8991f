// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.config.ProxyMultiConf;

/**
 * The configuration in use, as the report shows it.
 *
 * @param fileName        as given on the command line.
 * @param loadedEpochSeconds when it was applied.
 * @param length          of the file in bytes.
 * @param md5Hex          of the file.
 * @param clusterCount    distinct DCs.
 * @param secretCount     client secrets. [C-STAT-03]
 */
public record ConfigState(String fileName, long loadedEpochSeconds, int length, String md5Hex, int clusterCount,
    int secretCount)
{
    /** @return the state that a file makes. */
    public static ConfigState of(String fileName, ProxyMultiConf conf, int secretCount, long loadedEpochSeconds)
    {
        return new ConfigState(fileName, loadedEpochSeconds, conf.length(), conf.md5Hex(), conf.clusters().size(),
            secretCount);
    }
}
