// SPDX-License-Identifier: Apache-2.0
/** The OS seam: sockets and pollers as the agents see them. Runs on the thread of the agent that owns the socket. */
package io.mtproxy.engine.io;
