// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.DatacenterEvent.Violation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import javax.crypto.NullCipher;

/**
 * The middle proxy's side of one RPC connection: bytes in, bytes out. [P-RPC-01] to [P-RPC-67]
 * <p>
 * It answers nonce and handshake by itself; {@link #receive} takes the proxy's bytes in pieces of any size, what they
 * say becomes {@link #events()}, and {@link #takeOutput()} gives what goes back. It is strict: everything that a proxy
 * may not send is a {@link Violation}, and one that spoils the stream ends the connection ({@link #isClosed()}).
 */
public final class DatacenterPeer
{
    static final int RPC_NONCE = 0x7acb87aa;
    static final int RPC_HANDSHAKE = 0x7682eef5;
    static final int RPC_HANDSHAKE_ERROR = 0x6a27beda;
    static final int RPC_PING = 0x5730a2df;
    static final int RPC_PONG = 0x8430eaa7;
    static final int RPC_PROXY_REQ = 0x36cef1ee;
    static final int RPC_PROXY_ANS = 0x4403da0d;
    static final int RPC_CLOSE_CONN = 0x1fcf425d;
    static final int RPC_CLOSE_EXT = 0x5eb634a2;
    static final int RPC_SIMPLE_ACK = 0x3bac409b;

    private static final int FLAG_CRC32C = 0x800;
    private static final int SCHEMA_AES = 1;
    private static final int SCHEMA_AES_EXTRA = 2;
    private static final int SCHEMA_AES_DH = 3;
    private static final int DH_PARAMETER_ID = 0x00620b93;
    private static final int SEQUENCE_NONCE = -2;
    private static final int FRAME_OVERHEAD = 12;
    private static final int FRAME_LENGTH_MIN = 16;
    private static final int FRAME_LENGTH_MAX = (16 << 20) + 4096;
    private static final int NONCE_FRAME_LENGTH = 44;
    private static final int PID_LENGTH = 12;
    private static final int PADDING_WORD = 4;
    private static final int PADDING_WORDS_MAX = 3;
    private static final int BLOCK_LENGTH = 16;
    private static final int TIME_DIFFERENCE_MAX = 30;
    private static final int LOOPBACK = 0x7f00_0001;
    /** Ids of closed connections that are remembered, to see a proxy use one again. */
    private static final int CLOSED_IDS_MAX = 1 << 16;

    /** Where the connection stands. */
    public enum Phase
    {
        /** Waits for the proxy's nonce frame. */
        NONCE,
        /** Waits for the proxy's handshake, which is encrypted. */
        HANDSHAKE,
        /** Requests and answers. */
        READY,
        /** Over, after a fatal violation, {@link DatacenterPeer#close()} or a fault that is silence. */
        CLOSED
    }

    private final byte[] secret;
    private final LinkEnds ends;
    private final RandomGenerator random;
    private final LongSupplier epochSeconds;
    private final DatacenterOptions options;
    private final byte[] ownPid;
    private final List<DatacenterEvent> events;
    private final DatacenterListener listener;
    private final RequestView request = new RequestView();
    private final ByteBuilder plainIn = new ByteBuilder();
    private final ByteBuilder plainOut = new ByteBuilder();
    private final ByteBuilder output = new ByteBuilder();
    private final byte[] partialBlock = new byte[BLOCK_LENGTH];
    private final byte[] joinedBlock = new byte[BLOCK_LENGTH];
    private final Set<Long> openIds = new HashSet<>();
    private final Set<Long> closedIds = new LinkedHashSet<>();
    private final Set<Long> closedByUsIds = new LinkedHashSet<>();
    private final byte[] serverNonce = new byte[LinkKeys.NONCE_LENGTH];
    private int partialLength;
    private Phase phase = Phase.NONCE;
    private Checksum checksum = new CRC32();
    private Cipher decrypt = new NullCipher();
    private Cipher encrypt = new NullCipher();
    private int sequenceIn = SEQUENCE_NONCE;
    private int sequenceOut = SEQUENCE_NONCE;
    private int paddingWords;
    private boolean crcFaultNext;

