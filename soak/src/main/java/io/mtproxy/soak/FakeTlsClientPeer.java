// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A Telegram client that speaks fake-TLS around a {@link ClientPeer}: bytes in, bytes out. [P-TLS-10] to [P-TLS-35]
 * <p>
 * {@link #hello()} gives the first flight; once {@link #isAccepted()}, {@link #start()} gives what precedes the first
 * packet and {@link #frame} packets; {@link #receive} takes what the proxy sends, in pieces of any size.
 */
public final class FakeTlsClientPeer
{
    /** Length of a usual hello without its record header. */
    public static final int RECORD_LENGTH = 512;

    private static final int CLIENT_PAYLOAD_LENGTH_MAX = 16_384;
    private static final int HEADER_LENGTH = 5;
    private static final int RANDOM_OFFSET = 11;
    private static final int RANDOM_LENGTH = 32;
    private static final int STAMP_OFFSET = 28;
    private static final int SESSION_ID_OFFSET = 44;
    private static final byte[] CHANGE_CIPHER_SPEC = HexFormat.of().parseHex("140303000101");
    private static final byte[] APPLICATION_DATA = HexFormat.of().parseHex("170303");

    private final ClientPeer stream;
    private final RandomGenerator random;
    private final byte[] secret;
    private final byte[] hello;
    private final ByteBuilder received = new ByteBuilder();
    private boolean isAccepted;
    private String violation = "";
    private byte[] flight = new byte[0];
    private int recordLengthMax;
    private int recordCount;

    /**
     * @param options  of the stream inside; fake-TLS wants the padded transport and a secret.
     * @param domain   named in the hello.
     * @param nowEpoch the client's clock, in seconds.
     */
    public FakeTlsClientPeer(ClientOptions options, String domain, long nowEpoch)
    {
        this(options, hello(options.secret(), domain, (int)nowEpoch, new SplittableRandom(options.seed() + 2),
            RECORD_LENGTH));
    }

    /** A client that sends this hello. */
    public FakeTlsClientPeer(ClientOptions options, byte[] hello)
    {
        this.stream = new ClientPeer(options);
        this.random = new SplittableRandom(options.seed() + 3);
        this.secret = options.secret();
        this.hello = hello.clone();
    }

    /** The first flight. */
    public byte[] hello()
    {
        return hello.clone();
    }

    /** The MTProto side of this client. */
    public ClientPeer stream()
    {
        return stream;
    }

    /** Whether the proxy's flight has come and its digest is right. [P-TLS-23] */
    public boolean isAccepted()
    {
        return isAccepted;
    }

    /** What the proxy did wrong; empty if nothing. */
    public String violation()
    {
        return violation;
    }

    /** The proxy's flight once it is there. */
    public byte[] flight()
    {
        return flight.clone();
    }

    /** Longest payload of a record after the flight. */
    public int recordLengthMax()
    {
        return recordLengthMax;
    }

    /** Records after the flight. */
    public int recordCount()
    {
        return recordCount;
    }

    /** What precedes the first packet: ChangeCipherSpec and a record that holds the header of the stream. [P-TLS-31] */
    public byte[] start()
    {
        return concat(CHANGE_CIPHER_SPEC, record(stream.start()));
    }

    /** The same with the first packet in the same record, as clients send it. */
    public byte[] startWith(byte[] payload, boolean quickAck)
    {
        byte[] header = stream.start();
        return concat(CHANGE_CIPHER_SPEC, records(concat(header, stream.frame(payload, quickAck)),
            CLIENT_PAYLOAD_LENGTH_MAX));
    }

    /** A packet, in one or more records of random lengths. [P-TLS-34] */
    public byte[] frame(byte[] payload, boolean quickAck)
    {
        return records(stream.frame(payload, quickAck), 1 + random.nextInt(CLIENT_PAYLOAD_LENGTH_MAX));
    }

    /** Wraps bytes of the stream into records of that length. */
    public static byte[] records(byte[] bytes, int length)
    {
        ByteBuilder out = new ByteBuilder();
        for (int done = 0; done < bytes.length; done += length)
        {
            out.putBytes(record(Arrays.copyOfRange(bytes, done, Math.min(bytes.length, done + length))));
        }
        return out.toByteArray();
    }

    /** One record of application data, of at most 65535 bytes. */
    public static byte[] record(byte[] payload)
    {
        if (payload.length > 0xffff)
        {
            throw new IllegalArgumentException("record of " + payload.length + " bytes");
        }
        return concat(APPLICATION_DATA, new byte[]{(byte)(payload.length >>> 8), (byte)payload.length}, payload);
    }

    /** Takes bytes from the proxy, in pieces of any size. */
    public void receive(byte[] bytes)
    {
        received.putBytes(bytes);
        if (!isAccepted)
        {
            readFlight();
        }
        while (isAccepted && violation.isEmpty() && received.length() >= HEADER_LENGTH)
        {
            byte[] array = received.array();
            int length = u16(array, 3);
            if (!Arrays.equals(array, 0, 3, APPLICATION_DATA, 0, 3))
            {
                violation = "record type " + array[0];
            }
            if (received.length() < HEADER_LENGTH + length)
            {
                return;
            }
            recordLengthMax = Math.max(recordLengthMax, length);
            recordCount++;
            stream.receive(array, HEADER_LENGTH, length);
            received.discard(HEADER_LENGTH + length);
        }
    }

    /** Exactly a ServerHello, a ChangeCipherSpec and one encrypted record. [P-TLS-21] */
    private void readFlight()
    {
        byte[] array = received.array();
        int helloEnd = received.length() < HEADER_LENGTH ? 0 : HEADER_LENGTH + u16(array, 3);
        int dataStart = helloEnd + CHANGE_CIPHER_SPEC.length + HEADER_LENGTH;
        if (helloEnd == 0 || received.length() < dataStart)
        {
            return;
        }
        int end = dataStart + u16(array, dataStart - 2);
        if (received.length() < end)
        {
            return;
        }
        flight = Arrays.copyOf(array, end);
        received.discard(end);
        if (!isFlightGood(flight, helloEnd))
        {
            violation = "flight " + HexFormat.of().formatHex(flight, 0, Math.min(160, flight.length));
            return;
        }
        isAccepted = true;
    }

    private boolean isFlightGood(byte[] bytes, int helloEnd)
    {
        int ccsEnd = helloEnd + CHANGE_CIPHER_SPEC.length;
        return bytes[0] == 0x16 && bytes[1] == 3 && bytes[2] == 3 &&
            Arrays.equals(bytes, helloEnd, ccsEnd, CHANGE_CIPHER_SPEC, 0, CHANGE_CIPHER_SPEC.length) &&
            Arrays.equals(bytes, ccsEnd, ccsEnd + 3, APPLICATION_DATA, 0, 3) &&
            Arrays.equals(bytes, SESSION_ID_OFFSET, SESSION_ID_OFFSET + RANDOM_LENGTH, hello, SESSION_ID_OFFSET,
                SESSION_ID_OFFSET + RANDOM_LENGTH) &&
            MessageDigest.isEqual(serverRandom(bytes),
                Arrays.copyOfRange(bytes, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH));
    }

    /** [P-TLS-23] */
    private byte[] serverRandom(byte[] bytes)
    {
        byte[] zeroed = bytes.clone();
        Arrays.fill(zeroed, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH, (byte)0);
        return hmac(secret, Arrays.copyOfRange(hello, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH), zeroed);
    }

    // ---- hellos

    /**
     * Makes a signed hello. [P-TLS-15]
     *
     * @param stamp        the client's clock, in seconds. [P-TLS-16]
     * @param recordLength that padding brings it to; below {@link #RECORD_LENGTH} it is not taken for a hello.
     */
    public static byte[] hello(byte[] secret, String domain, int stamp, RandomGenerator random, int recordLength)
    {
        byte[] hello = unsignedHello(domain, random, recordLength, "1a1a130113021303c02bc02f");
        sign(hello, secret, stamp);
        return hello;
    }

    /** Makes a hello with any cipher list, still to be {@link #sign}ed. */
    public static byte[] unsignedHello(String domain, RandomGenerator random, int recordLength, String ciphers)
    {
        return unsignedHello(domain, random, recordLength, ciphers, new byte[0]);
    }

    /**
     * Makes a hello that offers X25519MLKEM768, still to be {@link #sign}ed. [P-TLS-22]
     *
     * @param mlKemKey of 1184 bytes; empty for a hello without that offer.
     */
    public static byte[] unsignedHello(String domain, RandomGenerator random, int recordLength, String ciphers,
        byte[] mlKemKey)
    {
        byte[] name = domain.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] cipherList = HexFormat.of().parseHex(ciphers);
        byte[] sessionId = new byte[RANDOM_LENGTH];
        byte[] share = new byte[RANDOM_LENGTH];
        random.nextBytes(sessionId);
        random.nextBytes(share);
        HexFormat hex = HexFormat.of();
        byte[] shares = concat(mlKemKey.length == 0 ?
            new byte[0] :
            concat(hex.parseHex("11ec"), u16(mlKemKey.length + share.length), mlKemKey, share),
            hex.parseHex("001d0020"), share);
        byte[] extensions = concat(
            hex.parseHex("2a2a0000"),
            hex.parseHex("0000"), u16(name.length + 5), u16(name.length + 3), new byte[1], u16(name.length), name,
            hex.parseHex(mlKemKey.length == 0 ? "000a00080006001d00170018" : "000a000a000811ec001d00170018"),
            hex.parseHex("00170000"), hex.parseHex("0033"), u16(shares.length + 2), u16(shares.length), shares,
            hex.parseHex("002b0003020304"));
        int fixedLength = 4 + 2 + RANDOM_LENGTH + 1 + RANDOM_LENGTH + 2 + cipherList.length + 2 + 2;
        int padding = recordLength - fixedLength - extensions.length - 4;
        if (padding < 0)
        {
            throw new IllegalArgumentException("a hello of " + recordLength + " bytes has no room for all of it");
        }
        byte[] handshake = concat(
            hex.parseHex("0303"), new byte[RANDOM_LENGTH], new byte[]{RANDOM_LENGTH}, sessionId,
            u16(cipherList.length), cipherList, hex.parseHex("0100"), u16(extensions.length + 4 + padding), extensions,
            hex.parseHex("0015"), u16(padding), new byte[padding]);
        return concat(hex.parseHex("160301"), u16(recordLength), hex.parseHex("0100"), u16(handshake.length),
            handshake);
    }

    /** Puts the digest and the stamp into a hello of one record. [P-TLS-15] [P-TLS-16] */
    public static void sign(byte[] hello, byte[] secret, int stamp)
    {
        Arrays.fill(hello, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH, (byte)0);
        byte[] digest = hmac(secret, hello);
        LittleEndian.putInt(digest, STAMP_OFFSET, LittleEndian.getInt(digest, STAMP_OFFSET) ^ stamp);
        System.arraycopy(digest, 0, hello, RANDOM_OFFSET, RANDOM_LENGTH);
    }

    /** Cuts a hello into records with so many bytes each, as boxes and tools on the way do. [P-TLS-11] */
    public static byte[] cut(byte[] hello, int... lengths)
    {
        ByteBuilder out = new ByteBuilder();
        int at = HEADER_LENGTH;
        for (int i = 0; at < hello.length; i++)
        {
            int length = i < lengths.length ? Math.min(lengths[i], hello.length - at) : hello.length - at;
            out.putBytes(concat(HexFormat.of().parseHex("160301"), u16(length)));
            out.putBytes(hello, at, length);
            at += length;
        }
        return out.toByteArray();
    }

    private static byte[] hmac(byte[] key, byte[]... parts)
    {
        try
        {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            for (byte[] part : parts)
            {
                mac.update(part);
            }
            return mac.doFinal();
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] u16(int value)
    {
        return new byte[]{(byte)(value >>> 8), (byte)value};
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    private static byte[] concat(byte[]... parts)
    {
        ByteBuilder out = new ByteBuilder();
        for (byte[] part : parts)
        {
            out.putBytes(part);
        }
        return out.toByteArray();
    }
}
