// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.Secret;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes the one flight with which a good hello is answered. [P-TLS-21..24]
 *
 * <pre>
 *   0             43   44           76       78  79     81                          x        x+6  x+9  x+11
 *   +-------------+----+------------+--------+---+------+---------------------------+----------+----+----+-------
 *   | ..., Random | 32 | session id | cipher | 0 | len  | key_share, versions (or   | change   | 17 | N  | N random
 *   | (digest)    |    |            |        |   |      | the other way round)      | cipher   | 0303    | bytes
 *   +-------------+----+------------+--------+---+------+---------------------------+----------+----+----+-------
 * </pre>
 *
 * With X25519 x is 127, with X25519MLKEM768 1215. One for each client agent; a flight stays readable until the next.
 */
public final class FakeTlsServerHello
{
    private static final byte[] HEAD = {0x16, 3, 3, 0, 0, 2, 0, 0, 0, 3, 3};
    private static final byte[] VERSIONS = {0, 0x2b, 0, 2, 3, 4};
    private static final byte[] TAIL = {0x14, 3, 3, 0, 1, 1, 0x17, 3, 3};
    private static final int EXTENSION_KEY_SHARE = 0x33;
    /** Extension, its length, group, length of the share. */
    private static final int SHARE_HEAD_LENGTH = 8;
    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int HANDSHAKE_HEADER_LENGTH = 4;
    private static final int RANDOM_OFFSET = FakeTlsClientHello.RANDOM_OFFSET;
    private static final int SESSION_ID_OFFSET = FakeTlsClientHello.SESSION_ID_OFFSET;
    private static final int CIPHER_OFFSET = SESSION_ID_OFFSET + FakeTlsClientHello.SESSION_ID_LENGTH;
    private static final int EXTENSIONS_OFFSET = CIPHER_OFFSET + 5;
    /** Longest flight. */
    public static final int LENGTH_MAX = EXTENSIONS_OFFSET + SHARE_HEAD_LENGTH + KeyShare.HYBRID_LENGTH +
        VERSIONS.length + TAIL.length + 2 + FlightSizes.LENGTH_MAX;
    /** Random bytes drawn from one key before the next is drawn. */
    private static final long KEY_BYTES_MAX = 1 << 20;

    private final RandomSource random;
    private final KeyShare shares;
    private final Hmac hmac;
    private final AesCtrStream noise;
    private final FakeTlsOffers offers = new FakeTlsOffers();
    private final byte[] flight = new byte[LENGTH_MAX];
    private final UnsafeBuffer flightBuffer = new UnsafeBuffer(flight);
    private final byte[] clientRandom = new byte[FakeTlsClientHello.RANDOM_LENGTH];
    private final byte[] key = new byte[AesCtrStream.KEY_LENGTH];
    private final byte[] iv = new byte[AesCtrStream.IV_LENGTH];
    private final UnsafeBuffer zeros = new UnsafeBuffer(new byte[FlightSizes.LENGTH_MAX]);
    private long noiseLeft;
    private int length;

    public FakeTlsServerHello(RandomSource random, CipherScratch scratch, Hmac hmac)
    {
        this.random = random;
        this.shares = new KeyShare(random);
        this.hmac = hmac;
        this.noise = new AesCtrStream(scratch);
    }

    /**
     * Makes the flight for a hello that was just accepted. [P-TLS-21]
     *
     * @param hello   which still holds its result.
     * @param secret  that made its digest.
     * @param profile of the domain that it named.
     * @return length of what {@link #flight} now holds.
     */
    public int encode(FakeTlsClientHello hello, Secret secret, OriginProfile profile)
    {
        hello.readOffers(offers);
        OriginProfile.HelloShape shape = profile.hello();
        int share = shareOffset(shape);
        // a client whose ML-KEM key is none has our secret all the same: it is served, by the older share
        boolean isHybrid = shape.isHybridTaken() && offers.hasHybrid() &&
            shares.nextHybrid(offers.bytes(), offers.hybridOffset(), flight, share);
        if (!isHybrid)
        {
            shares.nextX25519(flight, share);
        }
        int shareLength = isHybrid ? KeyShare.HYBRID_LENGTH : KeyShare.X25519_LENGTH;
        int dataLength = profile.flight().drawLength(random, offers.hasAlpn(), offers.hasHybrid());
        fillWithNoise(dataOffset(shareLength), dataLength);
        return encode(hello, secret, shape, shareLength, dataLength);
    }

    /** The same with everything drawn given; for vectors. */
    int encode(FakeTlsClientHello hello, Secret secret, OriginProfile profile, byte[] keyShare, byte[] data)
    {
        hello.readOffers(offers);
        System.arraycopy(keyShare, 0, flight, shareOffset(profile.hello()), keyShare.length);
        System.arraycopy(data, 0, flight, dataOffset(keyShare.length), data.length);
        return encode(hello, secret, profile.hello(), keyShare.length, data.length);
    }