    /** A strict middle proxy whose {@link #events()} can be read. */
    public DatacenterPeer(byte[] secret, LinkEnds ends, RandomGenerator random, LongSupplier epochSeconds)
    {
        this(secret, ends, random, epochSeconds, DatacenterOptions.DEFAULT);
    }

    /**
     * @param secret       content of the secret file, 32 to 256 bytes. [P-RPC-12]
     * @param ends         of the connection, as both sides see them.
     * @param random       of its nonce.
     * @param epochSeconds wall clock, for the nonce packet.
     * @param options      behaviour.
     */
    public DatacenterPeer(
        byte[] secret, LinkEnds ends, RandomGenerator random, LongSupplier epochSeconds, DatacenterOptions options)
    {
        this(secret, ends, random, epochSeconds, options, new ArrayList<>());
    }

    private DatacenterPeer(
        byte[] secret, LinkEnds ends, RandomGenerator random, LongSupplier epochSeconds, DatacenterOptions options,
        List<DatacenterEvent> events)
    {
        this(secret, ends, random, epochSeconds, options, events, new Collector(events));
    }

    /** A middle proxy that hands what it decodes to a listener and keeps no events. */
    DatacenterPeer(
        byte[] secret, LinkEnds ends, RandomGenerator random, LongSupplier epochSeconds, DatacenterOptions options,
        DatacenterListener listener)
    {
        this(secret, ends, random, epochSeconds, options, List.of(), listener);
    }

    private DatacenterPeer(
        byte[] secret, LinkEnds ends, RandomGenerator random, LongSupplier epochSeconds, DatacenterOptions options,
        List<DatacenterEvent> events, DatacenterListener listener)
    {
        if (secret.length < 32 || secret.length > 256)
        {
            throw new IllegalArgumentException("secret of " + secret.length + " bytes, not 32..256");
        }
        this.secret = secret.clone();
        this.ends = ends;
        this.random = random;
        this.epochSeconds = epochSeconds;
        this.options = options;
        this.events = events;
        this.listener = listener;
        int ip = ends.serverIpv4() == LOOPBACK ? 0 : ends.serverIpv4();
        this.ownPid = new ByteBuilder()
            .putInt(ip)
            .putShort(ends.server().getPort())
            .putShort(999)
            .putInt(options.startSeconds())
            .toByteArray();
    }

    /** Uses another PID than the one that follows from the ends; for vectors. [P-RPC-30] */
    void useOwnPid(byte[] pid)
    {
        System.arraycopy(pid, 0, ownPid, 0, PID_LENGTH);
    }

    // ---- in

    /** Takes bytes from the proxy, in pieces of any size. */
    public void receive(byte[] bytes, int offset, int length)
    {
        if (phase == Phase.CLOSED)
        {
            return;
        }
        int done = 0;
        if (phase == Phase.NONCE)
        {
            plainIn.putBytes(bytes, offset, length);
            readNonce();
            return;
        }
        if (partialLength > 0)
        {
            done = Math.min(BLOCK_LENGTH - partialLength, length);
            System.arraycopy(bytes, offset, partialBlock, partialLength, done);
            partialLength += done;
            if (partialLength == BLOCK_LENGTH)
            {
                Jce.update(decrypt, partialBlock, 0, BLOCK_LENGTH, joinedBlock, 0);
                plainIn.putBytes(joinedBlock);
                partialLength = 0;
            }
        }
        int blocks = (length - done) & -BLOCK_LENGTH;
        if (blocks > 0)
        {
            int at = plainIn.extend(blocks);
            Jce.update(decrypt, bytes, offset + done, blocks, plainIn.array(), at);
            done += blocks;
        }
        if (done < length)
        {
            System.arraycopy(bytes, offset + done, partialBlock, 0, length - done);
            partialLength = length - done;
        }
        readFrames();
    }

    /** Takes all of {@code bytes}. */
    public void receive(byte[] bytes)
    {
        receive(bytes, 0, bytes.length);
    }

