// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Transport;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import javax.crypto.KEM;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Key shares of answers, looked at as a client does that holds the other half. [P-TLS-22] */
class KeyShareTest
{
    private static final String DOMAIN = "www.example.com";
    private static final long NOW = 1_800_000_000L;
    private static final int HYBRID_RECORD_LENGTH = 1790;
    private static final int KEY_OFFSET_IN_SHARE = 0;
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    private final SplittableRandom random = new SplittableRandom(5);
    private final byte[] secret = bytes(Secret.LENGTH);
    private final IndependentMlKem768 client = new IndependentMlKem768(bytes(32), bytes(32));
    private final Hmac hmac = new Hmac(new CipherScratch());
    private final FakeTlsClientHello hello = new FakeTlsClientHello(hmac);
    private final FakeTlsServerHello serverHello =
        new FakeTlsServerHello(new SeededRandom(7), new CipherScratch(), hmac);

    /** [P-TLS-22] The share opens at the client's side to the secret that the server had. */
    @Test
    void shouldCloseASecretThatTheClientOpens()
    {
        for (boolean isVersionsFirst : new boolean[]{false, true})
        {
            byte[] flight = answer(hello(client.encapsulationKey()), profile(isVersionsFirst, true));

            int at = isVersionsFirst ? 87 : 81;
            assertEquals("0033046411ec0460", hex(flight, at, 8));
            assertEquals("002b00020304", hex(flight, isVersionsFirst ? 81 : 1209, 6));
            assertEquals("16030304ba020004b60303", hex(flight, 0, 11));
            assertEquals("140303000101170303", hex(flight, 1215, 9));
            assertEquals(1215 + 11 + 3000, flight.length);
            byte[] drawn = new byte[32];
            serverHello.copyMlKemSecret(drawn, 0);
            assertArrayEquals(drawn, client.decapsulate(Arrays.copyOfRange(flight, at + 8, at + 8 + 1088)));
            assertOnCurve(Arrays.copyOfRange(flight, at + 8 + 1088, at + 8 + 1120));
        }
    }

    /** [P-TLS-23] A client takes a flight with such a share, digest and all. */
    @Test
    void shouldSatisfyAClient()
    {
        byte[] hello = hello(client.encapsulationKey());
        FakeTlsClientPeer peer =
            new FakeTlsClientPeer(ClientOptions.of(Transport.PADDED, secret, 2, 1), hello);
        peer.receive(answer(hello, profile(false, true)));
        assertEquals("", peer.violation());
        assertEquals(true, peer.isAccepted());
    }

    /** [P-TLS-22] No two shares are the same, and none changes what was drawn for another. */
    @Test
    void shouldDrawAnewForEachHello()
    {
        byte[] first = answer(hello(client.encapsulationKey()), profile(false, true));
        byte[] second = answer(hello(client.encapsulationKey()), profile(false, true));
        assertFalse(Arrays.equals(first, 89, 89 + 1088, second, 89, 89 + 1088));
        assertFalse(Arrays.equals(first, 1177, 1209, second, 1177, 1209));
    }

    /** [P-TLS-22] Not taken by the domain, not offered, no key at all: X25519, as ever. */
    @Test
    void shouldAnswerOthersByX25519()
    {
        assertX25519(answer(hello(client.encapsulationKey()), profile(false, false)));
        assertX25519(answer(hello(new byte[0]), profile(false, true)));
        byte[] key = client.encapsulationKey();
        for (int at : new int[]{KEY_OFFSET_IN_SHARE, 600, 1149})
        {
            byte[] broken = key.clone();
            Arrays.fill(broken, at, at + 3, (byte)0xff);
            assertX25519(answer(hello(broken), profile(false, true)));
        }
        byte[] random = bytes(1184);
        assertX25519(answer(hello(random), profile(false, true)));
        // what is random by right is no reason
        byte[] otherSeed = key.clone();
        Arrays.fill(otherSeed, 1152, 1184, (byte)0xff);
        assertEquals("11ec", hex(answer(hello(otherSeed), profile(false, true)), 85, 2));
    }

