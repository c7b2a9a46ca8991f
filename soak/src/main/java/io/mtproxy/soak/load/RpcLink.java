// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.Jce;
import io.mtproxy.soak.LinkKeys;
import io.mtproxy.soak.LittleEndian;
import io.mtproxy.soak.LinkEnds;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/** A middle proxy's end of an RPC connection, as lean as it gets. [P-RPC-01] to [P-RPC-62] */
final class RpcLink extends UpstreamLink
{
    private static final int RPC_NONCE = 0x7acb87aa;
    private static final int RPC_HANDSHAKE = 0x7682eef5;
    private static final int RPC_PING = 0x5730a2df;
    private static final int RPC_PONG = 0x8430eaa7;
    private static final int RPC_PROXY_REQ = 0x36cef1ee;
    private static final int RPC_PROXY_ANS = 0x4403da0d;
    private static final int FLAG_CRC32C = 0x800;
    private static final int FLAGS_WITH_EXTRA = 0x8 | 0x4;
    private static final int SCHEMA_AES = 1;
    private static final int NONCE_FRAME_LENGTH = 44;
    private static final int PID_LENGTH = 12;
    private static final int BLOCK_LENGTH = 16;
    private static final int PADDING_WORD = 4;
    private static final int FRAME_OVERHEAD = 12;
    private static final int REQUEST_HEADER_LENGTH = 56;
    private static final int SAMPLE_EVERY = 16;
    private static final int STAGE_LENGTH = 32 * 1024;

    private final LinkEnds ends;
    private final int number;
    private final byte[] stage = new byte[STAGE_LENGTH];
    private final byte[] stageCipher = new byte[STAGE_LENGTH];
    private final byte[] carry = new byte[BLOCK_LENGTH];
    private byte[] plain = new byte[LoadLoop.READ_LENGTH + 64 * 1024];
    private int plainStart;
    private int plainEnd;
    private int carryLength;
    private int stageLength;
    private int sequenceIn = -2;
    private int sequenceOut = -2;
    private Checksum sum = new CRC32();
    private @Nullable Cipher decrypt;
    private @Nullable Cipher encrypt;
    private @Nullable LargeAnswers large;
    private boolean isReady;

    RpcLink(
        LoadLoop loop, DatacenterPort port, SocketChannel channel, SelectionKey key, LinkEnds ends, int number)
    {
        super(loop, port, channel, key);
        this.ends = ends;
        this.number = number;
    }

    @Override
    protected void receive(ByteBuffer in)
    {
        if (decrypt == null)
        {
            int length = in.remaining();
            in.get(plain, plainEnd, length);
            plainEnd += length;
            readNonce();
            return;
        }
        byte[] cipher = loop.cipherIn();
        System.arraycopy(carry, 0, cipher, 0, carryLength);
        int length = in.remaining() + carryLength;
        in.get(cipher, carryLength, in.remaining());
        int whole = length & -BLOCK_LENGTH;
        carryLength = length - whole;
        System.arraycopy(cipher, whole, carry, 0, carryLength);
        makeRoom(whole);
        Jce.update(decrypt, cipher, 0, whole, plain, plainEnd);
        plainEnd += whole;
        readFrames();
    }

    private void makeRoom(int length)
    {
        if (plainStart == plainEnd)
        {
            plainStart = 0;
            plainEnd = 0;
        }
        if (plain.length - plainEnd < length)
        {
            int kept = plainEnd - plainStart;
            byte[] target = plain.length - kept < length ? new byte[2 * (kept + length)] : plain;
            System.arraycopy(plain, plainStart, target, 0, kept);
            plain = target;
            plainStart = 0;
            plainEnd = kept;
        }
    }

