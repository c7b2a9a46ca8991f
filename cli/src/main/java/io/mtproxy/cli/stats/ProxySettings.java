// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.EngineConfig;
import java.util.function.UnaryOperator;

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
    private static final String CONNECTIONS = "settings.connection_count_max";
    private static final String CLIENTS = "settings.client_count_max";
    private static final String ACCEPT_RATE = "settings.accept_rate_max";
    private static final String BUFFERS = "settings.message_buffers_length";
    private static final String WINDOW = "settings.window_clamp";
    private static final String WORKERS = "settings.worker_count";
    private static final String TAG = "settings.proxy_tag_set";
    private static final String CONFIG = "config";

    /** @return lines for the status file, from which other processes show them. */
    public String toText()
    {
        return CONFIG + '=' + configFileName + '\n' + CONNECTIONS + '=' + connectionCountMax + '\n' +
            CLIENTS + '=' + clientCountMax + '\n' + ACCEPT_RATE + '=' + acceptRateMax + '\n' +
            BUFFERS + '=' + messageBuffersLength + '\n' + WINDOW + '=' + windowClamp + '\n' +
            WORKERS + '=' + workerCount + '\n' + TAG + '=' + isProxyTagSet + '\n';
    }

    /**
     * Takes what a status file says.
     *
     * @param value of a key, empty where the file has none.
     * @return zeros where it says nothing.
     */
    public static ProxySettings of(UnaryOperator<String> value)
    {
        return new ProxySettings(value.apply(CONFIG), (int)number(value, CONNECTIONS), (int)number(value, CLIENTS),
            (int)number(value, ACCEPT_RATE), number(value, BUFFERS), (int)number(value, WINDOW),
            (int)number(value, WORKERS), Boolean.parseBoolean(value.apply(TAG)));
    }

    private static long number(UnaryOperator<String> value, String key)
    {
        String text = value.apply(key);
        return text.matches("-?[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    /** @return the settings of an engine, each worker having the same. */
    public static ProxySettings of(String configFileName, EngineConfig config, int workerCount)
    {
        return new ProxySettings(configFileName, config.clients().connectionCountMax(),
            config.clients().clientCountMax(), config.clients().acceptRateMax(), config.buffers()
                .messageBuffersLength(),
            config.listening().windowClamp(), workerCount, !config.clients().proxyTag().isEmpty());
    }
}
