// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.LittleEndian;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Obfuscated2 in records of application data, after a hello of 517 bytes, or of 1795 with an offer of X25519MLKEM768.
 * [P-TLS-10] to [P-TLS-35]
 */
final class FakeTlsStream implements ClientStream
{
    /** Of the hello; the proxy must serve it. */
    static final String DOMAIN = "localhost";

    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int RECORD_PAYLOAD_MAX = 16_384;
    private static final int RANDOM_OFFSET = 11;
    private static final int RANDOM_LENGTH = 32;
    private static final int STAMP_OFFSET = 28;
    private static final int SESSION_ID_OFFSET = 44;
    private static final int SHARE_LENGTH = 32;
    private static final int FLIGHT_LENGTH_MAX = 32 * 1024;
    private static final int DIGEST_SAMPLE_EVERY = 16;
    private static final byte[] CHANGE_CIPHER_SPEC = HexFormat.of().parseHex("140303000101");
    private static final byte[] SHARE_MARK = HexFormat.of().parseHex("003300260024001d0020");
    private static final byte[] HYBRID_MARK = HexFormat.of().parseHex("11ec04c0");
    private static final int HYBRID_RECORD_LENGTH = 1790;
    /** Where a ServerHello says how long its extensions are: a share of X25519MLKEM768 is far longer. */
    private static final int EXTENSIONS_LENGTH_OFFSET = 79;
    /** Group and length of a share. */
    private static final int SHARE_HEAD_LENGTH = 4;

    private final LoadLoop loop;
    private final ObfuscatedStream stream;
    private final Mac mac;
    private final byte[] hello;
    private final AnswerSink sink;
    private final int shareOffset;
    /** Of the X25519 part of a hybrid share; the same as {@link #shareOffset} where there is none. */
    private final int secondShareOffset;
    private final byte[] header = new byte[RECORD_HEADER_LENGTH];
    private byte[] flight = new byte[8 * 1024];
    private final byte[] secret;
    private int flightLength;
    private int headerFill;
    private int remaining;
    private int openings;
    private boolean isAccepted;
    private boolean isStarted;

