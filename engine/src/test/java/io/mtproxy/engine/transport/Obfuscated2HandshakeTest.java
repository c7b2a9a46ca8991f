// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.lang.reflect.Field;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers made here from the specification, with the JDK's own ciphers. */
class Obfuscated2HandshakeTest
{
    private static final int HEADER_LENGTH = 64;

    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
    private final CipherScratch scratch = new CipherScratch();
    private final Obfuscated2Handshake handshake = new Obfuscated2Handshake(new Digests(scratch));
    private final AesCtrStream receive = new AesCtrStream(scratch);
    private final AesCtrStream send = new AesCtrStream(scratch);

    /** [P-OBF-03] [P-OBF-15] Each of the most secrets there may be. */
    @Test
    void shouldFindEachOf128Secrets()
    {
        List<byte[]> secrets = randomSecrets(SecretList.COUNT_MAX);
        SecretList list = listOf(secrets);
        for (int i = 0; i < secrets.size(); i++)
        {
            ClientSide client = new ClientSide(secrets.get(i), IntermediateFrames.TAG, i);

            assertEquals(HandshakeResult.ACCEPTED, decode(client.headerWire, list));
            assertEquals(i, handshake.secretIndex());
            assertEquals(i, handshake.dcId());
            client.verifyStreams();
        }
    }

    /** [P-OBF-15] Of two equal secrets the first has the connection. */
    @Test
    void shouldTakeTheFirstOfEqualSecrets()
    {
        byte[] other = randomBytes(Secret.LENGTH);
        byte[] twice = randomBytes(Secret.LENGTH);
        ClientSide client = new ClientSide(twice, AbridgedFrames.TAG, 1);

        assertEquals(HandshakeResult.ACCEPTED, decode(client.headerWire, listOf(List.of(other, twice, twice))));
        assertEquals(1, handshake.secretIndex());
    }

    /** The likely secret is no more than tried first. */
    @Test
    void shouldBeginWithLikelySecret()
    {
        byte[] other = randomBytes(Secret.LENGTH);
        byte[] twice = randomBytes(Secret.LENGTH);
        ClientSide client = new ClientSide(twice, AbridgedFrames.TAG, 1);
        SecretList list = listOf(List.of(other, twice, twice));
        int[] found = IntStream.of(2, 1, 0, 3, 127, SecretList.NO_POSITION).map(likely ->
        {
            assertEquals(HandshakeResult.ACCEPTED, handshake.decode(new UnsafeBuffer(client.headerWire), 0,
                HEADER_LENGTH, list, likely, receive, send));
            return handshake.secretIndex();
        }).toArray();

        assertArrayEquals(new int[]{2, 1, 1, 1, 1, 1}, found);
        client.verifyStreams();
        assertEquals(HandshakeResult.REJECTED, handshake.decode(new UnsafeBuffer(randomBytes(HEADER_LENGTH)), 0,
            HEADER_LENGTH, list, 1, receive, send));
    }

    /** [P-OBF-12] No secret is not the same as a secret of zeros. */
    @Test
    void shouldNotMixWithoutSecrets()
    {
        ClientSide client = new ClientSide(null, PaddedIntermediateFrames.TAG, -3);

        assertEquals(HandshakeResult.REJECTED, decode(client.headerWire, listOf(List.of(new byte[Secret.LENGTH]))));
        assertEquals(HandshakeResult.ACCEPTED, decode(client.headerWire, SecretList.empty()));
        assertEquals(-1, handshake.secretIndex());
        assertSame(PaddedIntermediateFrames.INSTANCE, handshake.frameCodec());
        client.verifyStreams();
    }

    /** [P-OBF-16] Any 16 bits, with their sign. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, -1, 5, -5, 203, 10002, -10002, Short.MAX_VALUE, Short.MIN_VALUE})
    void shouldExtendTheSignOfTheDcId(int dcId)
    {
        byte[] secret = randomBytes(Secret.LENGTH);
        ClientSide client = new ClientSide(secret, AbridgedFrames.TAG, dcId);

        assertEquals(HandshakeResult.ACCEPTED, decode(client.headerWire, listOf(List.of(secret))));
        assertEquals(dcId, handshake.dcId());
    }

    /** [P-OBF-18] Fewer than 64 bytes are never judged, and touch neither stream. */
    @Test
    void shouldWaitForTheWholeHeader()
    {
        ClientSide earlier = new ClientSide(null, AbridgedFrames.TAG, 1);
        assertEquals(HandshakeResult.ACCEPTED, decode(earlier.headerWire, SecretList.empty()));

        byte[] next = new ClientSide(null, AbridgedFrames.TAG, 2).headerWire;
        for (int length = 0; length < HEADER_LENGTH; length++)
        {
            UnsafeBuffer buffer = new UnsafeBuffer(Arrays.copyOf(next, length));
            assertEquals(HandshakeResult.NEED_MORE,
                handshake.decode(buffer, 0, length, SecretList.empty(), SecretList.NO_POSITION, receive, send));
        }
        assertThrows(AssertionError.class, handshake::secretIndex);
        earlier.verifyStreams();
    }

    /** [P-OBF-17] Rejected: nothing of an earlier client may be taken for this one's. */
    @Test
    void shouldForgetTheEarlierResult()
    {
        ClientSide client = new ClientSide(null, AbridgedFrames.TAG, 1);
        assertEquals(HandshakeResult.ACCEPTED, decode(client.headerWire, SecretList.empty()));
        assertEquals(HandshakeResult.REJECTED, decode(new byte[HEADER_LENGTH], SecretList.empty()));

        assertThrows(IllegalStateException.class, () -> receive.skip(1), "no key is left in the stream");
        assertThrows(AssertionError.class, handshake::dcId);
        assertThrows(AssertionError.class, handshake::frameCodec);
        assertThrows(AssertionError.class, handshake::secretIndex);
    }

