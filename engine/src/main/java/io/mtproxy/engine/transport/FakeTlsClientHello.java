// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.ConstantTime;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells a hello made by a client of ours from everything else that can arrive at a TLS port. [P-TLS-10..20]
 *
 * <pre>
 *   0   3    5      9         11               43   44           76         78
 *   +---+----+------+---------+----------------+----+------------+----------+-------------+----
 *   |rec| L  | type | version | Random: digest | 32 | session id | list len | ciphers ... | 2 bytes, extensions
 *   +---+----+------+---------+----------------+----+------------+----------+-------------+----
 *                             |<- zero in the |
 *                             |digest's message|
 * </pre>
 *
 * One for each client agent, used for one hello after the other; the result stays readable until the next call. Whatever
 * the bytes, it never throws.
 */
public final class FakeTlsClientHello
{
    /** Bytes after which it is decided whether this may be a hello. [P-TLS-10] */
    public static final int DECISION_LENGTH = 9;
    /** Longest hello that is served. */
    public static final int LENGTH_MAX = 16 * 1024;
    /** Longest input that is ever looked at: a hello of {@link #LENGTH_MAX} in small records. */
    public static final int RECEIVED_LENGTH_MAX = 2 * LENGTH_MAX;
    /** Length of Random, and of the session id. */
    public static final int RANDOM_LENGTH = 32;

    static final int RANDOM_OFFSET = 11;
    static final int SESSION_ID_OFFSET = 44;
    static final int SESSION_ID_LENGTH = 32;

    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int HANDSHAKE_HEADER_LENGTH = 4;
    private static final int RECORD_LENGTH_MIN = 512;
    private static final byte RECORD_HANDSHAKE = 0x16;
    private static final byte VERSION_MAJOR = 3;
    private static final byte VERSION_MINOR = 1;
    private static final byte VERSION_MINOR_MAX = 3;
    private static final byte HANDSHAKE_CLIENT_HELLO = 1;
    private static final int CIPHERS_OFFSET = 76;
    /** Compression methods (a length and one value) and the length of the extensions. */
    private static final int BETWEEN_LENGTH = 4;
    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int SERVER_NAME_HEADER_LENGTH = 5;
    private static final int DIGEST_COMPARED_LENGTH = 28;
    private static final int PORT_WITHOUT_TLS = 80;
    private static final long FUTURE_SECONDS_MAX = 3;
    private static final long PAST_SECONDS_MAX = 600;
    private static final int CIPHER_FIRST = 0x1301;
    private static final int CIPHER_LAST = 0x1303;

    private final Hmac hmac;
    private final byte[] hello = new byte[LENGTH_MAX];
    private final UnsafeBuffer helloBuffer = new UnsafeBuffer(hello);
    private final byte[] random = new byte[RANDOM_LENGTH];
    private final UnsafeBuffer randomBuffer = new UnsafeBuffer(random);
    private final byte[] digest = new byte[Hmac.LENGTH];
    private final byte[] key = new byte[Secret.LENGTH];

    private int length;
    private boolean hasTrailingBytes;
    private int domainIndex;
    private int secretIndex;
    private int cipher;
    private long stampSeconds;

    /** What a look at the received bytes has shown. */
    public enum Result
    {
        /** Nothing wrong yet, but not all bytes are there. */
        NEED_MORE,
        /** Ours and good: domain, secret and cipher are readable. */
        ACCEPTED,
        /** Not the start of a hello. [P-TLS-10] */
        NOT_A_HELLO,
        /** No server name, or none of ours. [P-TLS-13] */
        UNKNOWN_NAME,
        /** It came in at port 80. */
        WRONG_PORT,
        /** Something follows the hello, which a client would not send yet. */
        TRAILING_BYTES,
        /** Longer than {@link #LENGTH_MAX}. */
        TOO_LONG,
        /** Its Random has been seen. [P-TLS-20] */
        REPLAYED,
        /** No secret made its digest. [P-TLS-15] */
        WRONG_DIGEST,
        /** Made too long ago, or in the future. [P-TLS-17] */
        OUT_OF_TIME,
        /** Its first cipher is none of TLS 1.3. [P-TLS-18] */
        NO_CIPHER
    }

    /** How far joining the records of one hello got. */
    private enum Joined
    {
        YES,
        NEED_MORE,
        NO
    }

