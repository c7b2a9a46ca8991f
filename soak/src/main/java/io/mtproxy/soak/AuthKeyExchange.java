// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.TlReader.MalformedException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The server's side of one auth key exchange: req_pq, req_DH_params, set_client_DH_params, as core.telegram.org
 * describes it, with RSA_PAD and the older SHA1 scheme.
 */
final class AuthKeyExchange
{
    /** The group that Telegram's servers use; clients know it. */
    static final BigInteger DH_PRIME = new BigInteger(
        "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f" +
            "48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37" +
            "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64" +
            "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4" +
            "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754" +
            "fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4" +
            "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f" +
            "0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
        16);
    static final int DH_GENERATOR = 3;

    private static final BigInteger P = BigInteger.valueOf(0x494c553bL);
    private static final BigInteger Q = BigInteger.valueOf(0x53911073L);
    private static final int NONCE_LENGTH = 16;
    private static final int NEW_NONCE_LENGTH = 32;
    private static final int SHA1_LENGTH = 20;
    private static final int RSA_PAD_DATA_LENGTH = 192;

    private final TestRsaKey rsaKey;
    private final RandomGenerator random;
    private final LongSupplier epochMs;
    private byte[] nonce = new byte[0];
    private byte[] serverNonce = new byte[0];
    private byte[] newNonce = new byte[0];
    private BigInteger exponent = BigInteger.ZERO;
    private Optional<AuthKey> agreed = Optional.empty();

    AuthKeyExchange(TestRsaKey rsaKey, RandomGenerator random, LongSupplier epochMs)
    {
        this.rsaKey = rsaKey;
        this.random = random;
        this.epochMs = epochMs;
    }

    /** The key, once it is agreed; given once. */
    Optional<AuthKey> takeKey()
    {
        Optional<AuthKey> key = agreed;
        agreed = Optional.empty();
        return key;
    }

    /** The answer to the body of a plain message. */
    byte[] answer(byte[] body) throws MalformedException
    {
        TlReader reader = new TlReader(body);
        int function = reader.readInt();
        return switch (function)
        {
            case Payloads.REQ_PQ, Payloads.REQ_PQ_MULTI -> resPq(reader);
            case Payloads.REQ_DH_PARAMS -> serverDhParams(reader);
            case Payloads.SET_CLIENT_DH_PARAMS -> dhGenOk(reader);
            default -> throw new MalformedException("function " + Integer.toHexString(function));
        };
    }

    private byte[] resPq(TlReader reader) throws MalformedException
    {
        nonce = reader.readRaw(NONCE_LENGTH);
        serverNonce = new byte[NONCE_LENGTH];
        random.nextBytes(serverNonce);
        newNonce = new byte[0];
        ByteBuilder out = new ByteBuilder().putInt(Tl.RES_PQ).putBytes(nonce).putBytes(serverNonce);
        Tl.putBytes(out, TestRsaKey.unsigned(P.multiply(Q)));
        return out.putInt(Tl.VECTOR).putInt(1).putLong(rsaKey.fingerprint()).toByteArray();
    }

    private byte[] serverDhParams(TlReader reader) throws MalformedException
    {
        expectNonces(reader);
        BigInteger p = new BigInteger(1, reader.readBytes());
        BigInteger q = new BigInteger(1, reader.readBytes());
        long fingerprint = reader.readLong();
        byte[] encrypted = reader.readBytes();
        if (!p.equals(P) || !q.equals(Q) || fingerprint != rsaKey.fingerprint() || encrypted.length != 256)
        {
            throw new MalformedException("wrong factors, key or length");
        }
        TlReader inner = new TlReader(decryptInnerData(encrypted));
        int kind = inner.readInt();
        if (!isInnerData(kind))
        {
            throw new MalformedException("inner data " + Integer.toHexString(kind));
        }
        inner.readBytes();
        inner.readBytes();
        inner.readBytes();
        inner.expectRaw(nonce);
        inner.expectRaw(serverNonce);
        newNonce = inner.readRaw(NEW_NONCE_LENGTH);

        byte[] exponentBytes = new byte[AuthKey.LENGTH];
        random.nextBytes(exponentBytes);
        exponent = new BigInteger(1, exponentBytes).mod(DH_PRIME);
        ByteBuilder answer = new ByteBuilder()
            .putInt(Tl.SERVER_DH_INNER_DATA)
            .putBytes(nonce)
            .putBytes(serverNonce)
            .putInt(DH_GENERATOR);
        Tl.putBytes(answer, TestRsaKey.unsigned(DH_PRIME));
        Tl.putBytes(answer,
            TestRsaKey.unsigned(BigInteger.valueOf(DH_GENERATOR).modPow(exponent, DH_PRIME), AuthKey.LENGTH));
        answer.putInt((int)(epochMs.getAsLong() / 1000));
        byte[] data = answer.toByteArray();
        ByteBuilder withHash = new ByteBuilder().putBytes(Jce.sha1(data)).putBytes(data);
        while (withHash.length() % 16 != 0)
        {
            withHash.putByte(random.nextInt());
        }
        ByteBuilder out =
            new ByteBuilder().putInt(Tl.SERVER_DH_PARAMS_OK).putBytes(nonce).putBytes(serverNonce);
        Tl.putBytes(out, AesIge.encrypt(
            withHash.toByteArray(), temporaryKey(newNonce, serverNonce), temporaryIv(newNonce, serverNonce)));
        return out.toByteArray();
    }

