// SPDX-License-Identifier: Apache-2.0

/** The OS seam over Linux' own calls: sockets and pollers. Used by the agent that owns the socket. */
package io.mtproxy.engine.io.epoll;