    /** Everything that was decoded since the last {@link #takeEvents()}. */
    public List<DatacenterEvent> events()
    {
        return Collections.unmodifiableList(events);
    }

    /** Everything that was decoded since the last call. */
    public List<DatacenterEvent> takeEvents()
    {
        List<DatacenterEvent> taken = List.copyOf(events);
        events.clear();
        return taken;
    }

    /** The requests among {@link #events()}. */
    public List<DatacenterEvent.ProxyRequest> requests()
    {
        return ofType(DatacenterEvent.ProxyRequest.class);
    }

    /** The violations among {@link #events()}; a test of a proxy ends with none. */
    public List<Violation> violations()
    {
        return ofType(Violation.class);
    }

    public Phase phase()
    {
        return phase;
    }

    public boolean isReady()
    {
        return phase == Phase.READY;
    }

    /** Whether the connection is over for this side: the owner of the socket closes it once the output is written. */
    public boolean isClosed()
    {
        return phase == Phase.CLOSED;
    }

    /** Whether every byte received was part of a whole block and a whole frame. */
    public boolean isAtFrameBoundary()
    {
        return partialLength == 0 && plainIn.isEmpty();
    }

    /** Client connections that had a request and neither side has closed. */
    public int openConnectionCount()
    {
        return openIds.size();
    }

    /** Whether CRC-32C was agreed. [P-RPC-33] */
    public boolean isCrc32c()
    {
        return checksum instanceof CRC32C;
    }

    public LinkEnds ends()
    {
        return ends;
    }

    // ---- out

    /** RPC_PROXY_ANS; {@code data} is a multiple of four bytes, empty included. [P-RPC-62] */
    public void answer(long extConnectionId, int flags, byte[] data)
    {
        answer(extConnectionId, flags, data, 0, data.length);
    }

    public void answer(long extConnectionId, int flags, byte[] data, int offset, int length)
    {
        if (length % 4 != 0)
        {
            throw new IllegalArgumentException("answer of " + length + " bytes");
        }
        int start = beginFrame();
        plainOut.putInt(RPC_PROXY_ANS).putInt(flags).putLong(extConnectionId).putBytes(data, offset, length);
        endFrame(start);
    }

    /** RPC_SIMPLE_ACK; a middle proxy sets bit 31 of the value, this one sends it as it is. [P-RPC-66] */
    public void simpleAck(long extConnectionId, int confirm)
    {
        int start = beginFrame();
        plainOut.putInt(RPC_SIMPLE_ACK).putLong(extConnectionId).putInt(confirm);
        endFrame(start);
    }

    /** RPC_CLOSE_EXT. [P-RPC-67] */
    public void closeExternal(long extConnectionId)
    {
        openIds.remove(extConnectionId);
        remember(closedByUsIds, extConnectionId);
        int start = beginFrame();
        plainOut.putInt(RPC_CLOSE_EXT).putLong(extConnectionId);
        endFrame(start);
    }

    /** RPC_PING. [P-RPC-44] */
    public void ping(long id)
    {
        int start = beginFrame();
        plainOut.putInt(RPC_PING).putLong(id);
        endFrame(start);
    }

    /** Padding words between frames. [P-RPC-02] */
    public void paddingWords(int count)
    {
        for (int i = 0; i < count; i++)
        {
            plainOut.putInt(PADDING_WORD);
        }
    }

    // ---- faults

    /** A frame of any payload, unknown opcodes and wrong sizes included; sequence and CRC are right. */
    public void frame(byte[] payload)
    {
        int start = beginFrame();
        plainOut.putBytes(payload);
        endFrame(start);
    }

    /** A frame with any length field, sequence number and change of the CRC; the own sequence does not move. */
    public void malformedFrame(int length, int sequence, byte[] payload, int crcChange)
    {
        int start = plainOut.length();
        plainOut.putInt(length).putInt(sequence).putBytes(payload);
        plainOut.putInt(crc(plainOut.array(), start, plainOut.length() - start) ^ crcChange);
    }

