// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.mtproxy.crypto.DiffieHellman;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.rpc.RpcEndpoint;
import io.mtproxy.engine.rpc.RpcFrames;
import io.mtproxy.engine.rpc.RpcHandshake;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.rpc.RpcNonce;
import io.mtproxy.engine.rpc.RpcType;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of the RPC protocol on the stats port: bytes in, bytes out, time as an argument. Wrong bytes end it
 * without a word. Computes powers, so it runs on a thread that may be busy. [P-RPC-80]
 *
 * <pre>
 *   NONCE -- schema 3, with --allow-skip-dh also 1 and 2 --&gt; HANDSHAKE --&gt; READY
 * </pre>
 */
final class RpcSession implements AutoCloseable
{
    /** Longest frame taken: the queries that there are have a few words. */
    static final int FRAME_LENGTH_MAX = 4096;

    private static final int SCHEMA_AES = 1;
    private static final int SCHEMA_AES_EXTRA = 2;
    private static final int SCHEMA_AES_EXTRA_DH = 3;
    private static final int SELECTOR_OFFSET = 4;
    private static final int SCHEMA_OFFSET = 8;
    private static final int TIMESTAMP_OFFSET = 12;
    private static final int NONCE_OFFSET = 16;
    private static final int EXTRA_COUNT_OFFSET = 32;
    private static final int EXTRA_OFFSET = 36;
    private static final int EXTRA_COUNT_MAX = 8;
    private static final int DH_LENGTH = Integer.BYTES + DiffieHellman.VALUE_LENGTH;
    private static final int BLOCK_LENGTH = 16;
    private static final int FLAGS_OFFSET = 4;
    private static final int PEER_OFFSET = 20;
    private static final int PING_LENGTH = 12;
    private static final long MS_PER_SECOND = 1000;

    private final Setup setup;
    private final InetSocketAddress client;
    private final InetSocketAddress server;
    private final RandomSource random;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** Bytes not decrypted yet. */
    private byte[] received = new byte[0];
    /** Plaintext not parsed yet. */
    private byte[] plain = new byte[0];
    private State state = State.NONCE;
    private int receiveSequence = RpcFrames.SEQUENCE_NONCE;
    private int sendSequence = RpcFrames.SEQUENCE_NONCE;
    private @Nullable Cipher decryptor;
    private @Nullable Cipher encryptor;
    private boolean isCrc32c;
    private boolean hasDh;

    private enum State
    {
        NONCE,
        HANDSHAKE,
        READY,
        CLOSED
    }

    /**
     * What all sessions have in common.
     *
     * @param access  who may come in.
     * @param ownId   of this process.
     * @param counts  of the port.
     * @param dhGate  how many exchanges there may be a second.
     * @param queries answers what is asked.
     */
    record Setup(RpcAccess access, ProcessId ownId, StatsCounts counts, RateGate dhGate, RpcQueries queries)
    {
    }

    /**
     * @param client the end that connected.
     * @param server our end.
     */
    RpcSession(Setup setup, InetSocketAddress client, InetSocketAddress server, RandomSource random)
    {
        this.setup = setup;
        this.client = client;
        this.server = server;
        this.random = random;
        setup.counts.rpcExchanges.incrementAndGet();
    }

    /** Whether a connection that begins with this word speaks RPC: padding, or the length of a nonce frame. */
    static boolean isBegin(int word)
    {
        int nonceMax = RpcFrames.OVERHEAD + EXTRA_OFFSET + EXTRA_COUNT_MAX * Integer.BYTES + DH_LENGTH;
        return switch (RpcFrames.check(word))
        {
            case PADDING -> true;
            case MALFORMED -> false;
            case OK -> word >= RpcFrames.OVERHEAD + RpcNonce.LENGTH && word <= nonceMax;
        };
    }

    /**
     * Takes the next bytes.
     *
     * @return false when the connection must be closed.
     */
    boolean read(byte[] bytes, int length, long nowEpochMs, long nowNs)
    {
        if (state == State.CLOSED)
        {
            return false;
        }
        received = join(received, bytes, length);
        boolean isOpen = decryptAndParse(nowEpochMs, nowNs);
        if (!isOpen)
        {
            close();
        }
        return isOpen;
    }

