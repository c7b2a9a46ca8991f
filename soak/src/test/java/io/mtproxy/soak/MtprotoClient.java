// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * The client's side of an auth key exchange and of encrypted messages, for tests. It shares with the server only the
 * byte builder and digests; IGE and the key schedule are written a second time.
 */
final class MtprotoClient
{
    /** How inner data is encrypted. */
    enum RsaScheme
    {
        RSA_PAD,
        SHA1
    }

    record Message(long id, int sequence, byte[] body)
    {
    }

    private final MtprotoServer server;
    private final RandomGenerator random = new SplittableRandom(11);
    private final long connectionId;
    final List<Integer> quickAcks = new ArrayList<>();
    private byte[] authKey = new byte[0];
    private long salt;
    private long messageId = 1_700_000_000L << 32;
    private int quickAckExpected;

    MtprotoClient(MtprotoServer server, long connectionId)
    {
        this.server = server;
        this.connectionId = connectionId;
    }

    long salt()
    {
        return salt;
    }

    int quickAckExpected()
    {
        return quickAckExpected;
    }

    List<byte[]> exchange(byte[] packet, boolean quickAck)
    {
        List<byte[]> answers = new ArrayList<>();
        server.receive(connectionId, packet, quickAck, new MtprotoServer.Answers()
        {
            @Override
            public void answer(byte[] answer)
            {
                answers.add(answer);
            }

            @Override
            public void quickAck(int confirm)
            {
                quickAcks.add(confirm);
            }
        });
        return answers;
    }

    /** The whole exchange of an auth key. */
    void agree(int innerKind, RsaScheme scheme, BigInteger modulus) throws Exception
    {
        byte[] nonce = bytes(16);
        byte[] newNonce = bytes(32);
        TlReader resPq = plain(new ByteBuilder().putInt(0xbe7e8ef1).putBytes(nonce).toByteArray());
        resPq.expect(0x05162463);
        resPq.expectRaw(nonce);
        byte[] serverNonce = resPq.readRaw(16);
        byte[] pq = resPq.readBytes();
        resPq.expect(0x1cb5c415);
        resPq.expect(1);
        long fingerprint = resPq.readLong();
        byte[][] factors = factors(new BigInteger(1, pq));

        ByteBuilder inner = new ByteBuilder().putInt(innerKind);
        Tl.putBytes(inner, pq);
        Tl.putBytes(inner, factors[0]);
        Tl.putBytes(inner, factors[1]);
        inner.putBytes(nonce).putBytes(serverNonce).putBytes(newNonce);
        if (innerKind == 0xa9f55f95 || innerKind == 0x56fddf88)
        {
            inner.putInt(2);
        }
        if (innerKind == 0x3c6a84d4 || innerKind == 0x56fddf88)
        {
            inner.putInt(86400);
        }
        ByteBuilder request = new ByteBuilder().putInt(0xd712e4be).putBytes(nonce).putBytes(serverNonce);
        Tl.putBytes(request, factors[0]);
        Tl.putBytes(request, factors[1]);
        request.putLong(fingerprint);
        Tl.putBytes(request, rsa(inner.toByteArray(), scheme, modulus));

        TlReader params = plain(request.toByteArray());
        params.expect(0xd0e8075c);
        params.expectRaw(nonce);
        params.expectRaw(serverNonce);
        byte[] key = concat(Jce.sha1(newNonce, serverNonce), Arrays.copyOf(Jce.sha1(serverNonce, newNonce), 12));
        byte[] iv = concat(
            Arrays.copyOfRange(Jce.sha1(serverNonce, newNonce), 12, 20), Jce.sha1(newNonce, newNonce),
            Arrays.copyOf(newNonce, 4));
        byte[] answer = ige(false, params.readBytes(), key, iv);
        TlReader dh = new TlReader(answer, 20, answer.length - 20);
        dh.expect(0xb5890dba);
        dh.expectRaw(nonce);
        dh.expectRaw(serverNonce);
        BigInteger generator = BigInteger.valueOf(dh.readInt());
        BigInteger prime = new BigInteger(1, dh.readBytes());
        BigInteger serverPublic = new BigInteger(1, dh.readBytes());
        dh.readInt();
        byte[] hashed = Arrays.copyOfRange(answer, 20, answer.length - dh.remaining());
        if (!Arrays.equals(Arrays.copyOf(answer, 20), Jce.sha1(hashed)))
        {
            throw new IllegalStateException("hash of server_DH_inner_data");
        }

        BigInteger exponent = new BigInteger(1, bytes(256));
        ByteBuilder clientInner = new ByteBuilder().putInt(0x6643b654).putBytes(nonce).putBytes(serverNonce).putLong(0);
        Tl.putBytes(clientInner, unsigned(generator.modPow(exponent, prime), 256));
        byte[] data = clientInner.toByteArray();
        byte[] withHash = concat(Jce.sha1(data), data);
        withHash = concat(withHash, bytes(-withHash.length & 15));
        ByteBuilder set = new ByteBuilder().putInt(0xf5045f1f).putBytes(nonce).putBytes(serverNonce);
        Tl.putBytes(set, ige(true, withHash, key, iv));
        TlReader done = plain(set.toByteArray());
        done.expect(0x3bcbf734);
        done.expectRaw(nonce);
        done.expectRaw(serverNonce);
        authKey = unsigned(serverPublic.modPow(exponent, prime), 256);
        byte[] hash = Jce.sha1(newNonce, new byte[]{1}, Arrays.copyOf(Jce.sha1(authKey), 8));
        done.expectRaw(Arrays.copyOfRange(hash, 4, 20));
        salt = LittleEndian.getLong(newNonce, 0) ^ LittleEndian.getLong(serverNonce, 0);
    }