    /** The next frame has a wrong CRC. [P-RPC-05] */
    public void corruptNextCrc()
    {
        crcFaultNext = true;
    }

    /** The next frame's sequence number is wrong by {@code change}. [P-RPC-04] */
    public void shiftSequence(int change)
    {
        sequenceOut += change;
    }

    /** A length field above all limits and nothing behind it. [P-RPC-03] */
    public void oversizedFrame()
    {
        plainOut.putInt(0x7fff_fffc).putInt(sequenceOut);
    }

    /** The first half of a PROXY_ANS frame; whole blocks leave by {@link #takeWholeBlocks()}. */
    public void halfFrame(long extConnectionId, byte[] data)
    {
        int start = plainOut.length();
        answer(extConnectionId, 0, data);
        int whole = plainOut.length() - start;
        byte[] all = plainOut.take();
        plainOut.putBytes(all, 0, start + whole / 2);
    }

    /** Any bytes into the stream, before encryption. */
    public void rawPlain(byte[] plain)
    {
        plainOut.putBytes(plain);
    }

    /** Ends the connection from this side. */
    public void close()
    {
        phase = Phase.CLOSED;
        plainIn.clear();
    }

    /** All that is to be sent, padded to a whole block and encrypted. [P-RPC-06] [P-RPC-07] */
    public byte[] takeOutput()
    {
        flush();
        return output.take();
    }

    /** The whole blocks of what is to be sent; the rest waits for more. [P-RPC-07] */
    public byte[] takeWholeBlocks()
    {
        encryptBlocks(plainOut.length() & -BLOCK_LENGTH);
        return output.take();
    }

    /** Pads, encrypts and appends to {@link #output()}. */
    void flush()
    {
        if (isEncrypted())
        {
            while (plainOut.length() % BLOCK_LENGTH != 0)
            {
                if (plainOut.length() % 4 != 0)
                {
                    plainOut.putByte(0);
                }
                else
                {
                    plainOut.putInt(PADDING_WORD);
                }
            }
            encryptBlocks(plainOut.length());
        }
    }

    /** Encrypted bytes that were flushed; the owner of the socket discards what it has written. */
    ByteBuilder output()
    {
        return output;
    }

    /** Bytes of answers that were not flushed yet. */
    int unflushedLength()
    {
        return plainOut.length();
    }

    @Override
    public String toString()
    {
        return "DatacenterPeer[" + ends + ", " + phase + "]";
    }

    // ---- frames

    private boolean isEncrypted()
    {
        return !(encrypt instanceof NullCipher);
    }

    private void encryptBlocks(int length)
    {
        if (!isEncrypted() || length == 0)
        {
            return;
        }
        int at = output.extend(length);
        Jce.update(encrypt, plainOut.array(), 0, length, output.array(), at);
        plainOut.discard(length);
    }

    /** Starts a frame: length to come, sequence number. [P-RPC-01] */
    private int beginFrame()
    {
        int start = plainOut.length();
        plainOut.putInt(0).putInt(sequenceOut++);
        return start;
    }

    private void endFrame(int start)
    {
        int length = plainOut.length() - start + 4;
        plainOut.setInt(start, length);
        int crc = crc(plainOut.array(), start, length - 4);
        plainOut.putInt(crcFaultNext ? ~crc : crc);
        crcFaultNext = false;
    }

    private int crc(byte[] bytes, int offset, int length)
    {
        checksum.reset();
        checksum.update(bytes, offset, length);
        return (int)checksum.getValue();
    }

    private void readFrames()
    {
        int done = 0;
        while (phase != Phase.CLOSED)
        {
            int next = readFrame(done);
            if (next == done)
            {
                break;
            }
            done = next;
        }
        plainIn.discard(phase == Phase.CLOSED ? plainIn.length() : done);
    }

