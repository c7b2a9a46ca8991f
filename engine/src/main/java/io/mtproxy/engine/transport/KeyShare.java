// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.Curve25519Points;
import io.mtproxy.crypto.MlKem768;
import io.mtproxy.crypto.RandomSource;

/**
 * Makes the key share of an answer: X25519, or X25519MLKEM768 with a valid answer to the client's ML-KEM key. [P-TLS-22]
 * Nobody of ours needs the secrets behind it. One for each client agent.
 */
final class KeyShare
{
    /** X25519. */
    static final int X25519_GROUP = 0x001d;
    /** Bytes of a share, either side. */
    static final int X25519_LENGTH = Curve25519Points.LENGTH;
    /** X25519MLKEM768: ML-KEM-768 and X25519 in one, the ML-KEM part first. */
    static final int HYBRID_GROUP = 0x11ec;
    /** Bytes of a server's share. */
    static final int HYBRID_LENGTH = MlKem768.CIPHERTEXT_LENGTH + X25519_LENGTH;
    /** Bytes of a client's share. */
    static final int HYBRID_CLIENT_LENGTH = MlKem768.KEY_LENGTH + X25519_LENGTH;

    private final Curve25519Points points;
    private final MlKem768 mlKem;

    KeyShare(RandomSource random)
    {
        points = new Curve25519Points(random);
        mlKem = new MlKem768(random);
    }

    /** Writes a share of {@link #X25519_LENGTH} bytes. */
    void nextX25519(byte[] out, int offset)
    {
        points.next(out, offset);
    }

    /**
     * Writes a share of {@link #HYBRID_LENGTH} bytes.
     *
     * @param clientShare the client's share, of {@link #HYBRID_CLIENT_LENGTH} bytes.
     * @return false when the client's ML-KEM key is none; nothing is written then.
     */
    boolean nextHybrid(byte[] clientShare, int clientOffset, byte[] out, int offset)
    {
        if (!mlKem.encapsulate(clientShare, clientOffset, out, offset))
        {
            return false;
        }
        points.next(out, offset + MlKem768.CIPHERTEXT_LENGTH);
        return true;
    }

    /** Copies the ML-KEM secret of the last hybrid share, for tests that open it as a client. */
    void copyMlKemSecret(byte[] out, int offset)
    {
        mlKem.copySecret(out, offset);
    }
}
