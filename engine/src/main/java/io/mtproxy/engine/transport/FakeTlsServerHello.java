// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Curve25519Points;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.Secret;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes the one flight with which a good hello is answered. [P-TLS-21..24]
 *
 * <pre>
 *   0             43   44           76       78  79     81                          127        133  136  138
 *   +-------------+----+------------+--------+---+------+---------------------------+----------+----+----+-------
 *   | ..., Random | 32 | session id | cipher | 0 | 46   | key_share, versions (or   | change   | 17 | N  | N random
 *   | (digest)    |    |            |        |   |      | the other way round)      | cipher   | 0303    | bytes
 *   +-------------+----+------------+--------+---+------+---------------------------+----------+----+----+-------
 * </pre>
 *
 * One for each client agent; a flight stays readable until the next.
 */
public final class FakeTlsServerHello
{
    /** Longest flight. */
    public static final int LENGTH_MAX = 138 + FlightSizes.LENGTH_MAX;

    private static final byte[] HEAD = {0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3};
    private static final byte[] KEY_SHARE = {0, 0x33, 0, 0x24, 0, 0x1d, 0, 0x20};
    private static final byte[] VERSIONS = {0, 0x2b, 0, 2, 3, 4};
    private static final byte[] TAIL = {0x14, 3, 3, 0, 1, 1, 0x17, 3, 3};
    private static final int RANDOM_OFFSET = FakeTlsClientHello.RANDOM_OFFSET;
    private static final int SESSION_ID_OFFSET = FakeTlsClientHello.SESSION_ID_OFFSET;
    private static final int CIPHER_OFFSET = SESSION_ID_OFFSET + FakeTlsClientHello.SESSION_ID_LENGTH;
    private static final int EXTENSIONS_OFFSET = CIPHER_OFFSET + 5;
    private static final int EXTENSIONS_LENGTH = KEY_SHARE.length + Curve25519Points.LENGTH + VERSIONS.length;
    private static final int TAIL_OFFSET = EXTENSIONS_OFFSET + EXTENSIONS_LENGTH;
    private static final int DATA_OFFSET = TAIL_OFFSET + TAIL.length + 2;
    /** Random bytes drawn from one key before the next is drawn. */
    private static final long KEY_BYTES_MAX = 1 << 20;

    private final RandomSource random;
    private final Curve25519Points points;
    private final Hmac hmac;
    private final AesCtrStream noise;
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
        this.points = new Curve25519Points(random);
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
        points.next(flight, keyShareOffset(profile));
        int dataLength = profile.flight().drawLength(random, true);
        fillWithNoise(DATA_OFFSET, dataLength);
        return encode(hello, secret, profile.hello().isVersionsFirst(), dataLength);
    }

    /** The same with everything drawn given; for vectors. */
    int encode(FakeTlsClientHello hello, Secret secret, OriginProfile profile, byte[] keyShare, byte[] data)
    {
        System.arraycopy(keyShare, 0, flight, keyShareOffset(profile), keyShare.length);
        System.arraycopy(data, 0, flight, DATA_OFFSET, data.length);
        return encode(hello, secret, profile.hello().isVersionsFirst(), data.length);
    }

    private int encode(FakeTlsClientHello hello, Secret secret, boolean reversed, int dataLength)
    {
        length = DATA_OFFSET + dataLength;
        put(HEAD, 0);
        Arrays.fill(flight, RANDOM_OFFSET, RANDOM_OFFSET + FakeTlsClientHello.RANDOM_LENGTH, (byte)0);
        flight[SESSION_ID_OFFSET - 1] = FakeTlsClientHello.SESSION_ID_LENGTH;
        hello.copySessionId(flight, SESSION_ID_OFFSET);
        putU16(CIPHER_OFFSET, hello.cipher());
        flight[CIPHER_OFFSET + 2] = 0;
        putU16(CIPHER_OFFSET + 3, EXTENSIONS_LENGTH);
        put(KEY_SHARE, reversed ? EXTENSIONS_OFFSET + VERSIONS.length : EXTENSIONS_OFFSET);
        put(VERSIONS, reversed ? EXTENSIONS_OFFSET : TAIL_OFFSET - VERSIONS.length);
        put(TAIL, TAIL_OFFSET);
        putU16(DATA_OFFSET - 2, dataLength);
        sign(hello, secret);
        return length;
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

    private static int keyShareOffset(OriginProfile profile)
    {
        return EXTENSIONS_OFFSET + KEY_SHARE.length + (profile.hello().isVersionsFirst() ? VERSIONS.length : 0);
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