    /** Reads one frame or padding word at {@code start}; returns where the next begins, or start. [P-RPC-01] */
    private int readFrame(int start)
    {
        int available = plainIn.length() - start;
        if (available < 4)
        {
            return start;
        }
        byte[] bytes = plainIn.array();
        int length = LittleEndian.getInt(bytes, start);
        if (length == PADDING_WORD)
        {
            if (++paddingWords > PADDING_WORDS_MAX)
            {
                violation("P-RPC-07", paddingWords + " padding words in a row");
                paddingWords = 0;
            }
            return start + PADDING_WORD;
        }
        if (length < FRAME_LENGTH_MIN || length % 4 != 0 || length > FRAME_LENGTH_MAX)
        {
            return fatal(start, "P-RPC-03", "frame length " + length);
        }
        if (available < length)
        {
            return start;
        }
        paddingWords = 0;
        if (crc(bytes, start, length - 4) != LittleEndian.getInt(bytes, start + length - 4))
        {
            return fatal(start, "P-RPC-05", "CRC of a frame of " + length + " bytes");
        }
        int sequence = LittleEndian.getInt(bytes, start + 4);
        if (sequence != sequenceIn)
        {
            return fatal(start, "P-RPC-04", "sequence number " + sequence + ", not " + sequenceIn);
        }
        sequenceIn++;
        onFrame(bytes, start + 8, length - FRAME_OVERHEAD);
        return phase == Phase.CLOSED ? start : start + length;
    }

    private void onFrame(byte[] bytes, int offset, int length)
    {
        if (phase == Phase.HANDSHAKE)
        {
            readHandshake(Arrays.copyOfRange(bytes, offset, offset + length));
            return;
        }
        int opcode = LittleEndian.getInt(bytes, offset);
        switch (opcode)
        {
            case RPC_PROXY_REQ -> onRequest(bytes, offset, length);
            case RPC_CLOSE_CONN ->
            {
                if (checkLength("P-RPC-43", "RPC_CLOSE_CONN", length, 12))
                {
                    long id = LittleEndian.getLong(bytes, offset + 4);
                    openIds.remove(id);
                    remember(closedIds, id);
                    listener.onCloseConnection(this, id);
                }
            }
            case RPC_PONG ->
            {
                if (checkLength("P-RPC-44", "RPC_PONG", length, 12))
                {
                    listener.onOther(this, new DatacenterEvent.Pong(LittleEndian.getLong(bytes, offset + 4)));
                }
            }
            case RPC_PING ->
            {
                if (checkLength("P-RPC-44", "RPC_PING", length, 12))
                {
                    long id = LittleEndian.getLong(bytes, offset + 4);
                    frame(Payloads.rpcPong(id));
                    listener.onOther(this, new DatacenterEvent.Ping(id));
                }
            }
            default -> violation("P-RPC-40", "opcode 0x" + Integer.toHexString(opcode));
        }
    }

    private void onRequest(byte[] bytes, int offset, int length)
    {
        String fault = request.wrap(bytes, offset, length);
        if (!fault.isEmpty())
        {
            violation("P-RPC-40", fault);
            return;
        }
        report(request.headerFault());
        if (options.checkPayloads())
        {
            report(request.payloadFault());
        }
        long id = request.extConnectionId();
        // what was under way when we closed the connection may still arrive
        if (!closedByUsIds.contains(id) && openIds.add(id) && closedIds.contains(id))
        {
            violation("P-CON-40", "connection id " + id + " is used again");
        }
        listener.onRequest(this, request);
    }

    private void report(String fault)
    {
        if (!fault.isEmpty())
        {
            int end = fault.indexOf(']');
            violation(fault.substring(1, end), fault.substring(end + 2));
        }
    }

    private static void remember(Set<Long> ids, long extConnectionId)
    {
        if (ids.add(extConnectionId) && ids.size() > CLOSED_IDS_MAX)
        {
            ids.remove(ids.iterator().next());
        }
    }

    private boolean checkLength(String clause, String name, int length, int expected)
    {
        if (length != expected)
        {
            violation(clause, name + " of " + length + " bytes");
        }
        return length == expected;
    }