    /** Takes what is to be sent, padded and encrypted. */
    byte[] takeOutput()
    {
        byte[] bytes = out.toByteArray();
        out.reset();
        return bytes;
    }

    private boolean decryptAndParse(long nowEpochMs, long nowNs)
    {
        for (;;)
        {
            decryptBlocks();
            int word = plain.length < Integer.BYTES ? RpcFrames.PADDING_WORD : view(plain).getInt(0);
            if (plain.length < Integer.BYTES)
            {
                return true;
            }
            switch (RpcFrames.check(word))
            {
                case PADDING -> plain = Arrays.copyOfRange(plain, RpcFrames.WORD_LENGTH, plain.length);
                case MALFORMED ->
                {
                    return false;
                }
                case OK ->
                {
                    if (word > FRAME_LENGTH_MAX)
                    {
                        return false;
                    }
                    if (plain.length < word)
                    {
                        return true;
                    }
                    byte[] frame = Arrays.copyOf(plain, word);
                    plain = Arrays.copyOfRange(plain, word, plain.length);
                    if (!isWellFormed(frame) ||
                        !onPayload(Arrays.copyOfRange(frame, RpcFrames.PAYLOAD_OFFSET, word - RpcFrames.CRC_LENGTH),
                            nowEpochMs, nowNs))
                    {
                        return false;
                    }
                }
            }
        }
    }

    private void decryptBlocks()
    {
        Cipher cipher = decryptor;
        if (cipher == null)
        {
            plain = join(plain, received, received.length);
            received = new byte[0];
            return;
        }
        int length = received.length - received.length % BLOCK_LENGTH;
        if (length > 0)
        {
            byte[] more = cipher.update(received, 0, length);
            plain = join(plain, more, more.length);
            received = Arrays.copyOfRange(received, length, received.length);
        }
    }

    /** [P-RPC-04] [P-RPC-05] */
    private boolean isWellFormed(byte[] frame)
    {
        ByteBuffer view = view(frame);
        return view.getInt(RpcFrames.SEQUENCE_OFFSET) == receiveSequence++ &&
            view.getInt(frame.length - RpcFrames.CRC_LENGTH) == crc(frame, frame.length - RpcFrames.CRC_LENGTH);
    }

    private boolean onPayload(byte[] payload, long nowEpochMs, long nowNs)
    {
        return switch (state)
        {
            case NONCE -> onNonce(payload, nowEpochMs, nowNs);
            case HANDSHAKE -> onHandshake(payload);
            case READY -> onQuery(payload);
            case CLOSED -> false;
        };
    }

    /** [P-RPC-10] [P-RPC-23] [P-RPC-80] */
    private boolean onNonce(byte[] payload, long nowEpochMs, long nowNs)
    {
        ProxySecretFile file = setup.access.secret();
        if (file == null || payload.length < RpcNonce.LENGTH || plain.length != 0 ||
            view(payload).getInt(0) != RpcType.RPC_NONCE)
        {
            return false;
        }
        byte[] secret = file.bytes();
        ByteBuffer nonce = view(payload);
        int clientSeconds = nonce.getInt(TIMESTAMP_OFFSET);
        int nowSeconds = (int)(nowEpochMs / MS_PER_SECOND);
        int difference = clientSeconds - nowSeconds;
        if (Math.abs((long)difference) > RpcNonce.TIME_DIFFERENCE_SECONDS_MAX ||
            !isSchemaAccepted(nonce, view(secret).getInt(0)))
        {
            return false;
        }
        boolean isDh = nonce.getInt(SCHEMA_OFFSET) == SCHEMA_AES_EXTRA_DH;
        if (!isDh)
        {
            return answerNonce(payload, secret, null, nowSeconds);
        }
        int valueOffset = payload.length - DiffieHellman.VALUE_LENGTH;
        if (nonce.getInt(valueOffset - Integer.BYTES) != DiffieHellman.PARAMETER_ID ||
            !DiffieHellman.isAcceptable(payload, valueOffset) || !setup.dhGate.tryPass(nowNs))
        {
            return false;
        }
        try (DiffieHellman exchange = new DiffieHellman(random))
        {
            return answerNonce(payload, secret, exchange, nowSeconds);
        }
    }