    private int encode(FakeTlsClientHello hello, Secret secret, OriginProfile.HelloShape shape, int shareLength,
        int dataLength)
    {
        int extensionsLength = SHARE_HEAD_LENGTH + shareLength + VERSIONS.length;
        int tailOffset = EXTENSIONS_OFFSET + extensionsLength;
        int dataOffset = dataOffset(shareLength);
        length = dataOffset + dataLength;
        put(HEAD, 0);
        putU16(RECORD_HEADER_LENGTH - 2, tailOffset - RECORD_HEADER_LENGTH);
        putU16(RECORD_HEADER_LENGTH + 2, tailOffset - RECORD_HEADER_LENGTH - HANDSHAKE_HEADER_LENGTH);
        Arrays.fill(flight, RANDOM_OFFSET, RANDOM_OFFSET + FakeTlsClientHello.RANDOM_LENGTH, (byte)0);
        flight[SESSION_ID_OFFSET - 1] = FakeTlsClientHello.SESSION_ID_LENGTH;
        hello.copySessionId(flight, SESSION_ID_OFFSET);
        putU16(CIPHER_OFFSET, cipher(hello, shape));
        flight[CIPHER_OFFSET + 2] = 0;
        putU16(CIPHER_OFFSET + 3, extensionsLength);
        putShareHead(shareOffset(shape) - SHARE_HEAD_LENGTH, shareLength);
        put(VERSIONS, shape.isVersionsFirst() ? EXTENSIONS_OFFSET : tailOffset - VERSIONS.length);
        put(TAIL, tailOffset);
        putU16(dataOffset - 2, dataLength);
        sign(hello, secret);
        return length;
    }

    /** The client's first cipher, as in C, unless the domain is known to choose by its own taste. [P-TLS-18] */
    private int cipher(FakeTlsClientHello hello, OriginProfile.HelloShape shape)
    {
        return shape.cipher() != OriginProfile.HelloShape.CIPHER_FIRST && offers.hasCipher(shape.cipher()) ?
            shape.cipher() :
            hello.cipher();
    }

    private void putShareHead(int at, int shareLength)
    {
        putU16(at, EXTENSION_KEY_SHARE);
        putU16(at + 2, HANDSHAKE_HEADER_LENGTH + shareLength);
        putU16(at + 4, shareLength == KeyShare.HYBRID_LENGTH ? KeyShare.HYBRID_GROUP : KeyShare.X25519_GROUP);
        putU16(at + 6, shareLength);
    }

    /** The server's Random is a digest over the client's Random and the whole flight. [P-TLS-23] */
    private void sign(FakeTlsClientHello hello, Secret secret)
    {
        hello.copyRandom(clientRandom, 0);
        secret.copyTo(key, 0);
        hmac.init(key, 0, Secret.LENGTH);
        hmac.update(clientRandom, 0, clientRandom.length);
        hmac.update(flight, 0, length);
        hmac.doFinal(flight, RANDOM_OFFSET);
        hmac.close();
        Arrays.fill(key, (byte)0);
    }

    /** A key stream is as random as what keys it, and costs a sixtieth of the system's generator. */
    private void fillWithNoise(int offset, int noiseLength)
    {
        if (noiseLeft < noiseLength)
        {
            random.nextBytes(key, 0, key.length);
            random.nextBytes(iv, 0, iv.length);
            noise.init(key, iv);
            Arrays.fill(key, (byte)0);
            noiseLeft = KEY_BYTES_MAX;
        }
        noiseLeft -= noiseLength;
        noise.update(zeros, 0, flightBuffer, offset, noiseLength);
    }

    /** @return the bytes of the last flight, from offset 0. */
    public UnsafeBuffer flight()
    {
        return flightBuffer;
    }

    /** Copies the ML-KEM secret behind the last hybrid share, for tests that open it as a client. */
    void copyMlKemSecret(byte[] out, int offset)
    {
        shares.copyMlKemSecret(out, offset);
    }

    private static int shareOffset(OriginProfile.HelloShape shape)
    {
        return EXTENSIONS_OFFSET + SHARE_HEAD_LENGTH + (shape.isVersionsFirst() ? VERSIONS.length : 0);
    }

    private static int dataOffset(int shareLength)
    {
        return EXTENSIONS_OFFSET + SHARE_HEAD_LENGTH + shareLength + VERSIONS.length + TAIL.length + 2;
    }

    private void put(byte[] bytes, int offset)
    {
        System.arraycopy(bytes, 0, flight, offset, bytes.length);
    }

    private void putU16(int offset, int value)
    {
        flight[offset] = (byte)(value >>> Byte.SIZE);
        flight[offset + 1] = (byte)value;
    }
}