    private void violation(String clause, String text)
    {
        listener.onOther(this, new Violation(clause, text, false));
    }

    private int fatal(int start, String clause, String text)
    {
        listener.onOther(this, new Violation(clause, text, true));
        close();
        return start;
    }

    // ---- nonce and handshake

    /** The proxy's nonce frame: 44 clear bytes, nothing behind. [P-RPC-10] [P-RPC-11] */
    private void readNonce()
    {
        if (plainIn.length() < NONCE_FRAME_LENGTH)
        {
            return;
        }
        byte[] frame = plainIn.take();
        if (frame.length > NONCE_FRAME_LENGTH)
        {
            fatal(0, "P-RPC-11", (frame.length - NONCE_FRAME_LENGTH) + " bytes behind the nonce frame");
            return;
        }
        String fault = nonceFault(frame);
        if (!fault.isEmpty())
        {
            fatal(0, "P-RPC-11", fault);
            return;
        }
        sequenceIn++;
        int timestamp = LittleEndian.getInt(frame, 20);
        if (options.checkTime() && Math.abs(timestamp - epochSeconds.getAsLong()) > TIME_DIFFERENCE_MAX)
        {
            violation("P-RPC-13", "nonce time " + timestamp + " at " + epochSeconds.getAsLong());
        }
        byte[] clientNonce = Arrays.copyOfRange(frame, 24, 40);
        random.nextBytes(serverNonce);
        listener.onOther(this, new DatacenterEvent.Nonce(timestamp));
        if (options.fault() == HandshakeFault.NONCE_SILENT)
        {
            return;
        }
        writeNonce(timestamp);
        output.putBytes(plainOut.array(), 0, plainOut.length());
        plainOut.clear();

        LinkKeys in = LinkKeys.clientToServer(secret, serverNonce, clientNonce, timestamp, ends);
        LinkKeys out = LinkKeys.serverToClient(secret, serverNonce, clientNonce, timestamp, ends);
        decrypt = Jce.aesCbcDecrypt(in.key(), in.iv());
        encrypt = options.fault() == HandshakeFault.HANDSHAKE_KEYS ?
            Jce.aesCbcEncrypt(in.key(), in.iv()) :
            Jce.aesCbcEncrypt(out.key(), out.iv());
        phase = Phase.HANDSHAKE;
    }

    private String nonceFault(byte[] frame)
    {
        if (LittleEndian.getInt(frame, 0) != NONCE_FRAME_LENGTH)
        {
            return "nonce frame length " + LittleEndian.getInt(frame, 0);
        }
        if (LittleEndian.getInt(frame, 4) != SEQUENCE_NONCE)
        {
            return "nonce sequence number " + LittleEndian.getInt(frame, 4);
        }
        if (LittleEndian.getInt(frame, 8) != RPC_NONCE)
        {
            return "opcode 0x" + Integer.toHexString(LittleEndian.getInt(frame, 8)) + " in place of RPC_NONCE";
        }
        if (LittleEndian.getInt(frame, 12) != LittleEndian.getInt(secret, 0))
        {
            return "key selector of another secret";
        }
        if (LittleEndian.getInt(frame, 16) != SCHEMA_AES)
        {
            return "schema " + LittleEndian.getInt(frame, 16);
        }
        if (crc(frame, 0, NONCE_FRAME_LENGTH - 4) != LittleEndian.getInt(frame, NONCE_FRAME_LENGTH - 4))
        {
            return "CRC of the nonce frame";
        }
        return "";
    }

