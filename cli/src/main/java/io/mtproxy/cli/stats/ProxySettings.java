// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.EngineConfig;

/**
 * What the report shows of the command line.
 *
 * @param configFileName       as it was given.
 * @param connectionCountMax   {@code -c} as it is in force.
 * @param clientCountMax       {@code -C} likewise, of one process.
 * @param acceptRateMax        {@code --max-accept-rate}.
 * @param messageBuffersLength {@code --msg-buffers-size}.
 * @param windowClamp          {@code -W} as it is in force.
 * @param workerCount          {@code -M}; 0 is a single process.
 * @param isProxyTagSet        whether {@code -P} was given.
 */
public record ProxySettings(String configFileName, int connectionCountMax, int clientCountMax, int acceptRateMax,
    long messageBuffersLength,
    int windowClamp, int workerCount, boolean isProxyTagSet)
{
    /** @return the settings of an engine, each worker having the same. */
    public static ProxySettings of(String configFileName, EngineConfig config, int workerCount)
    {
        return new ProxySettings(configFileName, config.clients().connectionCountMax(),
            config.clients().clientCountMax(), config.clients().acceptRateMax(), config.buffers()
                .messageBuffersLength(),
            config.listening().windowClamp(), workerCount, !config.clients().proxyTag().isEmpty());
    }
}