    long nextMessageId()
    {
        messageId += 4;
        return messageId;
    }

    /** Sends one message and gives the messages of the answer, containers taken apart. */
    List<Message> call(long usedSalt, long sessionId, long id, byte[] body, boolean quickAck) throws Exception
    {
        byte[] plain = new ByteBuilder()
            .putLong(usedSalt).putLong(sessionId).putLong(id).putInt(1).putInt(body.length).putBytes(body)
            .toByteArray();
        plain = concat(plain, bytes(12 + (-(plain.length + 12) & 15)));
        byte[] large = Jce.sha256(Arrays.copyOfRange(authKey, 88, 120), plain);
        byte[] messageKey = Arrays.copyOfRange(large, 8, 24);
        quickAckExpected = LittleEndian.getInt(large, 0) | 0x8000_0000;
        byte[] packet = concat(
            Arrays.copyOfRange(Jce.sha1(authKey), 12, 20), messageKey,
            ige(true, plain, key(messageKey, 0), iv(messageKey, 0)));

        List<Message> messages = new ArrayList<>();
        for (byte[] answer : exchange(packet, quickAck))
        {
            byte[] answerKey = Arrays.copyOfRange(answer, 8, 24);
            byte[] clear =
                ige(false, Arrays.copyOfRange(answer, 24, answer.length), key(answerKey, 8), iv(answerKey, 8));
            byte[] expected = Jce.sha256(Arrays.copyOfRange(authKey, 96, 128), clear);
            if (!Arrays.equals(answerKey, Arrays.copyOfRange(expected, 8, 24)))
            {
                throw new IllegalStateException("message key");
            }
            TlReader reader = new TlReader(clear);
            reader.readLong();
            if (reader.readLong() != sessionId)
            {
                throw new IllegalStateException("session id");
            }
            addMessage(messages, reader);
            if (reader.remaining() < 12 || reader.remaining() > 1024)
            {
                throw new IllegalStateException("padding of " + reader.remaining());
            }
        }
        return messages;
    }

    private static void addMessage(List<Message> messages, TlReader reader) throws Exception
    {
        long id = reader.readLong();
        int sequence = reader.readInt();
        byte[] body = reader.readRaw(reader.readInt());
        if (LittleEndian.getInt(body, 0) != 0x73f1f8dc)
        {
            messages.add(new Message(id, sequence, body));
            return;
        }
        TlReader container = new TlReader(body, 4, body.length - 4);
        int count = container.readInt();
        for (int i = 0; i < count; i++)
        {
            addMessage(messages, container);
        }
    }

    private TlReader plain(byte[] body) throws Exception
    {
        List<byte[]> answers = exchange(
            new ByteBuilder().putLong(0).putLong(nextMessageId()).putInt(body.length).putBytes(body).toByteArray(),
            false);
        if (answers.size() != 1)
        {
            throw new IllegalStateException(answers.size() + " answers");
        }
        TlReader reader = new TlReader(answers.getFirst());
        reader.skip(16);
        reader.readInt();
        return reader;
    }