    private void writeNonce(int clientTimestamp)
    {
        HandshakeFault fault = options.fault();
        int selector = LittleEndian.getInt(secret, 0);
        int other = selector ^ 0x0101_0101;
        int time = switch (fault)
        {
            case NONCE_TIME_EARLIEST -> clientTimestamp - TIME_DIFFERENCE_MAX;
            case NONCE_TIME_LATEST -> clientTimestamp + TIME_DIFFERENCE_MAX;
            case NONCE_TIME_TOO_EARLY -> clientTimestamp - TIME_DIFFERENCE_MAX - 1;
            case NONCE_TIME_TOO_LATE -> clientTimestamp + TIME_DIFFERENCE_MAX + 1;
            default -> (int)epochSeconds.getAsLong();
        };
        int schema = switch (fault)
        {
            case NONCE_SCHEMA_NONE -> 0;
            case NONCE_SCHEMA_EXTRA, NONCE_SELECTOR_AMONG_EXTRA, NONCE_SELECTOR_NOWHERE -> SCHEMA_AES_EXTRA;
            case NONCE_SCHEMA_DH -> SCHEMA_AES_DH;
            case NONCE_SCHEMA_UNKNOWN -> 4;
            default -> SCHEMA_AES;
        };
        boolean otherSelector = fault == HandshakeFault.NONCE_SELECTOR ||
            fault == HandshakeFault.NONCE_SELECTOR_AMONG_EXTRA || fault == HandshakeFault.NONCE_SELECTOR_NOWHERE;

        shiftSequence(fault == HandshakeFault.NONCE_SEQUENCE ? 1 : 0);
        crcFaultNext = fault == HandshakeFault.NONCE_CRC;
        int start = beginFrame();
        plainOut.putInt(fault == HandshakeFault.NONCE_OPCODE ? RPC_HANDSHAKE : RPC_NONCE)
            .putInt(otherSelector ? other : selector)
            .putInt(schema)
            .putInt(time)
            .putBytes(serverNonce);
        switch (fault)
        {
            case NONCE_SCHEMA_EXTRA -> plainOut.putInt(0);
            case NONCE_SELECTOR_AMONG_EXTRA -> plainOut.putInt(2).putInt(other + 1).putInt(selector);
            case NONCE_SELECTOR_NOWHERE -> plainOut.putInt(2).putInt(other + 1).putInt(other + 2);
            case NONCE_SCHEMA_DH ->
            {
                byte[] publicValue = new byte[256];
                random.nextBytes(publicValue);
                plainOut.putInt(0).putInt(DH_PARAMETER_ID).putBytes(publicValue);
            }
            case NONCE_LENGTH -> plainOut.putInt(0);
            default ->
                {
                }
        }
        endFrame(start);
        switch (fault)
        {
            case NONCE_TRAILING -> plainOut.putInt(PADDING_WORD);
            case NONCE_HALF ->
            {
                byte[] whole = plainOut.take();
                plainOut.putBytes(whole, 0, whole.length / 2);
            }
            default ->
                {
                }
        }
    }

    /** The proxy's handshake. [P-RPC-31] [P-RPC-32] */
    private void readHandshake(byte[] payload)
    {
        if (payload.length != 8 + 2 * PID_LENGTH || LittleEndian.getInt(payload, 0) != RPC_HANDSHAKE)
        {
            fatal(0, "P-RPC-31", "handshake of " + payload.length + " bytes");
            return;
        }
        int flags = LittleEndian.getInt(payload, 4);
        byte[] senderPid = Arrays.copyOfRange(payload, 8, 8 + PID_LENGTH);
        byte[] peerPid = Arrays.copyOfRange(payload, 8 + PID_LENGTH, payload.length);
        if (flags != FLAG_CRC32C)
        {
            violation("P-RPC-31", "handshake flags 0x" + Integer.toHexString(flags));
        }
        if (!isMatch(ownPid, peerPid))
        {
            fatal(0, "P-RPC-32", "peer PID is not ours");
            return;
        }
        if (LittleEndian.getUnsignedShort(peerPid, 6) != 0 || LittleEndian.getInt(peerPid, 8) != 0)
        {
            violation("P-RPC-32", "peer PID names a process id or a time");
        }
        if (LittleEndian.getUnsignedShort(senderPid, 6) == 0 || LittleEndian.getInt(senderPid, 8) == 0)
        {
            violation("P-RPC-32", "sender PID without process id or time");
        }
        boolean crc32c = options.crc32c() && (flags & FLAG_CRC32C) != 0;
        writeHandshake(senderPid, crc32c ? FLAG_CRC32C : 0);
        if (crc32c)
        {
            checksum = new CRC32C();
        }
        phase = Phase.READY;
        listener.onOther(this, new DatacenterEvent.Handshake(flags, senderPid, peerPid));
        if (options.fault().isAllowed())
        {
            listener.onReady(this);
        }
    }