    private boolean isSchemaAccepted(ByteBuffer nonce, int own)
    {
        int length = nonce.capacity();
        boolean isOurs = nonce.getInt(SELECTOR_OFFSET) == own;
        int schema = nonce.getInt(SCHEMA_OFFSET);
        if (schema == SCHEMA_AES)
        {
            return setup.access.isDhSkipAllowed() && length == RpcNonce.LENGTH && isOurs;
        }
        if (schema != SCHEMA_AES_EXTRA_DH && !(schema == SCHEMA_AES_EXTRA && setup.access.isDhSkipAllowed()) ||
            length < EXTRA_OFFSET)
        {
            return false;
        }
        int count = nonce.getInt(EXTRA_COUNT_OFFSET);
        int dhLength = schema == SCHEMA_AES_EXTRA_DH ? DH_LENGTH : 0;
        if (count < 0 || count > EXTRA_COUNT_MAX || length != EXTRA_OFFSET + count * Integer.BYTES + dhLength)
        {
            return false;
        }
        for (int i = 0; i < count; i++)
        {
            isOurs |= nonce.getInt(EXTRA_OFFSET + i * Integer.BYTES) == own;
        }
        return isOurs;
    }

    private boolean answerNonce(byte[] clientNonce, byte[] secret, @Nullable DiffieHellman exchange,
        int nowSeconds)
    {
        byte[] nonce = new byte[RpcNonce.NONCE_LENGTH];
        random.nextBytes(nonce, 0, nonce.length);
        ByteBuffer answer = ByteBuffer.allocate(exchange == null ? RpcNonce.LENGTH : EXTRA_OFFSET + DH_LENGTH)
            .order(LITTLE_ENDIAN);
        answer.putInt(RpcType.RPC_NONCE).put(secret, 0, Integer.BYTES)
            .putInt(exchange == null ? SCHEMA_AES : SCHEMA_AES_EXTRA_DH).putInt(nowSeconds).put(nonce);
        RpcKeys keys = new RpcKeys();
        if (exchange != null)
        {
            answer.putInt(0).putInt(DiffieHellman.PARAMETER_ID);
            exchange.publicValue(answer.array(), answer.arrayOffset() + answer.position());
            byte[] shared = new byte[DiffieHellman.VALUE_LENGTH];
            exchange.sharedValue(clientNonce, clientNonce.length - DiffieHellman.VALUE_LENGTH, shared, 0);
            keys.dhShared(shared);
            Arrays.fill(shared, (byte)0);
            setup.counts.dhRounds.incrementAndGet();
        }
        send(answer.array());
        byte[] theirs = Arrays.copyOfRange(clientNonce, NONCE_OFFSET, NONCE_OFFSET + RpcNonce.NONCE_LENGTH);
        keys.secret(secret).clientNonce(theirs).serverNonce(nonce).clientTimestamp(view(clientNonce).getInt(
            TIMESTAMP_OFFSET));
        keys.derive(RpcEndpoint.of(client, IntUnaryOperator.identity()),
            RpcEndpoint.of(server, IntUnaryOperator.identity()));
        // the roles are swapped: we write what a client reads
        decryptor = cipher(Cipher.DECRYPT_MODE, keys.clientToServerKey(), keys.clientToServerIv());
        encryptor = cipher(Cipher.ENCRYPT_MODE, keys.serverToClientKey(), keys.serverToClientIv());
        keys.clear();
        setup.counts.rpcExchanges.decrementAndGet();
        setup.counts.rpcEncrypted.incrementAndGet();
        hasDh = exchange != null;
        setup.counts.rpcDh.addAndGet(hasDh ? 1 : 0);
        state = State.HANDSHAKE;
        return true;
    }