    FakeTlsStream(LoadLoop loop, Wire wire, byte[] secret, boolean hasLongAnswers, AnswerSink sink)
    {
        this.loop = loop;
        this.stream = new ObfuscatedStream(loop, wire, secret, hasLongAnswers, sink);
        this.secret = secret;
        this.sink = sink;
        boolean isHybrid = wire == Wire.FAKE_TLS_HYBRID;
        byte[] mlKemKey = isHybrid ? loop.mlKemKey() : new byte[0];
        this.hello = FakeTlsClientPeer.unsignedHello(DOMAIN, loop.random(),
            isHybrid ? HYBRID_RECORD_LENGTH : FakeTlsClientPeer.RECORD_LENGTH, "1a1a130113021303c02bc02f", mlKemKey);
        int hybridEnd = isHybrid ? indexOf(hello, HYBRID_MARK) + SHARE_HEAD_LENGTH + mlKemKey.length : 0;
        this.shareOffset = isHybrid ?
            hybridEnd + SHARE_LENGTH + SHARE_HEAD_LENGTH :
            indexOf(hello, SHARE_MARK) + SHARE_MARK.length;
        this.secondShareOffset = isHybrid ? hybridEnd : shareOffset;
        try
        {
            this.mac = Mac.getInstance("HmacSHA256");
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int open(byte[] out, int at)
    {
        isAccepted = false;
        isStarted = false;
        flightLength = 0;
        headerFill = 0;
        remaining = 0;
        openings++;
        byte[] fresh = new byte[RANDOM_LENGTH + SHARE_LENGTH];
        loop.random().nextBytes(fresh);
        System.arraycopy(fresh, 0, hello, SESSION_ID_OFFSET, RANDOM_LENGTH);
        System.arraycopy(fresh, RANDOM_LENGTH, hello, shareOffset, SHARE_LENGTH);
        System.arraycopy(fresh, RANDOM_LENGTH, hello, secondShareOffset, SHARE_LENGTH);
        Arrays.fill(hello, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH, (byte)0);
        byte[] digest = hmac(hello, 0, hello.length);
        int stamp = (int)(System.currentTimeMillis() / 1000);
        LittleEndian.putInt(digest, STAMP_OFFSET, LittleEndian.getInt(digest, STAMP_OFFSET) ^ stamp);
        System.arraycopy(digest, 0, hello, RANDOM_OFFSET, RANDOM_LENGTH);
        System.arraycopy(hello, 0, out, at, hello.length);
        return hello.length;
    }

    @Override
    public boolean isOpen()
    {
        return isAccepted;
    }

    @Override
    public int wrap(byte[] plain, int length, byte[] out, int at)
    {
        byte[] inner = loop.recordsOut();
        int innerLength = 0;
        int done = at;
        if (!isStarted)
        {
            isStarted = true;
            System.arraycopy(CHANGE_CIPHER_SPEC, 0, out, done, CHANGE_CIPHER_SPEC.length);
            done += CHANGE_CIPHER_SPEC.length;
            innerLength = stream.open(inner, 0);
        }
        innerLength += stream.wrap(plain, length, inner, innerLength);
        for (int from = 0; from < innerLength; from += RECORD_PAYLOAD_MAX)
        {
            int part = Math.min(RECORD_PAYLOAD_MAX, innerLength - from);
            out[done] = 0x17;
            out[done + 1] = 3;
            out[done + 2] = 3;
            out[done + 3] = (byte)(part >>> 8);
            out[done + 4] = (byte)part;
            System.arraycopy(inner, from, out, done + RECORD_HEADER_LENGTH, part);
            done += RECORD_HEADER_LENGTH + part;
        }
        return done - at;
    }

    @Override
    public boolean receive(ByteBuffer in)
    {
        if (!isAccepted)
        {
            return receiveFlight(in);
        }
        while (in.hasRemaining())
        {
            if (headerFill < RECORD_HEADER_LENGTH)
            {
                int length = Math.min(RECORD_HEADER_LENGTH - headerFill, in.remaining());
                in.get(header, headerFill, length);
                headerFill += length;
                if (headerFill == RECORD_HEADER_LENGTH)
                {
                    remaining = u16(header, 3);
                    if (header[0] != 0x17 || header[1] != 3 || header[2] != 3 || remaining == 0)
                    {
                        return false;
                    }
                }
                continue;
            }
            int length = Math.min(remaining, in.remaining());
            if (!stream.receive(in, in.position(), in.position() + length))
            {
                return false;
            }
            in.position(in.position() + length);
            remaining -= length;
            if (remaining == 0)
            {
                headerFill = 0;
            }
        }
        return true;
    }

    /** ServerHello, ChangeCipherSpec and one record. [P-TLS-21] [P-TLS-23] */
    private boolean receiveFlight(ByteBuffer in)
    {
        int length = in.remaining();
        if (flightLength + length > FLIGHT_LENGTH_MAX)
        {
            return false;
        }
        if (flightLength + length > flight.length)
        {
            flight = Arrays.copyOf(flight, FLIGHT_LENGTH_MAX);
        }
        in.get(flight, flightLength, length);
        flightLength += length;
        int helloEnd = RECORD_HEADER_LENGTH + u16(flight, 3);
        int dataAt = helloEnd + CHANGE_CIPHER_SPEC.length;
        if (flightLength < dataAt + RECORD_HEADER_LENGTH)
        {
            return true;
        }
        int end = dataAt + RECORD_HEADER_LENGTH + u16(flight, dataAt + 3);
        if (flightLength < end)
        {
            return true;
        }
        isAccepted = true;
        sink.onFlight(u16(flight, EXTENSIONS_LENGTH_OFFSET) > LocalOrigin.HYBRID_SHARE_LENGTH);
        return flightLength == end && flight[0] == 0x16 && flight[dataAt] == 0x17 &&
            Arrays.equals(flight, helloEnd, dataAt, CHANGE_CIPHER_SPEC, 0, CHANGE_CIPHER_SPEC.length) &&
            (openings % DIGEST_SAMPLE_EVERY != 1 || isDigestRight(end));
    }

    private boolean isDigestRight(int end)
    {
        byte[] digest = Arrays.copyOfRange(flight, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH);
        byte[] signed = new byte[RANDOM_LENGTH + end];
        System.arraycopy(hello, RANDOM_OFFSET, signed, 0, RANDOM_LENGTH);
        System.arraycopy(flight, 0, signed, RANDOM_LENGTH, end);
        Arrays.fill(signed, RANDOM_LENGTH + RANDOM_OFFSET, 2 * RANDOM_LENGTH + RANDOM_OFFSET, (byte)0);
        return Arrays.equals(digest, hmac(signed, 0, signed.length));
    }

    private byte[] hmac(byte[] bytes, int offset, int length)
    {
        try
        {
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update(bytes, offset, length);
            return mac.doFinal();
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    private static int indexOf(byte[] bytes, byte[] part)
    {
        for (int i = 0; i + part.length <= bytes.length; i++)
        {
            if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length))
            {
                return i;
            }
        }
        throw new IllegalStateException("a hello without its key share");
    }
}
