// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

/**
 * Where a link stands: {@code CONNECTING → NONCE → HANDSHAKE → READY → DRAINING → CLOSED}, from each straight to CLOSED.
 * Each member names what of a {@link DatacenterLink} is valid in it, beside the socket, its key and the deadline.
 */
public enum LinkPhase
{
    /** TCP is being connected; nothing has been sent. Must end within 3 s. [P-RPC-36] */
    CONNECTING,
    /** Our nonce is sent, in clear; the handshake holds it. Reader and writer know no keys. [P-RPC-11] */
    NONCE,
    /** The server's nonce was right: keys are set, our handshake is sent. With NONCE at most 3 s. [P-RPC-31] */
    HANDSHAKE,
    /** Clients can be bound and frames cross; from here on there is no deadline. [P-RPC-36] */
    READY,
    /** The server left the configuration: as READY for those bound, but nobody new; closed at the deadline. */
    DRAINING,
    /** No socket, no chunks. Clients may still be bound until each has been told. [P-CON-22] */
    CLOSED
}