    private byte[] rsa(byte[] data, RsaScheme scheme, BigInteger modulus)
    {
        BigInteger exponent = BigInteger.valueOf(65537);
        if (scheme == RsaScheme.SHA1)
        {
            byte[] block = concat(Jce.sha1(data), data);
            block = concat(block, bytes(255 - block.length));
            return unsigned(new BigInteger(1, block).modPow(exponent, modulus), 256);
        }
        byte[] padded = concat(data, bytes(192 - data.length));
        byte[] reversed = new byte[192];
        for (int i = 0; i < 192; i++)
        {
            reversed[i] = padded[191 - i];
        }
        while (true)
        {
            byte[] temporary = bytes(32);
            byte[] encrypted =
                ige(true, concat(reversed, Jce.sha256(temporary, padded)), temporary, new byte[32]);
            byte[] hash = Jce.sha256(encrypted);
            byte[] xored = new byte[32];
            for (int i = 0; i < 32; i++)
            {
                xored[i] = (byte)(temporary[i] ^ hash[i]);
            }
            BigInteger number = new BigInteger(1, concat(xored, encrypted));
            if (number.compareTo(modulus) < 0)
            {
                return unsigned(number.modPow(exponent, modulus), 256);
            }
        }
    }

    private byte[] key(byte[] messageKey, int x)
    {
        byte[] a = Jce.sha256(messageKey, Arrays.copyOfRange(authKey, x, x + 36));
        byte[] b = Jce.sha256(Arrays.copyOfRange(authKey, x + 40, x + 76), messageKey);
        return concat(Arrays.copyOf(a, 8), Arrays.copyOfRange(b, 8, 24), Arrays.copyOfRange(a, 24, 32));
    }

    private byte[] iv(byte[] messageKey, int x)
    {
        byte[] a = Jce.sha256(messageKey, Arrays.copyOfRange(authKey, x, x + 36));
        byte[] b = Jce.sha256(Arrays.copyOfRange(authKey, x + 40, x + 76), messageKey);
        return concat(Arrays.copyOf(b, 8), Arrays.copyOfRange(a, 8, 24), Arrays.copyOfRange(b, 24, 32));
    }

    /** c[i] = E(p[i] ^ c[i-1]) ^ p[i-1], and back; with BigInteger-free loops and its own cipher. */
    private static byte[] ige(boolean encrypt, byte[] in, byte[] key, byte[] iv)
    {
        try
        {
            Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"));
            byte[] cipherBefore = Arrays.copyOf(iv, 16);
            byte[] plainBefore = Arrays.copyOfRange(iv, 16, 32);
            ByteBuilder out = new ByteBuilder();
            for (int at = 0; at < in.length; at += 16)
            {
                byte[] block = Arrays.copyOfRange(in, at, at + 16);
                byte[] first = encrypt ? cipherBefore : plainBefore;
                byte[] second = encrypt ? plainBefore : cipherBefore;
                byte[] result = xor(cipher.doFinal(xor(block, first)), second);
                out.putBytes(result);
                cipherBefore = encrypt ? result : block;
                plainBefore = encrypt ? block : result;
            }
            return out.toByteArray();
        }
        catch (java.security.GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] xor(byte[] a, byte[] b)
    {
        byte[] result = new byte[a.length];
        for (int i = 0; i < a.length; i++)
        {
            result[i] = (byte)(a[i] ^ b[i]);
        }
        return result;
    }

    private static byte[][] factors(BigInteger pq)
    {
        // Pollard's rho
        BigInteger x = BigInteger.TWO;
        BigInteger y = x;
        BigInteger d = BigInteger.ONE;
        while (d.equals(BigInteger.ONE))
        {
            x = x.multiply(x).add(BigInteger.ONE).mod(pq);
            y = y.multiply(y).add(BigInteger.ONE).mod(pq);
            y = y.multiply(y).add(BigInteger.ONE).mod(pq);
            d = x.subtract(y).abs().gcd(pq);
        }
        BigInteger other = pq.divide(d);
        return new byte[][]{unsigned(d.min(other), 4), unsigned(d.max(other), 4)};
    }

    private static byte[] unsigned(BigInteger value, int length)
    {
        byte[] bytes = value.toByteArray();
        byte[] result = new byte[length];
        int count = Math.min(bytes.length, length);
        System.arraycopy(bytes, bytes.length - count, result, length - count, count);
        return result;
    }

    private byte[] bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    static byte[] concat(byte[]... parts)
    {
        ByteBuilder all = new ByteBuilder();
        for (byte[] part : parts)
        {
            all.putBytes(part);
        }
        return all.toByteArray();
    }
}
