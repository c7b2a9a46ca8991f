// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

/**
 * How fresh a configuration is, as {@link ConfigState} shows it.
 *
 * @param loadedAtEpochMs  when it was applied, ms since 1970.
 * @param refusedAtEpochMs when a newer one was refused last, ms since 1970; 0 when none was.
 */
public record ConfigTimes(long loadedAtEpochMs, long refusedAtEpochMs)
{
}