    private byte[] dhGenOk(TlReader reader) throws MalformedException
    {
        expectNonces(reader);
        byte[] encrypted = reader.readBytes();
        if (newNonce.length == 0 || encrypted.length % 16 != 0)
        {
            throw new MalformedException("set_client_DH_params out of order");
        }
        byte[] withHash =
            AesIge.decrypt(encrypted, temporaryKey(newNonce, serverNonce), temporaryIv(newNonce, serverNonce));
        TlReader hashReader = new TlReader(withHash);
        byte[] hash = hashReader.readRaw(SHA1_LENGTH);
        int available = hashReader.remaining();
        TlReader inner = new TlReader(withHash, SHA1_LENGTH, available);
        inner.expect(Tl.CLIENT_DH_INNER_DATA);
        inner.expectRaw(nonce);
        inner.expectRaw(serverNonce);
        inner.readLong();
        BigInteger clientPublic = new BigInteger(1, inner.readBytes());
        int dataLength = available - inner.remaining();
        byte[] data = Arrays.copyOfRange(withHash, SHA1_LENGTH, SHA1_LENGTH + dataLength);
        if (!Arrays.equals(hash, Jce.sha1(data)) || clientPublic.compareTo(BigInteger.ONE) <= 0 ||
            clientPublic.compareTo(DH_PRIME.subtract(BigInteger.ONE)) >= 0)
        {
            throw new MalformedException("hash or value of set_client_DH_params");
        }
        long salt = LittleEndian.getLong(newNonce, 0) ^ LittleEndian.getLong(serverNonce, 0);
        AuthKey key =
            new AuthKey(TestRsaKey.unsigned(clientPublic.modPow(exponent, DH_PRIME), AuthKey.LENGTH), salt);
        byte[] newNonceHash = Jce.sha1(newNonce, new byte[]{1}, key.auxHash());
        agreed = Optional.of(key);
        exponent = BigInteger.ZERO;
        return new ByteBuilder()
            .putInt(Tl.DH_GEN_OK)
            .putBytes(nonce)
            .putBytes(serverNonce)
            .putBytes(newNonceHash, 4, 16)
            .toByteArray();
    }

    private void expectNonces(TlReader reader) throws MalformedException
    {
        if (nonce.length == 0)
        {
            throw new MalformedException("no req_pq before");
        }
        reader.expectRaw(nonce);
        reader.expectRaw(serverNonce);
    }

    private static boolean isInnerData(int kind)
    {
        return switch (kind)
        {
            case Tl.P_Q_INNER_DATA, Tl.P_Q_INNER_DATA_DC, Tl.P_Q_INNER_DATA_TEMP, Tl.P_Q_INNER_DATA_TEMP_DC -> true;
            default -> false;
        };
    }

    /** Undoes RSA_PAD, or the older SHA1 scheme; what stands behind the data is left there. */
    private byte[] decryptInnerData(byte[] encrypted) throws MalformedException
    {
        byte[] raw = rsaKey.decrypt(encrypted);
        if (raw.length != TestRsaKey.LENGTH)
        {
            throw new MalformedException("RSA");
        }
        byte[] aesEncrypted = Arrays.copyOfRange(raw, 32, raw.length);
        byte[] temporary = Jce.sha256(aesEncrypted);
        for (int i = 0; i < 32; i++)
        {
            temporary[i] ^= raw[i];
        }
        byte[] withHash = AesIge.decrypt(aesEncrypted, temporary, new byte[32]);
        byte[] data = new byte[RSA_PAD_DATA_LENGTH];
        for (int i = 0; i < data.length; i++)
        {
            data[i] = withHash[data.length - 1 - i];
        }
        if (Arrays.equals(Jce.sha256(temporary, data), Arrays.copyOfRange(withHash, data.length, withHash.length)))
        {
            return data;
        }
        return decryptOldInnerData(raw);
    }

    /** 0, SHA1 of the data, the data, random bytes: the data's length is found by reading it. */
    private static byte[] decryptOldInnerData(byte[] raw) throws MalformedException
    {
        byte[] rest = Arrays.copyOfRange(raw, 1 + SHA1_LENGTH, raw.length);
        TlReader reader = new TlReader(rest);
        int kind = reader.readInt();
        reader.readBytes();
        reader.readBytes();
        reader.readBytes();
        reader.skip(2 * NONCE_LENGTH + NEW_NONCE_LENGTH);
        reader.skip(switch (kind)
        {
            case Tl.P_Q_INNER_DATA_DC, Tl.P_Q_INNER_DATA_TEMP -> 4;
            case Tl.P_Q_INNER_DATA_TEMP_DC -> 8;
            default -> 0;
        });
        byte[] data = Arrays.copyOf(rest, rest.length - reader.remaining());
        if (raw[0] != 0 || !Arrays.equals(Jce.sha1(data), Arrays.copyOfRange(raw, 1, 1 + SHA1_LENGTH)))
        {
            throw new MalformedException("neither RSA_PAD nor SHA1");
        }
        return data;
    }

    /** Key of the encrypted answers of the exchange. */
    static byte[] temporaryKey(byte[] newNonce, byte[] serverNonce)
    {
        return new ByteBuilder()
            .putBytes(Jce.sha1(newNonce, serverNonce))
            .putBytes(Jce.sha1(serverNonce, newNonce), 0, 12)
            .toByteArray();
    }

    static byte[] temporaryIv(byte[] newNonce, byte[] serverNonce)
    {
        return new ByteBuilder()
            .putBytes(Jce.sha1(serverNonce, newNonce), 12, 8)
            .putBytes(Jce.sha1(newNonce, newNonce))
            .putBytes(newNonce, 0, 4)
            .toByteArray();
    }
}
