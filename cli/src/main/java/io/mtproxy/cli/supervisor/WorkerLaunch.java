// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import java.util.List;

/** How workers of one build are started. */
@FunctionalInterface
public interface WorkerLaunch
{
    /**
     * @param number by which the worker is named.
     * @return the command that starts it.
     */
    List<String> command(int number);
}