    /** [P-RPC-31] [P-RPC-33] [P-RPC-80] */
    private boolean onHandshake(byte[] payload)
    {
        UnsafeBuffer request = new UnsafeBuffer(payload);
        boolean isAccepted = switch (RpcHandshake.verify(request, 0, payload.length, setup.ownId))
        {
            case ACCEPTED, ACCEPTED_CRC32C -> true;
            case ERROR_RECEIVED, TYPE_WRONG, SIZE_WRONG, PEER_DIFFERS, FLAGS_UNKNOWN -> false;
        };
        if (!isAccepted)
        {
            return false;
        }
        int flags = request.getInt(FLAGS_OFFSET, LITTLE_ENDIAN) & RpcHandshake.FLAG_CRC32C;
        UnsafeBuffer answer = new UnsafeBuffer(new byte[RpcHandshake.LENGTH]);
        RpcHandshake.encode(answer, 0, setup.ownId, ProcessId.decode(request, PEER_OFFSET - ProcessId.LENGTH));
        answer.putInt(FLAGS_OFFSET, flags, LITTLE_ENDIAN);
        send(answer.byteArray());
        isCrc32c = flags != 0;
        state = State.READY;
        setup.counts.rpcReady.incrementAndGet();
        return true;
    }

    /** What has a wrong size or an unknown type is ignored. [P-RPC-60] */
    private boolean onQuery(byte[] payload)
    {
        int type = view(payload).getInt(0);
        if (type == RpcType.RPC_PING && payload.length == PING_LENGTH)
        {
            send(ByteBuffer.allocate(PING_LENGTH).order(LITTLE_ENDIAN).putInt(RpcType.RPC_PONG)
                .put(payload, Integer.BYTES, Long.BYTES).array());
        }
        else if (type == RpcQueries.RPC_INVOKE_REQ && payload.length >= RpcQueries.HEAD_LENGTH)
        {
            send(setup.queries.answer(payload));
        }
        return true;
    }

    private void send(byte[] payload)
    {
        int length = payload.length + RpcFrames.OVERHEAD;
        Cipher cipher = encryptor;
        int paddedLength = cipher == null ? length : (length + BLOCK_LENGTH - 1) & -BLOCK_LENGTH;
        ByteBuffer frame = ByteBuffer.allocate(paddedLength).order(LITTLE_ENDIAN);
        frame.putInt(length).putInt(sendSequence++).put(payload);
        frame.putInt(crc(frame.array(), frame.position()));
        while (frame.hasRemaining())
        {
            frame.putInt(RpcFrames.PADDING_WORD);
        }
        out.writeBytes(cipher == null ? frame.array() : cipher.update(frame.array()));
    }

    private int crc(byte[] bytes, int length)
    {
        Checksum crc = isCrc32c ? new CRC32C() : new CRC32();
        crc.update(bytes, 0, length);
        return (int)crc.getValue();
    }

    private static Cipher cipher(int mode, byte[] key, byte[] iv)
    {
        try
        {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
            return cipher;
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no AES", e);
        }
    }

    private static byte[] join(byte[] first, byte[] second, int length)
    {
        byte[] joined = Arrays.copyOf(first, first.length + length);
        System.arraycopy(second, 0, joined, first.length, length);
        return joined;
    }

    private static ByteBuffer view(byte[] bytes)
    {
        return ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
    }

    /** Takes the session out of the counts; calling it again does nothing. */
    @Override
    public void close()
    {
        switch (state)
        {
            case NONCE -> setup.counts.rpcExchanges.decrementAndGet();
            case HANDSHAKE -> closeKeys();
            case READY ->
            {
                closeKeys();
                setup.counts.rpcReady.decrementAndGet();
            }
            case CLOSED ->
            {
                // was done
            }
        }
        state = State.CLOSED;
    }

    private void closeKeys()
    {
        setup.counts.rpcEncrypted.decrementAndGet();
        setup.counts.rpcDh.addAndGet(hasDh ? -1 : 0);
    }
}
