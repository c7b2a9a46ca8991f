// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads what a domain answers to {@link OriginProbeHello}: the ServerHello, and how long the encrypted records behind it
 * are. [P-TLS-52] What it says is trusted in nothing but its lengths.
 */
public final class OriginAnswer
{
    private static final byte[] RETRY_RANDOM =
        HexFormat.of().parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
    private static final int HEADER_LENGTH = 5;
    private static final int VERSION = 0x0303;
    private static final int RECORD_HANDSHAKE = 0x16;
    private static final int RECORD_DATA = 0x17;
    private static final int SERVER_HELLO = 2;
    private static final int HELLO_LENGTH_MAX = 4096;
    private static final int EXTENSION_KEY_SHARE = 0x33;
    private static final int EXTENSION_VERSIONS = 0x2b;
    private static final int VERSIONS_LENGTH = 2;
    private static final byte[] CHANGE_CIPHER_SPEC = {0x14, 3, 3, 0, 1, 1};

    private final List<Integer> recordLengths = new ArrayList<>();
    private boolean isVersionsFirst;
    private boolean isHybrid;
    private boolean isCipherChanged;
    private int cipher;
    private String problem = "";

    /** How far the answer got. */
    public enum Result
    {
        /** Nothing wrong yet, but something is not complete. */
        NEED_MORE,
        /** An answer that can be equalled, whole so far; only silence tells that nothing more comes. */
        COMPLETE,
        /** Not an answer that can be equalled; {@link OriginAnswer#problem} says why. */
        UNUSABLE
    }

    /** Looks at all that has come so far. */
    public Result read(byte[] answer, int length, byte[] hello)
    {
        recordLengths.clear();
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
        if (length < helloEnd)
        {
            return Result.NEED_MORE;
        }
        Result helloResult = readHello(answer, helloLength, hello);
        return helloResult == Result.COMPLETE ? readRecords(answer, helloEnd, length) : helloResult;
    }

    /** ChangeCipherSpec, which a domain may leave out, and then nothing but encrypted records. */
    private Result readRecords(byte[] answer, int start, int length)
    {
        int at = start;
        int changeEnd = at + CHANGE_CIPHER_SPEC.length;
        if (length <= at || answer[at] == CHANGE_CIPHER_SPEC[0] && length < changeEnd)
        {
            return Result.NEED_MORE;
        }
        isCipherChanged = length >= changeEnd &&
            Arrays.equals(answer, at, changeEnd, CHANGE_CIPHER_SPEC, 0, CHANGE_CIPHER_SPEC.length);
        at = isCipherChanged ? changeEnd : at;
        while (at < length)
        {
            if (length - at < HEADER_LENGTH)
            {
                return Result.NEED_MORE;
            }
            int recordLength = u16(answer, at + 3);
            if (answer[at] != RECORD_DATA || u16(answer, at + 1) != VERSION || recordLength == 0)
            {
                return unusable("its ServerHello is not followed by ChangeCipherSpec and an encrypted record");
            }
            if (recordLength > FlightSizes.LENGTH_MAX)
            {
                return unusable("its encrypted record is longer than TLS allows");
            }
            if (recordLengths.size() == FlightSizes.RECORD_COUNT_MAX)
            {
                return unusable("its answer has more than " + FlightSizes.RECORD_COUNT_MAX + " records");
            }
            recordLengths.add(recordLength);
            at += HEADER_LENGTH + recordLength;
        }
        return at == length && !recordLengths.isEmpty() ? Result.COMPLETE : Result.NEED_MORE;
    }

    private Result readHello(byte[] answer, int helloLength, byte[] hello)
    {
        int randomOffset = FakeTlsClientHello.RANDOM_OFFSET;
        int sessionOffset = FakeTlsClientHello.SESSION_ID_OFFSET;
        int cipherOffset = sessionOffset + FakeTlsClientHello.SESSION_ID_LENGTH;
        int extensionsOffset = cipherOffset + 5;
        if (helloLength < extensionsOffset - HEADER_LENGTH || answer[5] != SERVER_HELLO || answer[6] != 0 ||
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
        cipher = u16(answer, cipherOffset);
        if (cipher < OriginProfile.HelloShape.CIPHER_FIRST || cipher > OriginProfile.HelloShape.CIPHER_LAST ||
            answer[cipherOffset + 2] != 0)
        {
            return unusable("it does not choose a cipher of TLS 1.3");
        }
        int extensionsLength = HEADER_LENGTH + helloLength - extensionsOffset;
        if (u16(answer, cipherOffset + 3) != extensionsLength || !readExtensions(answer, extensionsOffset,
            extensionsLength))
        {
            return unusable("its ServerHello has other extensions than key_share and supported_versions");
        }
        return Result.COMPLETE;
    }

    /** Both extensions, each once, with a share of a group that was offered. */
    private boolean readExtensions(byte[] answer, int start, int length)
    {
        isHybrid = length == extensionsLength(KeyShare.HYBRID_LENGTH);
        if (!isHybrid && length != extensionsLength(KeyShare.X25519_LENGTH))
        {
            return false;
        }
        int shareLength = isHybrid ? KeyShare.HYBRID_LENGTH : KeyShare.X25519_LENGTH;
        isVersionsFirst = u16(answer, start) == EXTENSION_VERSIONS;
        int versionsAt = isVersionsFirst ? start : start + length - 4 - VERSIONS_LENGTH;
        int shareAt = isVersionsFirst ? start + 4 + VERSIONS_LENGTH : start;
        return u16(answer, versionsAt) == EXTENSION_VERSIONS && u16(answer, versionsAt + 2) == VERSIONS_LENGTH &&
            u16(answer, shareAt) == EXTENSION_KEY_SHARE && u16(answer, shareAt + 2) == 4 + shareLength &&
            u16(answer, shareAt + 4) == (isHybrid ? KeyShare.HYBRID_GROUP : KeyShare.X25519_GROUP) &&
            u16(answer, shareAt + 6) == shareLength;
    }

    private static int extensionsLength(int shareLength)
    {
        return 4 + VERSIONS_LENGTH + 8 + shareLength;
    }

    private Result unusable(String why)
    {
        problem = why;
        return Result.UNUSABLE;
    }

    /** @return what can be read of the answer; valid after COMPLETE. */
    public OriginProfile.HelloShape hello()
    {
        return new OriginProfile.HelloShape(isVersionsFirst, cipher, isHybrid, isCipherChanged);
    }

    /** @return its encrypted records so far; valid after COMPLETE. */
    public FlightSizes.Flight flight()
    {
        return new FlightSizes.Flight(recordLengths);
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
