// SPDX-License-Identifier: Apache-2.0

/**
 * Worker processes and who looks after them (architecture A11): {@link io.mtproxy.cli.supervisor.Supervisor}. Knows
 * nothing of what a worker does; one thread starts, watches and ends them all.
 */
@NullMarked
package io.mtproxy.cli.supervisor;

import org.jspecify.annotations.NullMarked;
