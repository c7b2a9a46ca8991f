// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.instances;

import java.nio.file.Path;

/**
 * A proxy that has a folder in the status directory.
 *
 * @param name    of the folder: {@code --instance}, else the first client port.
 * @param folder  with its status files.
 * @param isAlive whether its master, or its only process, lives.
 */
public record Instance(String name, Path folder, boolean isAlive)
{
}