    public FakeTlsClientHello(Hmac hmac)
    {
        this.hmac = hmac;
    }

    /**
     * Looks at what a client has sent so far. [P-TLS-11] [P-TLS-12]
     *
     * @param buffer         read, never written.
     * @param receivedLength all bytes that are there.
     * @param localPort      that they came in at.
     * @param nowSeconds     of the wall clock.
     * @param likely         position of the secret to try first; {@link SecretList#NO_POSITION} for none.
     * @param replays        where an accepted hello is remembered.
     */
    public Result read(DirectBuffer buffer, int offset, int receivedLength, int localPort, long nowSeconds,
        FakeTlsDomains domains, SecretList secrets, int likely, ReplayFilter replays)
    {
        domainIndex = FakeTlsDomains.DEFAULT;
        if (receivedLength < DECISION_LENGTH)
        {
            return Result.NEED_MORE;
        }
        if (buffer.getByte(offset) != RECORD_HANDSHAKE || buffer.getByte(offset + 1) != VERSION_MAJOR ||
            buffer.getByte(offset + 2) != VERSION_MINOR)
        {
            return refuseStranger(buffer, offset, receivedLength, domains);
        }
        int recordLength = u16(buffer, offset + 3);
        if (recordLength < HANDSHAKE_HEADER_LENGTH || handshakeLength(buffer, offset) > recordLength)
        {
            switch (join(buffer, offset, receivedLength))
            {
                case YES ->
                {
                    return check(hasTrailingBytes, false, localPort, nowSeconds, domains, secrets, likely, replays);
                }
                case NEED_MORE ->
                {
                    return receivedLength < RECEIVED_LENGTH_MAX ? Result.NEED_MORE : Result.TOO_LONG;
                }
                case NO ->
                {
                    // taken for what its first record says, as the C program does
                }
            }
        }
        if (recordLength < RECORD_LENGTH_MIN)
        {
            return refuseStranger(buffer, offset, receivedLength, domains);
        }
        int wanted = RECORD_HEADER_LENGTH + recordLength;
        if (receivedLength < Math.min(wanted, LENGTH_MAX))
        {
            return Result.NEED_MORE;
        }
        length = Math.min(receivedLength, LENGTH_MAX);
        helloBuffer.putBytes(0, buffer, offset, length);
        return check(receivedLength > wanted, wanted > LENGTH_MAX, localPort, nowSeconds, domains, secrets, likely,
            replays);
    }

    /** Not a hello of ours; where there are several domains, one of anybody's goes to the domain it names. [P-TLS-60] */
    private Result refuseStranger(DirectBuffer buffer, int offset, int receivedLength, FakeTlsDomains domains)
    {
        if (domains.size() > 1 && StrangersHello.isBegin(buffer, offset))
        {
            int wanted = Math.min(StrangersHello.recordLength(buffer, offset), LENGTH_MAX);
            if (receivedLength < wanted)
            {
                return Result.NEED_MORE;
            }
            goToDomainNamed(buffer, offset, wanted, domains);
        }
        return Result.NOT_A_HELLO;
    }

    private void goToDomainNamed(DirectBuffer buffer, int offset, int recordLength, FakeTlsDomains domains)
    {
        int named = StrangersHello.findDomain(buffer, offset, recordLength, domains);
        domainIndex = named == FakeTlsDomains.NOT_FOUND ? FakeTlsDomains.DEFAULT : named;
    }

