// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

/**
 * Bounds on clients.
 *
 * @param clientBufferLength  bytes of memory that may wait for or from one client. [C-LIM-11]
 * @param handshakeTimeoutNs  a connection without an accepted header is closed at a random moment between once and twice
 *                            this; 0 is never. [C-CLT-03]
 * @param flushTimeoutNs      time that a client closed by the middle proxy has to take what is queued. [P-RPC-67]
 */
public record ClientLimits(int clientBufferLength, long handshakeTimeoutNs, long flushTimeoutNs)
{
}
