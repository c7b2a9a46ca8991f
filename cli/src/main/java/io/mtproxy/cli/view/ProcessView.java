// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.status.StatusFileReader;

/**
 * One process of a proxy.
 *
 * @param name    of its status file: {@code engine}, or {@code worker-3}.
 * @param reader  of that file.
 * @param isAlive whether it lives, or the last thing that it wrote is read.
 */
public record ProcessView(String name, StatusFileReader reader, boolean isAlive)
{
}
