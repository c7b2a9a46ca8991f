// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

/** The groups of key exchange that answers of ours can have, by their numbers and lengths in TLS. [P-TLS-22] */
final class KeyShare
{
    /** X25519. */
    static final int X25519_GROUP = 0x001d;
    /** Bytes of a share, either side. */
    static final int X25519_LENGTH = 32;
    /** X25519MLKEM768: ML-KEM-768 and X25519 in one, the ML-KEM part first. */
    static final int HYBRID_GROUP = 0x11ec;
    /** ML-KEM-768 key that a client offers. */
    static final int ENCAPSULATION_KEY_LENGTH = 1184;
    /** ML-KEM-768 ciphertext that a server answers with. */
    static final int CIPHERTEXT_LENGTH = 1088;
    /** Bytes of a server's share. */
    static final int HYBRID_LENGTH = CIPHERTEXT_LENGTH + X25519_LENGTH;
    /** Bytes of a client's share. */
    static final int HYBRID_CLIENT_LENGTH = ENCAPSULATION_KEY_LENGTH + X25519_LENGTH;

    private KeyShare()
    {
    }
}