    private void readFrames()
    {
        while (plainEnd - plainStart >= 4)
        {
            int length = LittleEndian.getInt(plain, plainStart);
            if (length == PADDING_WORD)
            {
                plainStart += PADDING_WORD;
                continue;
            }
            if (length < FRAME_OVERHEAD + 4 || length % 4 != 0 || length > 2 * LoadPayload.LENGTH_MAX)
            {
                fail();
                return;
            }
            if (plainEnd - plainStart < length)
            {
                return;
            }
            int end = plainStart + length - 4;
            if (LittleEndian.getInt(plain, plainStart + 4) != sequenceIn++ ||
                sum(plain, plainStart, end) != LittleEndian.getInt(plain, end))
            {
                fail();
                return;
            }
            int at = plainStart + 8;
            plainStart += length;
            onFrame(at, end - at);
        }
    }

    private void onFrame(int at, int length)
    {
        int opcode = LittleEndian.getInt(plain, at);
        if (!isReady)
        {
            readHandshake(at, length, opcode);
        }
        else if (opcode == RPC_PROXY_REQ && length > REQUEST_HEADER_LENGTH)
        {
            onRequest(at, length);
        }
        else if (opcode == RPC_PING)
        {
            long id = LittleEndian.getLong(plain, at + 4);
            int start = beginFrame(12);
            LittleEndian.putInt(stage, start + 8, RPC_PONG);
            LittleEndian.putLong(stage, start + 12, id);
            endFrame(start, 12);
            markDirty();
        }
    }

    /** [P-RPC-40] */
    private void onRequest(int at, int length)
    {
        int flags = LittleEndian.getInt(plain, at + 4);
        long id = LittleEndian.getLong(plain, at + 8);
        int extraLength = (flags & FLAGS_WITH_EXTRA) == 0 ?
            0 :
            4 + LittleEndian.getInt(plain, at + REQUEST_HEADER_LENGTH);
        int payloadAt = at + REQUEST_HEADER_LENGTH + extraLength;
        int payloadLength = length - REQUEST_HEADER_LENGTH - extraLength;
        if (payloadLength < LoadPayload.LENGTH_MIN || !LoadPayload.isHeader(plain, payloadAt))
        {
            port.onMismatch();
            return;
        }
        int client = LoadPayload.client(plain, payloadAt);
        int sequence = LoadPayload.sequence(plain, payloadAt);
        int ownLength = LoadPayload.length(plain, payloadAt);
        if (ownLength > payloadLength || sequence % SAMPLE_EVERY == 0 && !loop.payload()
            .isPattern(client, sequence, 0, plain, payloadAt + LoadPayload.HEADER_LENGTH,
                ownLength - LoadPayload.HEADER_LENGTH))
        {
            port.onMismatch();
            return;
        }
        answer(id, client, sequence, LoadPayload.answerLength(plain, payloadAt));
    }

    // ---- out

    @Override
    protected void append(long id, int client, int sequence, int length)
    {
        if (length >= LargeAnswers.LENGTH_MIN && large != null && encrypt != null)
        {
            seal();
            large.append(out, encrypt, sum, sequenceOut++, id, client, sequence, length);
            return;
        }
        int start = beginFrame(16 + length);
        LittleEndian.putInt(stage, start + 8, RPC_PROXY_ANS);
        LittleEndian.putInt(stage, start + 12, 0);
        LittleEndian.putLong(stage, start + 16, id);
        loop.payload().write(stage, start + 24, client, sequence, length, 0);
        endFrame(start, 16 + length);
    }

    @Override
    protected void seal()
    {
        if (stageLength == 0)
        {
            return;
        }
        while (stageLength % BLOCK_LENGTH != 0)
        {
            LittleEndian.putInt(stage, stageLength, PADDING_WORD);
            stageLength += PADDING_WORD;
        }
        encryptStage(stageLength);
    }

    private int beginFrame(int length)
    {
        if (stageLength + length + FRAME_OVERHEAD + BLOCK_LENGTH > STAGE_LENGTH)
        {
            encryptStage(stageLength & -BLOCK_LENGTH);
        }
        LittleEndian.putInt(stage, stageLength, length + FRAME_OVERHEAD);
        LittleEndian.putInt(stage, stageLength + 4, sequenceOut++);
        return stageLength;
    }

