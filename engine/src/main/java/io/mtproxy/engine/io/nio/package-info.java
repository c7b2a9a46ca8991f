// SPDX-License-Identifier: Apache-2.0

/** The OS seam over Java NIO: sockets and pollers of the operating system. Used by the agent that owns the socket. */
package io.mtproxy.engine.io.nio;
