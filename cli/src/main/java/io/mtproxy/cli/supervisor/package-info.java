// SPDX-License-Identifier: Apache-2.0

/**
 * Worker processes and who looks after them (architecture A11): {@link io.mtproxy.cli.supervisor.Supervisor}, and the socket
 * by which verbs speak to it: {@link io.mtproxy.cli.supervisor.ControlSocket}. Knows nothing of what a worker does; one
 * thread starts, watches, replaces and ends them all.
 */
@NullMarked
package io.mtproxy.cli.supervisor;

import org.jspecify.annotations.NullMarked;