    /** Shares cut anywhere, lengths that lie: an answer, and no exception. */
    @Test
    void shouldSurviveAnyExtensions()
    {
        byte[] good = hello(client.encapsulationKey());
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = good.clone();
            for (int i = random.nextInt(3); i >= 0; i--)
            {
                bytes[150 + random.nextInt(bytes.length - 150)] = (byte)random.nextInt(256);
            }
            FakeTlsClientPeer.sign(bytes, secret, (int)NOW);
            if (read(bytes) == FakeTlsClientHello.Result.ACCEPTED)
            {
                serverHello.encode(hello, Secret.of(secret, 0), profile(false, true));
            }
        }
    }

    /** [P-TLS-18] A domain that chooses by its own taste is followed where the client offers that cipher. */
    @Test
    void shouldChooseTheCipherOfTheDomain()
    {
        OriginProfile taste = new OriginProfile(new OriginProfile.HelloShape(false, 0x1302, false, true),
            FlightSizes.ofLengths(3000), AfterHandshake.UNKNOWN, new AnswerDelays(List.of()));
        assertEquals("1302", hex(answer(hello("130313021301"), taste), 76, 2));
        assertEquals("1303", hex(answer(hello("13031301"), taste), 76, 2));
        assertEquals("1303", hex(answer(hello("130313021301"), profile(false, false)), 76, 2));
    }

    /** The client of this test agrees with the JDK's server side, so that it is the standard's. */
    @Test
    void shouldAgreeWithTheJdk() throws Exception
    {
        byte[] encoded = HexFormat.of().parseHex("308204b2300b0609608648016503040402038204a100" +
            HexFormat.of().formatHex(client.encapsulationKey()));
        KEM.Encapsulated closed = KEM.getInstance("ML-KEM-768")
            .newEncapsulator(KeyFactory.getInstance("ML-KEM-768").generatePublic(new X509EncodedKeySpec(encoded)))
            .encapsulate();
        assertArrayEquals(closed.key().getEncoded(), client.decapsulate(closed.encapsulation()));
        byte[] broken = closed.encapsulation().clone();
        broken[500] ^= 1;
        assertFalse(Arrays.equals(closed.key().getEncoded(), client.decapsulate(broken)));
    }

    private void assertX25519(byte[] flight)
    {
        assertEquals("00330024001d0020", hex(flight, 81, 8));
        assertOnCurve(Arrays.copyOfRange(flight, 89, 121));
        assertEquals("140303000101170303", hex(flight, 127, 9));
    }

    private static void assertOnCurve(byte[] point)
    {
        byte[] bigEndian = new byte[point.length];
        for (int i = 0; i < point.length; i++)
        {
            bigEndian[i] = point[point.length - 1 - i];
        }
        BigInteger u = new BigInteger(1, bigEndian);
        BigInteger right = u.pow(3).add(u.pow(2).multiply(BigInteger.valueOf(486_662))).add(u).mod(P);
        assertEquals(BigInteger.ONE, right.modPow(P.subtract(BigInteger.ONE).shiftRight(1), P));
    }

    private static OriginProfile profile(boolean isVersionsFirst, boolean isHybridTaken)
    {
        return new OriginProfile(new OriginProfile.HelloShape(isVersionsFirst, 0x1301, isHybridTaken, true),
            FlightSizes.ofLengths(3000), AfterHandshake.UNKNOWN, new AnswerDelays(List.of()));
    }

    private byte[] hello(byte[] mlKemKey)
    {
        byte[] bytes = FakeTlsClientPeer.unsignedHello(DOMAIN, random, HYBRID_RECORD_LENGTH, "13011302", mlKemKey);
        FakeTlsClientPeer.sign(bytes, secret, (int)NOW);
        return bytes;
    }

    private byte[] hello(String ciphers)
    {
        byte[] bytes = FakeTlsClientPeer.unsignedHello(DOMAIN, random, HYBRID_RECORD_LENGTH, ciphers);
        FakeTlsClientPeer.sign(bytes, secret, (int)NOW);
        return bytes;
    }

    private FakeTlsClientHello.Result read(byte[] bytes)
    {
        return hello.read(new UnsafeBuffer(bytes), 0, bytes.length, 443, NOW, new FakeTlsDomains(List.of(DOMAIN)),
            SecretList.of(List.of(Secret.of(secret, 0))), SecretList.NO_POSITION,
            new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)])));
    }

    private byte[] answer(byte[] helloBytes, OriginProfile profile)
    {
        assertEquals(FakeTlsClientHello.Result.ACCEPTED, read(helloBytes));
        byte[] flight = new byte[serverHello.encode(hello, Secret.of(secret, 0), profile)];
        serverHello.flight().getBytes(0, flight);
        return flight;
    }

    private static String hex(byte[] bytes, int from, int length)
    {
        return HexFormat.of().formatHex(bytes, from, from + length);
    }

    private byte[] bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
