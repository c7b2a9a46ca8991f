// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

/**
 * Where a client connection stands.
 *
 * <pre>
 *   OBFUSCATED2_HEADER --> RELAY --> FLUSHING --> CLOSING --> CLOSED
 *           |                +--------------------->^
 *           +--> DISCARD -------------------------->+
 * </pre>
 */
enum ClientPhase
{
    /** Collects the 64 bytes of the header. Valid: socket, deadline, and the partial header if there is one. */
    OBFUSCATED2_HEADER,
    /** Relays frames both ways. Valid: ciphers, codec, DC id, secret; once bound also server and link. */
    RELAY,
    /** No secret opened the header: reads and throws away, silently, until the deadline. [P-OBF-17] Valid: socket. */
    DISCARD,
    /** The datacenter side has closed it: writes what is queued and reads no more. [P-RPC-67] Valid: as RELAY. */
    FLUSHING,
    /** The socket is closed, but the ring still has to take the rest of a frame or the news of the end. */
    CLOSING,
    /** Everything is given back. Nothing is valid. */
    CLOSED
}
