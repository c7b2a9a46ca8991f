// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

/**
 * Which configuration is in use, as reports show it. One value, so that its parts change together. [C-REL-12]
 *
 * @param loadedAtEpochMs when it was applied, ms since 1970.
 * @param length          of the file in bytes.
 * @param md5Hex          of the file.
 * @param clusterCount    DC ids that have servers.
 * @param targetCount     middle proxies, each counted once. [C-CFG-07]
 * @param secretCount     client secrets.
 */
public record ConfigState(long loadedAtEpochMs, int length, String md5Hex, int clusterCount, int targetCount,
    int secretCount)
{
}