    /** [P-OBF-14] [P-OBF-17] Random bytes are rejected (by one in 2^30 not), and never throw. */
    @Test
    void shouldRejectRandomBytes()
    {
        SecretList secrets = listOf(randomSecrets(3));
        for (int i = 0; i < 20_000; i++)
        {
            assertEquals(HandshakeResult.REJECTED, decode(randomBytes(HEADER_LENGTH), secrets));
            assertEquals(HandshakeResult.REJECTED, decode(randomBytes(HEADER_LENGTH), SecretList.empty()));
        }
    }

    /** [P-OBF-14] Exactly three of the 256 tags of four equal bytes, and none that differs from those by a bit. */
    @Test
    void shouldKnowThreeTags()
    {
        for (int value = 0; value < 256; value++)
        {
            int tag = value * 0x01010101;
            boolean known = value == 0xef || value == 0xee || value == 0xdd;
            assertEquals(known, FrameCodec.isTag(tag));
            if (known)
            {
                assertEquals(tag, FrameCodec.ofTag(tag).tag());
                for (int bit = 0; bit < Integer.SIZE; bit++)
                {
                    int changed = tag ^ 1 << bit;
                    assertEquals(false, FrameCodec.isTag(changed));
                    assertThrows(IllegalArgumentException.class, () -> FrameCodec.ofTag(changed));
                }
            }
        }
    }

    @Test
    void shouldKeepNoKeyMaterial() throws ReflectiveOperationException
    {
        byte[] secret = randomBytes(Secret.LENGTH);
        SecretList secrets = listOf(List.of(secret));
        assertEquals(HandshakeResult.ACCEPTED,
            decode(new ClientSide(secret, AbridgedFrames.TAG, 1).headerWire, secrets));
        assertAllZero();
        assertEquals(HandshakeResult.REJECTED, decode(randomBytes(HEADER_LENGTH), secrets));
        assertAllZero();
    }

    private void assertAllZero() throws ReflectiveOperationException
    {
        int count = 0;
        for (Field field : Obfuscated2Handshake.class.getDeclaredFields())
        {
            field.setAccessible(true);
            byte[] bytes = switch (field.get(handshake))
            {
                case byte[] array -> array;
                case UnsafeBuffer buffer -> buffer.byteArray();
                default -> new byte[0];
            };
            count += bytes.length;
            assertArrayEquals(new byte[bytes.length], bytes, field.getName());
        }
        assertTrue(count > 2 * HEADER_LENGTH);
    }

    private HandshakeResult decode(byte[] header, SecretList secrets)
    {
        return handshake.decode(new UnsafeBuffer(header), 0, header.length, secrets, SecretList.NO_POSITION, receive,
            send);
    }

    private List<byte[]> randomSecrets(int count)
    {
        List<byte[]> secrets = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            secrets.add(randomBytes(Secret.LENGTH));
        }
        return secrets;
    }

    private static SecretList listOf(List<byte[]> secrets)
    {
        return SecretList.of(secrets.stream().map(bytes -> Secret.of(bytes, 0)).toList());
    }

    private byte[] randomBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** [P-OBF-10] [P-OBF-11] [P-OBF-12] [P-OBF-13] The client's end, by the specification. */
    private final class ClientSide
    {
        private final byte[] headerWire;
        private final Cipher toProxy;
        private final Cipher fromProxy;

        /** Without a secret if that is null. */
        ClientSide(byte[] secret, int tag, int dcId)
        {
            byte[] plain = randomBytes(HEADER_LENGTH);
            UnsafeBuffer view = new UnsafeBuffer(plain);
            view.putInt(56, tag);
            view.putByte(60, (byte)dcId);
            view.putByte(61, (byte)(dcId >> Byte.SIZE));

            byte[] reversed = new byte[48];
            for (int i = 0; i < reversed.length; i++)
            {
                reversed[i] = plain[55 - i];
            }

            toProxy = cipher(Arrays.copyOfRange(plain, 8, 40), secret, Arrays.copyOfRange(plain, 40, 56));
            fromProxy = cipher(Arrays.copyOf(reversed, 32), secret, Arrays.copyOfRange(reversed, 32, 48));

            byte[] encrypted = toProxy.update(plain);
            headerWire = Arrays.copyOf(plain, HEADER_LENGTH);
            System.arraycopy(encrypted, 56, headerWire, 56, 8);
        }

        /** Both streams of the proxy must be where the client's are. */
        void verifyStreams()
        {
            byte[] sent = randomBytes(100);
            byte[] received = new byte[sent.length];
            receive.update(new UnsafeBuffer(toProxy.update(sent)), 0, new UnsafeBuffer(received), 0, sent.length);
            assertArrayEquals(sent, received);

            byte[] answer = randomBytes(100);
            byte[] answerWire = new byte[answer.length];
            send.update(new UnsafeBuffer(answer), 0, new UnsafeBuffer(answerWire), 0, answer.length);
            assertArrayEquals(answer, fromProxy.update(answerWire));
        }

        private static Cipher cipher(byte[] keySeed, byte[] secret, byte[] iv)
        {
            try
            {
                byte[] key = keySeed;
                if (secret != null)
                {
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    digest.update(keySeed);
                    key = digest.digest(secret);
                }
                Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
                cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
                return cipher;
            }
            catch (GeneralSecurityException e)
            {
                throw new IllegalStateException(e);
            }
        }
    }
}
