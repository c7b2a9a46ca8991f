// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Reads what a domain answers to {@link OriginProbeHello}, up to the header of its first encrypted record. [P-TLS-52]
 * What it says is trusted in nothing but its lengths.
 */
public final class OriginAnswer
{
    private static final byte[] RETRY_RANDOM =
        HexFormat.of().parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
    private static final int HEADER_LENGTH = 5;
    private static final int VERSION = 0x0303;
    private static final int RECORD_HANDSHAKE = 0x16;
    private static final int SERVER_HELLO = 2;
    private static final int HELLO_LENGTH_MAX = 4096;
    private static final int EXTENSION_KEY_SHARE = 0x33;
    private static final int KEY_SHARE_LENGTH = 36;
    private static final int EXTENSION_VERSIONS = 0x2b;
    private static final int VERSIONS_LENGTH = 2;
    private static final int EXTENSIONS_LENGTH = 8 + KEY_SHARE_LENGTH + VERSIONS_LENGTH;
    private static final byte[] CHANGE_CIPHER_SPEC = {0x14, 3, 3, 0, 1, 1, 0x17, 3, 3};

    private boolean reversed;
    private int recordLength;
    private String problem = "";

    /** How far the answer got. */
    public enum Result
    {
        /** Nothing wrong yet. */
        NEED_MORE,
        /** All that is wanted is known. */
        COMPLETE,
        /** Not an answer that can be equalled; {@link OriginAnswer#problem} says why. */
        UNUSABLE
    }

    /** Looks at all that has come so far. */
    public Result read(byte[] answer, int length, byte[] hello)
    {
        if (length < HEADER_LENGTH)
        {
            return Result.NEED_MORE;
        }
        int helloLength = u16(answer, 3);
        if (answer[0] != RECORD_HANDSHAKE || u16(answer, 1) != VERSION || helloLength > HELLO_LENGTH_MAX)
        {
            return unusable("it answers with something else than a ServerHello");
        }
        int helloEnd = HEADER_LENGTH + helloLength;
        int wanted = helloEnd + CHANGE_CIPHER_SPEC.length + 2;
        if (length < helloEnd)
        {
            return Result.NEED_MORE;
        }
        Result helloResult = readHello(answer, helloLength, hello);
        if (helloResult != Result.COMPLETE || length < wanted)
        {
            return helloResult == Result.COMPLETE ? Result.NEED_MORE : helloResult;
        }
        recordLength = u16(answer, wanted - 2);
        if (!Arrays.equals(answer, helloEnd, wanted - 2, CHANGE_CIPHER_SPEC, 0, CHANGE_CIPHER_SPEC.length) ||
            recordLength == 0)
        {
            return unusable("its ServerHello is not followed by ChangeCipherSpec and an encrypted record");
        }
        if (recordLength > OriginProfile.SIZE_MAX)
        {
            return unusable("its encrypted record is longer than TLS allows");
        }
        return Result.COMPLETE;
    }

    private Result readHello(byte[] answer, int helloLength, byte[] hello)
    {
        int randomOffset = FakeTlsClientHello.RANDOM_OFFSET;
        int sessionOffset = FakeTlsClientHello.SESSION_ID_OFFSET;
        int cipherOffset = sessionOffset + FakeTlsClientHello.SESSION_ID_LENGTH;
        int expected = cipherOffset + 5 + EXTENSIONS_LENGTH - HEADER_LENGTH;
        if (helloLength < cipherOffset + 5 - HEADER_LENGTH || answer[5] != SERVER_HELLO || answer[6] != 0 ||
            u16(answer, 7) != helloLength - 4 || u16(answer, 9) != VERSION)
        {
            return unusable("its ServerHello is malformed");
        }
        if (Arrays.equals(answer, randomOffset, randomOffset + RETRY_RANDOM.length, RETRY_RANDOM, 0,
            RETRY_RANDOM.length))
        {
            return unusable("it asks for another key share (HelloRetryRequest)");
        }
        if (answer[sessionOffset - 1] != FakeTlsClientHello.SESSION_ID_LENGTH ||
            !Arrays.equals(answer, sessionOffset, cipherOffset, hello, OriginProbeHello.SESSION_ID_OFFSET,
                OriginProbeHello.SESSION_ID_OFFSET + FakeTlsClientHello.SESSION_ID_LENGTH))
        {
            return unusable("it does not echo the session id: no TLS 1.3");
        }
        if (u16(answer, cipherOffset) != 0x1301 || answer[cipherOffset + 2] != 0)
        {
            return unusable("it does not choose TLS_AES_128_GCM_SHA256");
        }
        if (helloLength != expected || u16(answer, cipherOffset + 3) != EXTENSIONS_LENGTH)
        {
            return unusable("its ServerHello has other extensions than key_share and supported_versions");
        }
        return readExtensions(answer, cipherOffset + 5);
    }

    private Result readExtensions(byte[] answer, int at)
    {
        int first = u16(answer, at);
        int firstLength = u16(answer, at + 2);
        reversed = first == EXTENSION_VERSIONS;
        int second = at + 4 + (reversed ? VERSIONS_LENGTH : KEY_SHARE_LENGTH);
        boolean isGood = reversed ?
            firstLength == VERSIONS_LENGTH && u16(answer, second) == EXTENSION_KEY_SHARE &&
                u16(answer, second + 2) == KEY_SHARE_LENGTH :
            first == EXTENSION_KEY_SHARE && firstLength == KEY_SHARE_LENGTH &&
                u16(answer, second) == EXTENSION_VERSIONS && u16(answer, second + 2) == VERSIONS_LENGTH;
        return isGood ?
            Result.COMPLETE :
            unusable("its ServerHello has other extensions than key_share and supported_versions");
    }

    private Result unusable(String why)
    {
        problem = why;
        return Result.UNUSABLE;
    }

    /** @return whether supported_versions stands first; valid after COMPLETE. */
    public boolean reversed()
    {
        return reversed;
    }

    /** @return length of the encrypted record; valid after COMPLETE. */
    public int recordLength()
    {
        return recordLength;
    }

    /** @return why the answer cannot be used; valid after UNUSABLE. */
    public String problem()
    {
        return problem;
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << Byte.SIZE | bytes[at + 1] & 0xff;
    }
}