    /** Puts a hello together that something on the way has cut into several records. [P-TLS-11] */
    private Joined join(DirectBuffer buffer, int offset, int receivedLength)
    {
        int end = offset + receivedLength;
        int wanted = Integer.MAX_VALUE;
        int done = 0;
        int at = offset;
        while (done < wanted)
        {
            if (end - at < RECORD_HEADER_LENGTH)
            {
                return Joined.NEED_MORE;
            }
            int recordLength = u16(buffer, at + 3);
            if (!isHandshakeRecord(buffer, at) || recordLength == 0)
            {
                return Joined.NO;
            }
            at += RECORD_HEADER_LENGTH;
            int run = Math.min(recordLength, end - at);
            int taken = Math.min(run, LENGTH_MAX - RECORD_HEADER_LENGTH - done);
            helloBuffer.putBytes(RECORD_HEADER_LENGTH + done, buffer, at, taken);
            done += run;
            at += run;
            if (done >= HANDSHAKE_HEADER_LENGTH && wanted == Integer.MAX_VALUE)
            {
                wanted = HANDSHAKE_HEADER_LENGTH + u24(helloBuffer, RECORD_HEADER_LENGTH + 1);
                if (hello[RECORD_HEADER_LENGTH] != HANDSHAKE_CLIENT_HELLO || wanted < RECORD_LENGTH_MIN ||
                    wanted > LENGTH_MAX - RECORD_HEADER_LENGTH)
                {
                    return Joined.NO;
                }
            }
            if (run < recordLength && done < wanted)
            {
                return Joined.NEED_MORE;
            }
            hasTrailingBytes = run < recordLength;
        }
        hasTrailingBytes |= done > wanted || at < end;
        length = RECORD_HEADER_LENGTH + wanted;
        hello[0] = RECORD_HANDSHAKE;
        hello[1] = VERSION_MAJOR;
        hello[2] = VERSION_MINOR;
        hello[3] = (byte)(wanted >>> Byte.SIZE);
        hello[4] = (byte)wanted;
        return Joined.YES;
    }

    private static boolean isHandshakeRecord(DirectBuffer buffer, int at)
    {
        int minor = buffer.getByte(at + 2);
        return buffer.getByte(at) == RECORD_HANDSHAKE && buffer.getByte(at + 1) == VERSION_MAJOR &&
            minor >= VERSION_MINOR && minor <= VERSION_MINOR_MAX;
    }

    /** @return length that a hello at the start of the first record has by its own header, 0 for another message. */
    private static int handshakeLength(DirectBuffer buffer, int offset)
    {
        int at = offset + RECORD_HEADER_LENGTH;
        return buffer.getByte(at) == HANDSHAKE_CLIENT_HELLO ? HANDSHAKE_HEADER_LENGTH + u24(buffer, at + 1) : 0;
    }

    /** The checks, in the order of the C program. [P-TLS-12] */
    private Result check(boolean isTrailed, boolean isTooLong, int localPort, long nowSeconds, FakeTlsDomains domains,
        SecretList secrets, int likely, ReplayFilter replays)
    {
        int named = findDomain(domains);
        if (named == FakeTlsDomains.NOT_FOUND)
        {
            goToDomainNamed(helloBuffer, 0, length, domains);
            return Result.UNKNOWN_NAME;
        }
        domainIndex = named;
        if (localPort == PORT_WITHOUT_TLS)
        {
            return Result.WRONG_PORT;
        }
        if (isTrailed)
        {
            return Result.TRAILING_BYTES;
        }
        if (isTooLong)
        {
            return Result.TOO_LONG;
        }
        helloBuffer.getBytes(RANDOM_OFFSET, random, 0, RANDOM_LENGTH);
        if (replays.contains(randomBuffer, 0, nowSeconds))
        {
            return Result.REPLAYED;
        }
        if (!findSecret(secrets, likely))
        {
            return Result.WRONG_DIGEST;
        }
        // remembered only now: strangers cannot fill the memory [C-BUG-21]
        if (!replays.add(randomBuffer, 0, nowSeconds))
        {
            return Result.REPLAYED;
        }
        if (!isInTime(nowSeconds, replays))
        {
            return Result.OUT_OF_TIME;
        }
        return findCipher() ? Result.ACCEPTED : Result.NO_CIPHER;
    }

    /** Walks the extensions to the server name. [P-TLS-13] */
    private int findDomain(FakeTlsDomains domains)
    {
        int at = CIPHERS_OFFSET;
        if (length < at + 2)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        at += 2 + u16(helloBuffer, at) + BETWEEN_LENGTH;
        while (at + 4 <= length)
        {
            int id = u16(helloBuffer, at);
            int extensionLength = u16(helloBuffer, at + 2);
            at += 4;
            if (at + extensionLength > length)
            {
                return FakeTlsDomains.NOT_FOUND;
            }
            if (id == EXTENSION_SERVER_NAME)
            {
                return findDomain(domains, at, extensionLength);
            }
            at += extensionLength;
        }
        return FakeTlsDomains.NOT_FOUND;
    }

