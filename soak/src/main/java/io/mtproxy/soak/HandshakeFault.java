// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/** How a {@link DatacenterPeer} departs from the rules until its connection is ready. [P-RPC-13] [P-RPC-33] */
public enum HandshakeFault
{
    NONE(true),

    /** Does not answer the nonce. */
    NONCE_SILENT(false),
    /** Sends half of its nonce frame and then nothing. */
    NONCE_HALF(false),
    NONCE_OPCODE(false),
    NONCE_SEQUENCE(false),
    NONCE_CRC(false),
    NONCE_SELECTOR(false),
    /** Schema 0: no encryption. */
    NONCE_SCHEMA_NONE(false),
    /** Schema 2 with the right selector: allowed. */
    NONCE_SCHEMA_EXTRA(true),
    /** Schema 2 with the right selector among two extra ones: allowed. */
    NONCE_SELECTOR_AMONG_EXTRA(true),
    /** Schema 2 with the right selector nowhere. */
    NONCE_SELECTOR_NOWHERE(false),
    /** Schema 3 although nobody asked. */
    NONCE_SCHEMA_DH(false),
    NONCE_SCHEMA_UNKNOWN(false),
    /** 30 s before the client's time: allowed. */
    NONCE_TIME_EARLIEST(true),
    /** 30 s after the client's time: allowed. */
    NONCE_TIME_LATEST(true),
    NONCE_TIME_TOO_EARLY(false),
    NONCE_TIME_TOO_LATE(false),
    /** Four bytes too many for the schema. */
    NONCE_LENGTH(false),
    /** Clear bytes behind the nonce frame. */
    NONCE_TRAILING(false),

    HANDSHAKE_SILENT(false),
    HANDSHAKE_HALF(false),
    HANDSHAKE_OPCODE(false),
    HANDSHAKE_SEQUENCE(false),
    HANDSHAKE_CRC(false),
    HANDSHAKE_LENGTH(false),
    /** A flag among the low eight bits. */
    HANDSHAKE_FLAG_LOW(false),
    /** Unknown flags above: allowed. */
    HANDSHAKE_FLAG_HIGH(true),
    HANDSHAKE_PEER_PID(false),
    /** All-zero peer PID: allowed. [P-RPC-34] */
    HANDSHAKE_PEER_PID_ZERO(true),
    /** RPC_HANDSHAKE_ERROR in place of the handshake. [P-RPC-35] */
    HANDSHAKE_ERROR(false),
    /** The middle proxy's half of the encrypted stream is made with wrong keys. */
    HANDSHAKE_KEYS(false);

    private final boolean allowed;

    HandshakeFault(boolean allowed)
    {
        this.allowed = allowed;
    }

    /** Whether a proxy must get ready in spite of it. */
    public boolean isAllowed()
    {
        return allowed;
    }
}
