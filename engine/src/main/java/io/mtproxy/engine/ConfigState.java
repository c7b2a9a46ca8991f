// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import java.util.Map;

/**
 * Which configuration is in use, as reports show it. One value, so that its parts change together. [C-REL-12]
 *
 * @param loadedAtEpochMs when it was applied, ms since 1970.
 * @param length          of the file in bytes.
 * @param md5Hex          of the file.
 * @param clusterCount    DC ids that have servers.
 * @param targetCount     middle proxies, each counted once. [C-CFG-07]
 * @param secretCount     client secrets.
 * @param refusedAtEpochMs when a newer one was refused last, ms since 1970; 0 when none was since this one was applied.
 */
public record ConfigState(long loadedAtEpochMs, int length, String md5Hex, int clusterCount, int targetCount,
    int secretCount, long refusedAtEpochMs)
{
    private static final String LOADED_AT = "config.loaded_at_ms";
    private static final String LENGTH = "config.length";
    private static final String MD5 = "config.md5";
    private static final String CLUSTERS = "config.clusters";
    private static final String TARGETS = "config.targets";
    private static final String SECRETS = "config.secrets";
    private static final String REFUSED_AT = "config.refused_at_ms";

    /** One that was just applied. */
    public ConfigState(long loadedAtEpochMs, int length, String md5Hex, int clusterCount, int targetCount,
        int secretCount)
    {
        this(loadedAtEpochMs, length, md5Hex, clusterCount, targetCount, secretCount, 0);
    }

    /** @return the same, after a newer one was refused. [C-REL-11] */
    public ConfigState refused(long nowEpochMs)
    {
        return new ConfigState(loadedAtEpochMs, length, md5Hex, clusterCount, targetCount, secretCount, nowEpochMs);
    }

    /** @return how fresh it is. */
    public ConfigTimes times()
    {
        return new ConfigTimes(loadedAtEpochMs, refusedAtEpochMs);
    }

    /** @return lines for the status file. */
    public String toText()
    {
        return LOADED_AT + '=' + loadedAtEpochMs + '\n' + LENGTH + '=' + length + '\n' + MD5 + '=' + md5Hex + '\n' +
            CLUSTERS + '=' + clusterCount + '\n' + TARGETS + '=' + targetCount + '\n' + SECRETS + '=' + secretCount +
            '\n' + REFUSED_AT + '=' + refusedAtEpochMs + '\n';
    }

    /**
     * Takes what a status file of any process says.
     *
     * @return zeros and an empty digest where it says nothing.
     * @throws NumberFormatException when it is not the text of {@link #toText}.
     */
    public static ConfigState of(Map<String, String> lines)
    {
        return new ConfigState(Long.parseLong(lines.getOrDefault(LOADED_AT, "0")), number(lines, LENGTH),
            lines.getOrDefault(MD5, ""), number(lines, CLUSTERS), number(lines, TARGETS), number(lines, SECRETS),
            Long.parseLong(lines.getOrDefault(REFUSED_AT, "0")));
    }

    private static int number(Map<String, String> lines, String key)
    {
        return Integer.parseInt(lines.getOrDefault(key, "0"));
    }
}