    private int findDomain(FakeTlsDomains domains, int at, int extensionLength)
    {
        int nameLength = extensionLength - SERVER_NAME_HEADER_LENGTH;
        if (nameLength < 0 || u16(helloBuffer, at) != extensionLength - 2 || hello[at + 2] != 0 ||
            u16(helloBuffer, at + 3) != nameLength)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        // names of ours hold no NUL
        return domains.find(helloBuffer, at + SERVER_NAME_HEADER_LENGTH, nameLength);
    }

    /** Tries the secrets, the likely one first and the others in their order. [P-TLS-15] [P-TLS-16] */
    private boolean findSecret(SecretList secrets, int likely)
    {
        Arrays.fill(hello, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH, (byte)0);
        boolean isFound = likely >= 0 && likely < secrets.size() && isMadeWith(secrets, likely);
        for (int i = 0; i < secrets.size() && !isFound; i++)
        {
            isFound = i != likely && isMadeWith(secrets, i);
        }
        Arrays.fill(key, (byte)0);
        hmac.close();
        return isFound;
    }

    private boolean isMadeWith(SecretList secrets, int index)
    {
        secrets.get(index).copyTo(key, 0);
        hmac.init(key);
        hmac.update(hello, 0, length);
        hmac.doFinal(digest, 0);
        if (!ConstantTime.equals(digest, 0, random, 0, DIGEST_COMPARED_LENGTH))
        {
            return false;
        }
        secretIndex = index;
        stampSeconds = stamp();
        return true;
    }

    private int stamp()
    {
        int stamp = 0;
        for (int i = RANDOM_LENGTH - 1; i >= DIGEST_COMPARED_LENGTH; i--)
        {
            stamp = stamp << Byte.SIZE | (digest[i] ^ random[i]) & 0xff;
        }
        return stamp;
    }

    /** [P-TLS-17] */
    private boolean isInTime(long nowSeconds, ReplayFilter replays)
    {
        if (stampSeconds > nowSeconds + FUTURE_SECONDS_MAX)
        {
            return false;
        }
        return stampSeconds > nowSeconds - PAST_SECONDS_MAX ||
            stampSeconds > replays.firstSeconds(nowSeconds) + FUTURE_SECONDS_MAX;
    }

    /** The first cipher that is no GREASE must be one of TLS 1.3. [P-TLS-18] */
    private boolean findCipher()
    {
        int left = u16(helloBuffer, CIPHERS_OFFSET);
        int at = CIPHERS_OFFSET + 2;
        if (at + left > length)
        {
            return false;
        }
        while (left >= 2 && isGrease(hello[at]) && isGrease(hello[at + 1]))
        {
            left -= 2;
            at += 2;
        }
        cipher = left < 2 ? 0 : u16(helloBuffer, at);
        return cipher >= CIPHER_FIRST && cipher <= CIPHER_LAST;
    }

    private static boolean isGrease(byte octet)
    {
        return (octet & 0x0f) == 0x0a;
    }

    /** @return the domain that the client named; the default where none is known. Where to pass a refused one on. */
    public int domainIndex()
    {
        return domainIndex;
    }

    /** @return position of the secret that made the digest; valid after ACCEPTED. */
    public int secretIndex()
    {
        return secretIndex;
    }

    /** @return the cipher to answer with, 0x1301 to 0x1303; valid after ACCEPTED. */
    public int cipher()
    {
        return cipher;
    }

    /** @return the client's clock; valid after ACCEPTED and OUT_OF_TIME. */
    public long stampSeconds()
    {
        return stampSeconds;
    }

    /** Has the offers looked through; valid after ACCEPTED. */
    void readOffers(FakeTlsOffers offers)
    {
        offers.read(hello, length);
    }

    /** Copies the Random as the client sent it; valid after ACCEPTED. */
    void copyRandom(byte[] out, int offset)
    {
        System.arraycopy(random, 0, out, offset, RANDOM_LENGTH);
    }

    /** Copies the 32 bytes where the session id is; valid after ACCEPTED. */
    void copySessionId(byte[] out, int offset)
    {
        System.arraycopy(hello, SESSION_ID_OFFSET, out, offset, SESSION_ID_LENGTH);
    }

    private static int u16(DirectBuffer buffer, int at)
    {
        return buffer.getShort(at, ByteOrder.BIG_ENDIAN) & 0xffff;
    }

    private static int u24(DirectBuffer buffer, int at)
    {
        return (buffer.getByte(at) & 0xff) << 16 | u16(buffer, at + 1);
    }
}
