// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The client of the RPC protocol on the stats port, written from the specification with the JDK's own crypto and none of
 * our codecs. Speaks to the reference as well as to ours.
 */
final class RpcTestClient implements AutoCloseable
{
    static final int NONCE = 0x7acb87aa;
    static final int HANDSHAKE = 0x7682eef5;
    static final int PING = 0x5730a2df;
    static final int PONG = 0x8430eaa7;
    static final int DH_PARAMETERS = 0x00620b93;
    static final int FLAG_CRC32C = 0x800;
    private static final int LOOPBACK = 0x7f000001;
    private static final BigInteger PRIME = new BigInteger(
        "8952131b1e3a69ba5f85cf8bd266c12b13831613bd2a4ef835a4d53f9dbb4248" +
            "2dbd462b31d86c816c5977520f1170739ed2ddd6d81b9eb65faaac148753c9e4" +
            "f072dc11a492730683fa0067826b18c51d7ecba52b826075c0b955e5acafdd74" +
            "c3795fd9520b480f3be3ba0665338a498ca5daf101760509a38c49e300746408" +
            "774bb3ed26181a6455766ae9497bb9c3a3ad5cbaf76b73845fbb96bb6d0f684f" +
            "95d2d39ccbb4a904fab1de4349ce1c2087b6c951ed99f952e34fd1a3fd148335" +
            "75414729a38be868a4f9ec623a5d24621aba01b255c7e8385d16ac93b02d2a54" +
            "0a7642982d22ada3ccde5c8d266faa25dd2de9f6d49104162f685c45fe34ddab", 16);

