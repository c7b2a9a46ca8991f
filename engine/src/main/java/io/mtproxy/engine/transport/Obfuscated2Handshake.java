// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.Digests;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads a client's obfuscated2 header, finds the secret that opens it and keys both streams. [P-OBF-10..19]
 *
 * <pre>
 *   0        8                      40             56        60      62       64
 *   +--------+----------------------+--------------+---------+-------+--------+
 *   | random | key seed             | IV           | tag     | DC id | random |
 *   +--------+----------------------+--------------+---------+-------+--------+
 *            |<------------- M ------------------->|<------ encrypted ------->|
 * </pre>
 *
 * One for each client agent, used for one header after the other; the result stays readable until the next call.
 */
public final class Obfuscated2Handshake
{
    /** Length of the header in bytes. */
    public static final int HEADER_LENGTH = 64;

    private static final int MIDDLE_OFFSET = 8;
    private static final int MIDDLE_LENGTH = AesCtrStream.KEY_LENGTH + AesCtrStream.IV_LENGTH;
    private static final int TAG_OFFSET = MIDDLE_OFFSET + MIDDLE_LENGTH;
    private static final int DC_ID_OFFSET = TAG_OFFSET + Integer.BYTES;

    private final Digests digests;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[HEADER_LENGTH]);
    private final UnsafeBuffer plain = new UnsafeBuffer(new byte[HEADER_LENGTH]);
    private final byte[] keyInput = new byte[AesCtrStream.KEY_LENGTH + Secret.LENGTH];
    private final byte[] key = new byte[AesCtrStream.KEY_LENGTH];
    private final byte[] iv = new byte[AesCtrStream.IV_LENGTH];

    private boolean accepted;
    private FrameCodec frameCodec = AbridgedFrames.INSTANCE;
    private int dcId;
    private int secretIndex = SecretList.NO_POSITION;

    /** Makes one for the agent that owns the digests. */
    public Obfuscated2Handshake(Digests digests)
    {
        this.digests = digests;
    }

    /**
     * Reads the header and tries the secrets in their order, each on the header as it was received. [P-OBF-15]
     * Nothing is refused for its first 56 bytes. [P-OBF-19]
     *
     * @param buffer  holding the bytes received so far; read, never written.
     * @param offset  of the header's first byte.
     * @param length  in bytes; below 64 the answer is NEED_MORE and nothing is looked at. [P-OBF-18]
     * @param secrets to try; an empty list means keys without a secret. [P-OBF-12]
     * @param likely  position of the one to try first; {@link SecretList#NO_POSITION} for none.
     * @param receive keyed and moved behind the header if ACCEPTED; closed if REJECTED.
     * @param send    keyed, at position 0, if ACCEPTED; else left alone. [P-OBF-13]
     * @return ACCEPTED (frame codec, DC id and secret index readable here), NEED_MORE, or REJECTED.
     */
    public HandshakeResult decode(DirectBuffer buffer, int offset, int length, SecretList secrets, int likely,
        AesCtrStream receive, AesCtrStream send)
    {
        accepted = false;
        if (length < HEADER_LENGTH)
        {
            return HandshakeResult.NEED_MORE;
        }

        header.putBytes(0, buffer, offset, HEADER_LENGTH);
        try
        {
            accepted = tryAll(secrets, likely, receive, send);
        }
        finally
        {
            zero();
        }
        if (accepted)
        {
            return HandshakeResult.ACCEPTED;
        }

        receive.close();
        return HandshakeResult.REJECTED;
    }

    /** Framing that the client asked for; valid after ACCEPTED. [P-OBF-14] */
    public FrameCodec frameCodec()
    {
        assert accepted;
        return frameCodec;
    }

    /** DC that the client asked for, negative for media, any i16; valid after ACCEPTED. [P-OBF-16] */
    public int dcId()
    {
        assert accepted;
        return dcId;
    }

    /** Position of the secret in the list, {@link SecretList#NO_POSITION} if that is empty; valid after ACCEPTED. [P-OBF-15] */
    public int secretIndex()
    {
        assert accepted;
        return secretIndex;
    }

    private boolean tryAll(SecretList secrets, int likely, AesCtrStream receive, AesCtrStream send)
    {
        readReceiveSeed();
        if (secrets.size() == 0)
        {
            return tryOne(secrets, SecretList.NO_POSITION, receive, send);
        }

        if (likely >= 0 && likely < secrets.size() && tryOne(secrets, likely, receive, send))
        {
            return true;
        }
        for (int i = 0; i < secrets.size(); i++)
        {
            if (i != likely && tryOne(secrets, i, receive, send))
            {
                return true;
            }
        }
        return false;
    }

    private boolean tryOne(SecretList secrets, int index, AesCtrStream receive, AesCtrStream send)
    {
        initStream(receive, secrets, index);
        receive.update(header, 0, plain, 0, HEADER_LENGTH);

        int tag = plain.getInt(TAG_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (!FrameCodec.isTag(tag))
        {
            return false;
        }

        readSendSeed();
        initStream(send, secrets, index);

        frameCodec = FrameCodec.ofTag(tag);
        dcId = plain.getShort(DC_ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
        secretIndex = index;
        return true;
    }

    /** Client to proxy: M as it is. [P-OBF-11] */
    private void readReceiveSeed()
    {
        header.getBytes(MIDDLE_OFFSET, keyInput, 0, AesCtrStream.KEY_LENGTH);
        header.getBytes(MIDDLE_OFFSET + AesCtrStream.KEY_LENGTH, iv, 0, AesCtrStream.IV_LENGTH);
    }

    /** Proxy to client: M backwards. [P-OBF-11] */
    private void readSendSeed()
    {
        int lastOffset = MIDDLE_OFFSET + MIDDLE_LENGTH - 1;
        for (int i = 0; i < AesCtrStream.KEY_LENGTH; i++)
        {
            keyInput[i] = header.getByte(lastOffset - i);
        }
        for (int i = 0; i < AesCtrStream.IV_LENGTH; i++)
        {
            iv[i] = header.getByte(lastOffset - AesCtrStream.KEY_LENGTH - i);
        }
    }

    /** Makes the key of the seed and the secret, and starts the stream with it. [P-OBF-12] [P-OBF-13] */
    private void initStream(AesCtrStream stream, SecretList secrets, int index)
    {
        if (index == SecretList.NO_POSITION)
        {
            System.arraycopy(keyInput, 0, key, 0, AesCtrStream.KEY_LENGTH);
        }
        else
        {
            secrets.get(index).copyTo(keyInput, AesCtrStream.KEY_LENGTH);
            digests.sha256(keyInput, 0, keyInput.length, key, 0);
        }
        stream.init(key, iv);
    }

    private void zero()
    {
        header.setMemory(0, HEADER_LENGTH, (byte)0);
        plain.setMemory(0, HEADER_LENGTH, (byte)0);
        Arrays.fill(keyInput, (byte)0);
        Arrays.fill(key, (byte)0);
        Arrays.fill(iv, (byte)0);
    }
}