    private void endFrame(int start, int length)
    {
        int end = start + 8 + length;
        LittleEndian.putInt(stage, end, sum(stage, start, end));
        stageLength = end + 4;
    }

    private void encryptStage(int length)
    {
        if (encrypt == null)
        {
            out.put(stage, 0, length);
        }
        else
        {
            Jce.update(encrypt, stage, 0, length, stageCipher, 0);
            out.put(stageCipher, 0, length);
        }
        stageLength -= length;
        System.arraycopy(stage, length, stage, 0, stageLength);
    }

    private int sum(byte[] bytes, int from, int to)
    {
        sum.reset();
        sum.update(bytes, from, to - from);
        return (int)sum.getValue();
    }

    private void fail()
    {
        port.onMismatch();
        close();
    }

    // ---- nonce and handshake

    /** [P-RPC-10] [P-RPC-11] [P-RPC-20] */
    private void readNonce()
    {
        if (plainEnd < NONCE_FRAME_LENGTH)
        {
            return;
        }
        byte[] secret = port.secret();
        if (plainEnd > NONCE_FRAME_LENGTH || LittleEndian.getInt(plain, 8) != RPC_NONCE)
        {
            fail();
            return;
        }
        int timestamp = LittleEndian.getInt(plain, 20);
        byte[] clientNonce = Arrays.copyOfRange(plain, 24, 24 + LinkKeys.NONCE_LENGTH);
        byte[] serverNonce = new byte[LinkKeys.NONCE_LENGTH];
        loop.random().nextBytes(serverNonce);
        int start = beginFrame(NONCE_FRAME_LENGTH - FRAME_OVERHEAD);
        LittleEndian.putInt(stage, start + 8, RPC_NONCE);
        LittleEndian.putInt(stage, start + 12, LittleEndian.getInt(secret, 0));
        LittleEndian.putInt(stage, start + 16, SCHEMA_AES);
        LittleEndian.putInt(stage, start + 20, (int)(System.currentTimeMillis() / 1000));
        System.arraycopy(serverNonce, 0, stage, start + 24, serverNonce.length);
        endFrame(start, NONCE_FRAME_LENGTH - FRAME_OVERHEAD);
        encryptStage(stageLength);
        markDirty();

        LinkKeys in = LinkKeys.clientToServer(secret, serverNonce, clientNonce, timestamp, ends);
        LinkKeys own = LinkKeys.serverToClient(secret, serverNonce, clientNonce, timestamp, ends);
        decrypt = Jce.aesCbcDecrypt(in.key(), in.iv());
        encrypt = Jce.aesCbcEncrypt(own.key(), own.iv());
        large = new LargeAnswers(number, loop.largeAnswers(), own.key());
        plainEnd = 0;
        sequenceIn = -1;
    }

    /** [P-RPC-31] [P-RPC-33] */
    private void readHandshake(int at, int length, int opcode)
    {
        if (opcode != RPC_HANDSHAKE || length != 8 + 2 * PID_LENGTH)
        {
            fail();
            return;
        }
        boolean isCrc32c = (LittleEndian.getInt(plain, at + 4) & FLAG_CRC32C) != 0;
        int start = beginFrame(8 + 2 * PID_LENGTH);
        LittleEndian.putInt(stage, start + 8, RPC_HANDSHAKE);
        LittleEndian.putInt(stage, start + 12, isCrc32c ? FLAG_CRC32C : 0);
        LittleEndian.putInt(stage, start + 16, 0);
        LittleEndian.putShort(stage, start + 20, ends.server().getPort());
        LittleEndian.putShort(stage, start + 22, 999);
        LittleEndian.putInt(stage, start + 24, 1);
        System.arraycopy(plain, at + 8, stage, start + 28, PID_LENGTH);
        endFrame(start, 8 + 2 * PID_LENGTH);
        sum = isCrc32c ? new CRC32C() : sum;
        isReady = true;
        seal();
        markDirty();
        port.onLinkReady();
    }
}
