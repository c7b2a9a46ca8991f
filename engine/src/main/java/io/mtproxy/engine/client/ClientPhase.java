// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

/**
 * Where a client connection stands.
 *
 * <pre>
 *   SNIFF --> FAKE_TLS_HELLO --> OBFUSCATED2_HEADER --> RELAY --> FLUSHING --> CLOSING --> CLOSED
 *     |             |                    |                +--------------------->^
 *     |             |                    +--> DISCARD -------------------------->|
 *     +-------------+--------------------+-------+--> FRONT_WAITING ------------>|
 *                                                +--> FRONTING ----------------->+
 * </pre>
 *
 * Without fronting domains a connection begins with OBFUSCATED2_HEADER and never gets to FRONTING.
 */
enum ClientPhase
{
    /** With domains: waits for the first 9 bytes. [P-TLS-10] Valid: socket, alarm, fake-TLS handshake. */
    SNIFF,
    /** With domains: waits for the rest of what may be a hello. [P-TLS-11] Valid: as SNIFF. */
    FAKE_TLS_HELLO,
    /** With domains: waits until it is known where the domain is. Valid: as SNIFF. */
    FRONT_WAITING,
    /** With domains: copies to the domain and back until both have ended. [P-TLS-60] Valid: socket, fronting relay. */
    FRONTING,
    /**
     * Collects the 64 bytes of the header; with domains, all of the first record after the flight. [P-TLS-31] Valid:
     * socket, deadline, and the partial header if there is one; with domains the fake-TLS handshake instead.
     */
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