    private void writeHandshake(byte[] clientPid, int flags)
    {
        HandshakeFault fault = options.fault();
        if (fault == HandshakeFault.HANDSHAKE_SILENT)
        {
            return;
        }
        byte[] peerPid = clientPid.clone();
        switch (fault)
        {
            case HANDSHAKE_PEER_PID -> LittleEndian.putInt(peerPid, 8, LittleEndian.getInt(peerPid, 8) + 1);
            case HANDSHAKE_PEER_PID_ZERO -> Arrays.fill(peerPid, (byte)0);
            default ->
                {
                }
        }
        int sentFlags = switch (fault)
        {
            case HANDSHAKE_FLAG_LOW -> flags | 1;
            case HANDSHAKE_FLAG_HIGH -> flags | 0x1100;
            default -> flags;
        };
        shiftSequence(fault == HandshakeFault.HANDSHAKE_SEQUENCE ? 1 : 0);
        crcFaultNext = fault == HandshakeFault.HANDSHAKE_CRC;
        int start = beginFrame();
        if (fault == HandshakeFault.HANDSHAKE_ERROR)
        {
            plainOut.putInt(RPC_HANDSHAKE_ERROR).putInt(-4).putBytes(ownPid);
        }
        else
        {
            plainOut.putInt(fault == HandshakeFault.HANDSHAKE_OPCODE ? RPC_PONG : RPC_HANDSHAKE)
                .putInt(sentFlags)
                .putBytes(ownPid)
                .putBytes(peerPid);
        }
        if (fault == HandshakeFault.HANDSHAKE_LENGTH)
        {
            plainOut.putInt(0);
        }
        endFrame(start);
        if (fault == HandshakeFault.HANDSHAKE_HALF)
        {
            byte[] whole = plainOut.take();
            plainOut.putBytes(whole, 0, BLOCK_LENGTH);
        }
    }

    /** Whether PID {@code x} matches {@code y}: every non-zero field of y is the same in x. [P-RPC-34] */
    static boolean isMatch(byte[] x, byte[] y)
    {
        return isFieldMatch(LittleEndian.getInt(x, 0), LittleEndian.getInt(y, 0)) &&
            isFieldMatch(LittleEndian.getUnsignedShort(x, 4), LittleEndian.getUnsignedShort(y, 4)) &&
            isFieldMatch(LittleEndian.getUnsignedShort(x, 6), LittleEndian.getUnsignedShort(y, 6)) &&
            isFieldMatch(LittleEndian.getInt(x, 8), LittleEndian.getInt(y, 8));
    }

    private static boolean isFieldMatch(int x, int y)
    {
        return y == 0 || x == y;
    }

    private <T extends DatacenterEvent> List<T> ofType(Class<T> type)
    {
        List<T> found = new ArrayList<>();
        for (DatacenterEvent event : events)
        {
            if (type.isInstance(event))
            {
                found.add(type.cast(event));
            }
        }
        return found;
    }

    private record Collector(List<DatacenterEvent> events) implements DatacenterListener
    {
        @Override
        public void onReady(DatacenterPeer peer)
        {
            // the handshake event says it
        }

        @Override
        public void onRequest(DatacenterPeer peer, RequestView request)
        {
            events.add(request.toEvent());
        }

        @Override
        public void onCloseConnection(DatacenterPeer peer, long extConnectionId)
        {
            events.add(new DatacenterEvent.CloseConnection(extConnectionId));
        }

        @Override
        public void onOther(DatacenterPeer peer, DatacenterEvent event)
        {
            events.add(event);
        }
    }
}