    private final Socket socket;
    private final DataInputStream in;
    private final byte[] secret;
    private final Random random = new Random(7);
    private BigInteger exponent;
    private byte[] nonce;
    private int sendSequence = -2;
    private int receiveSequence = -2;
    private @Nullable Cipher encryptor;
    private @Nullable Cipher decryptor;
    private boolean isCrc32c;
    private ByteBuffer plain = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    RpcTestClient(InetAddress from, int port, byte[] secret) throws IOException
    {
        this.secret = secret;
        this.exponent = new BigInteger(2040, random);
        this.nonce = new byte[16];
        random.nextBytes(nonce);
        socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), port), 60_000);
        socket.setSoTimeout(60_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    static RpcTestClient connect(int port, byte[] secret) throws IOException
    {
        return new RpcTestClient(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), port, secret);
    }

    /** Nonce with DH, keys, handshake; returns the payload of the server's handshake. */
    ByteBuffer handshake(int timestamp, int flags) throws IOException
    {
        ByteBuffer answer = exchangeNonces(timestamp);
        deriveKeys(answer, timestamp);
        sendFrame(handshakePayload(flags, new byte[12]));
        ByteBuffer accepted = receiveFrame();
        isCrc32c = (accepted.getInt(4) & FLAG_CRC32C) != 0;
        return accepted;
    }

    ByteBuffer exchangeNonces(int timestamp) throws IOException
    {
        sendFrame(noncePayload(3, timestamp, new int[0]));
        return receiveFrame();
    }

    byte[] noncePayload(int schema, int timestamp, int[] extraSelectors)
    {
        ByteBuffer payload = buffer(32 + (schema >= 2 ? 4 + 4 * extraSelectors.length : 0) + (schema == 3 ? 260 : 0));
        payload.putInt(NONCE).put(secret, 0, 4).putInt(schema).putInt(timestamp).put(nonce);
        if (schema >= 2)
        {
            payload.putInt(extraSelectors.length);
            for (int selector : extraSelectors)
            {
                payload.putInt(selector);
            }
        }
        if (schema == 3)
        {
            payload.putInt(DH_PARAMETERS).put(publicValue());
        }
        return payload.array();
    }

    byte[] publicValue()
    {
        return fixed(BigInteger.valueOf(3).modPow(exponent, PRIME));
    }

    static byte[] handshakePayload(int flags, byte[] peer)
    {
        byte[] ownId = HexFormat.of().parseHex("0708090a0000d204bb41036b");
        return buffer(32).putInt(HANDSHAKE).putInt(flags).put(ownId).put(peer).array();
    }

    void deriveKeys(ByteBuffer serverNonce, int timestamp)
    {
        use(keys(secret, exponent.toByteArray(), nonce, serverNonce.array(), timestamp, socket.getLocalPort(),
            socket.getPort()));
    }

    void deriveKeysWithoutDh(ByteBuffer serverNonce, int timestamp)
    {
        byte[] theirs = Arrays.copyOfRange(serverNonce.array(), 16, 32);
        use(keys(secret, new byte[0], nonce, theirs, timestamp, socket.getLocalPort(), socket.getPort()));
    }

    private void use(Keys keys)
    {
        encryptor = keys.encryptor();
        decryptor = keys.decryptor();
    }

    /**
     * What a client encrypts and decrypts with.
     *
     * @param encryptor of what it sends.
     * @param decryptor of what it receives.
     */
    record Keys(Cipher encryptor, Cipher decryptor)
    {
    }

    /**
     * Derives them.
     *
     * @param exponent    the client's; empty for a connection without DH.
     * @param serverNonce the whole payload, or its random part when there is no DH.
     */
    static Keys keys(byte[] secret, byte[] exponent, byte[] clientNonce, byte[] serverNonce, int timestamp,
        int clientPort, int serverPort)
    {
        boolean isDh = exponent.length != 0;
        byte[] theirs = isDh ? Arrays.copyOfRange(serverNonce, 16, 32) : serverNonce;
        byte[] shared = new byte[0];
        if (isDh)
        {
            BigInteger value =
                new BigInteger(1, Arrays.copyOfRange(serverNonce, serverNonce.length - 256, serverNonce.length));
            shared = fixed(value.modPow(new BigInteger(1, exponent), PRIME));
        }
        try
        {
            return new Keys(
                cipher(Cipher.ENCRYPT_MODE,
                    material("CLIENT", secret, theirs, clientNonce, timestamp, clientPort, serverPort, shared)),
                cipher(Cipher.DECRYPT_MODE,
                    material("SERVER", secret, theirs, clientNonce, timestamp, clientPort, serverPort, shared)));
        }
        catch (GeneralSecurityException e)
        {
            throw new AssertionError(e);
        }
    }

    private static byte[] material(String role, byte[] secret, byte[] serverNonce, byte[] clientNonce, int timestamp,
        int clientPort, int serverPort, byte[] shared)
    {
        ByteBuffer text = buffer(16 + 16 + 4 + 4 + 2 + 6 + 4 + 2 + secret.length + 16 + 16);
        text.put(serverNonce).put(clientNonce).putInt(timestamp).putInt(LOOPBACK).putShort((short)clientPort);
        text.put(role.getBytes(US_ASCII)).putInt(LOOPBACK).putShort((short)serverPort).put(secret);
        text.put(serverNonce).put(clientNonce);
        byte[] mixed = Arrays.copyOf(text.array(), Math.max(shared.length, text.capacity()));
        for (int i = 0; i < shared.length; i++)
        {
            mixed[i] ^= shared[i];
        }
        return mixed;
    }

    private static Cipher cipher(int mode, byte[] material) throws GeneralSecurityException
    {
        byte[] key = new byte[32];
        byte[] first = MessageDigest.getInstance("MD5").digest(Arrays.copyOfRange(material, 1, material.length));
        System.arraycopy(first, 0, key, 0, 12);
        System.arraycopy(MessageDigest.getInstance("SHA-1").digest(material), 0, key, 12, 20);
        byte[] iv = MessageDigest.getInstance("MD5").digest(Arrays.copyOfRange(material, 2, material.length));
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        return cipher;
    }

    void sendFrame(byte[] payload) throws IOException
    {
        sendRaw(frame(sendSequence++, payload, true));
    }

    byte[] frame(int sequence, byte[] payload, boolean isCrcRight)
    {
        ByteBuffer frame = buffer(payload.length + 12);
        frame.putInt(frame.capacity()).putInt(sequence).put(payload);
        Checksum crc = isCrc32c ? new CRC32C() : new CRC32();
        crc.update(frame.array(), 0, frame.position());
        return frame.putInt((int)crc.getValue() ^ (isCrcRight ? 0 : 1)).array();
    }

    /** Sends bytes, padded and encrypted once there are keys. */
    void sendRaw(byte[] bytes) throws IOException
    {
        byte[] out = bytes;
        if (encryptor != null)
        {
            ByteBuffer padded = buffer((bytes.length + 15) & ~15).put(bytes);
            while (padded.hasRemaining())
            {
                padded.putInt(4);
            }
            out = encryptor.update(padded.array());
        }
        socket.getOutputStream().write(out);
    }

    /** @return the next payload; throws EOFException when the server has closed. */
    ByteBuffer receiveFrame() throws IOException
    {
        int length = 4;
        while (length == 4)
        {
            length = take(4).getInt(0);
        }
        ByteBuffer rest = take(length - 4);
        ByteBuffer frame = buffer(length).putInt(length).put(rest.array());
        Checksum crc = isCrc32c ? new CRC32C() : new CRC32();
        crc.update(frame.array(), 0, length - 4);
        if ((int)crc.getValue() != frame.getInt(length - 4) || frame.getInt(4) != receiveSequence++)
        {
            throw new AssertionError("wrong frame: " + HexFormat.of().formatHex(frame.array()));
        }
        return ByteBuffer.wrap(Arrays.copyOfRange(frame.array(), 8, length - 4)).order(ByteOrder.LITTLE_ENDIAN);
    }

    ByteBuffer ask(byte[] payload) throws IOException
    {
        sendFrame(payload);
        return receiveFrame();
    }

    private ByteBuffer take(int length) throws IOException
    {
        ByteBuffer out = buffer(length);
        while (out.hasRemaining())
        {
            if (!plain.hasRemaining())
            {
                byte[] more = new byte[decryptor == null ? 4 : 16];
                in.readFully(more);
                plain = ByteBuffer.wrap(decryptor == null ? more : decryptor.update(more));
            }
            out.put(plain.get());
        }
        return out;
    }

    /** @return whether the server has closed without another byte. */
    boolean isClosedByServer() throws IOException
    {
        try
        {
            return in.read() < 0;
        }
        catch (EOFException | SocketException e)
        {
            return true;
        }
    }

    static ByteBuffer buffer(int length)
    {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] fixed(BigInteger value)
    {
        byte[] bytes = value.toByteArray();
        byte[] out = new byte[256];
        int length = Math.min(bytes.length, 256);
        System.arraycopy(bytes, bytes.length - length, out, 256 - length, length);
        return out;
    }

    @Override
    public void close() throws IOException
    {
        socket.close();
    }
}
