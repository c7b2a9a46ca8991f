// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.ClientEvent.QuickAck.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;

/**
 * A Telegram client with the obfuscated2 transport: bytes in, bytes out. [P-OBF-10] to [P-OBF-42]
 * <p>
 * {@link #start()} gives the header, {@link #frame(byte[], boolean)} packets for the proxy, {@link #receive} takes what
 * the proxy sends, in pieces of any size, and turns it into {@link #events()}.
 */
public final class ClientPeer
{
    /** Length of the header. */
    public static final int HEADER_LENGTH = 64;
    /** Longest client packet, padding included. [P-OBF-21] */
    public static final int PACKET_LENGTH_MAX = 1_044_480;

    private static final int KEY_OFFSET = 8;
    private static final int KEY_LENGTH = 32;
    private static final int IV_LENGTH = 16;
    private static final int TAG_OFFSET = 56;
    private static final int DC_OFFSET = 60;
    private static final int QUICK_ACK_BIT = 0x8000_0000;
    private static final int ABRIDGED_QUICK_ACK_BIT = 0x80;
    private static final int ABRIDGED_LONG = 0x7f;
    /** Longest packet that a proxy passes on: an answer of 16 MiB and its padding. [P-RPC-03] */
    private static final int RECEIVED_LENGTH_MAX = (16 << 20) + 4096;
    /** First word of the packet that carries a quick acknowledgement. [P-OBF-42] */
    private static final int QUICK_ACK_MARK = 0xffff_ffff;

    private final ClientOptions options;
    private final RandomGenerator random;
    private final byte[] headerWire;
    private final Cipher toProxy;
    private final Cipher fromProxy;
    private final ByteBuilder plainOut = new ByteBuilder();
    private final ByteBuilder plainIn = new ByteBuilder();
    private final List<ClientEvent> events;
    private final ClientListener listener;
    private boolean started;
    private boolean broken;
    private boolean quickAckPending;
    private int quickAckConfirm;

    /** A client with a random header that obeys the rules for clients. [P-OBF-19] */
    public ClientPeer(ClientOptions options)
    {
        this(options, randomHeader(options));
    }

    /** A client with a given header in clear, its tag and DC id included; for vectors, replays and bad tags. */
    public ClientPeer(ClientOptions options, byte[] headerPlain)
    {
        this(options, headerPlain, new ArrayList<>());
    }

    private ClientPeer(ClientOptions options, byte[] headerPlain, List<ClientEvent> events)
    {
        this(options, headerPlain, events, new Collector(events));
    }

    /** A client that hands what it decodes to a listener and keeps no events. */
    ClientPeer(ClientOptions options, ClientListener listener)
    {
        this(options, randomHeader(options), List.of(), listener);
    }

    private ClientPeer(ClientOptions options, byte[] headerPlain, List<ClientEvent> events, ClientListener listener)
    {
        if (headerPlain.length != HEADER_LENGTH)
        {
            throw new IllegalArgumentException("header of " + headerPlain.length + " bytes, not 64");
        }
        this.options = options;
        this.random = new SplittableRandom(options.seed() + 1);
        this.events = events;
        this.listener = listener;

        byte[] block = Arrays.copyOfRange(headerPlain, KEY_OFFSET, TAG_OFFSET);
        this.toProxy = newCipher(options.secret(), block);
        this.fromProxy = newCipher(options.secret(), reversed(block));

        byte[] encrypted = new byte[HEADER_LENGTH];
        Jce.update(toProxy, headerPlain, 0, HEADER_LENGTH, encrypted, 0);
        System.arraycopy(headerPlain, 0, encrypted, 0, TAG_OFFSET);
        this.headerWire = encrypted;
    }

    public ClientOptions options()
    {
        return options;
    }

    /** The header, the first bytes of the connection. [P-OBF-10] */
    public byte[] start()
    {
        started = true;
        return headerWire.clone();
    }

    /** A packet of the connection's framing, encrypted; padded transport: with random padding. */
    public byte[] frame(byte[] payload, boolean quickAck)
    {
        ByteBuilder out = new ByteBuilder();
        frameTo(payload, 0, payload.length, quickAck, out);
        return out.toByteArray();
    }

    /** The same with given padding, which only the padded transport may have. */
    public byte[] frame(byte[] payload, boolean quickAck, byte[] padding)
    {
        if (options.transport() != Transport.PADDED && padding.length != 0)
        {
            throw new IllegalArgumentException("padding in transport " + options.transport());
        }
        ByteBuilder out = new ByteBuilder();
        putLength(payload.length + padding.length, quickAck);
        plainOut.putBytes(payload).putBytes(padding);
        encryptTo(out);
        return out.toByteArray();
    }

    /** Any bytes, encrypted at the stream's position: malformed lengths, half frames, several frames in one. */
    public byte[] rawPlain(byte[] plain)
    {
        ByteBuilder out = new ByteBuilder();
        plainOut.putBytes(plain);
        encryptTo(out);
        return out.toByteArray();
    }

    /** Appends a packet, encrypted, to {@code out}. */
    void frameTo(byte[] payload, int offset, int length, boolean quickAck, ByteBuilder out)
    {
        int paddingLength =
            options.transport() == Transport.PADDED ? random.nextInt(options.paddingLengthMax() + 1) : 0;
        plainOut.ensure(length + paddingLength + 4);
        putLength(length + paddingLength, quickAck);
        plainOut.putBytes(payload, offset, length);
        for (int i = 0; i < paddingLength; i++)
        {
            plainOut.putByte(random.nextInt());
        }
        encryptTo(out);
    }

    /** Takes bytes from the proxy, in pieces of any size. */
    public void receive(byte[] bytes, int offset, int length)
    {
        if (broken)
        {
            return;
        }
        plainIn.ensure(length);
        int at = plainIn.extend(length);
        Jce.update(fromProxy, bytes, offset, length, plainIn.array(), at);

        int done = 0;
        while (!broken)
        {
            int next = options.transport() == Transport.ABRIDGED ? readAbridged(done) : readIntermediate(done);
            if (next == done)
            {
                break;
            }
            done = next;
        }
        plainIn.discard(broken ? plainIn.length() : done);
    }

    /** Takes all of {@code bytes}. */
    public void receive(byte[] bytes)
    {
        receive(bytes, 0, bytes.length);
    }

    /** Everything that was decoded since the last {@link #takeEvents()}. */
    public List<ClientEvent> events()
    {
        return Collections.unmodifiableList(events);
    }

    /** Everything that was decoded since the last call. */
    public List<ClientEvent> takeEvents()
    {
        List<ClientEvent> taken = List.copyOf(events);
        events.clear();
        return taken;
    }

    /** The packets among {@link #events()}. */
    public List<byte[]> packets()
    {
        List<byte[]> packets = new ArrayList<>();
        for (ClientEvent event : events)
        {
            if (event instanceof ClientEvent.Packet(byte[] payload))
            {
                packets.add(payload);
            }
        }
        return packets;
    }

    /** The values of the quick acknowledgements among {@link #events()}. */
    public List<Integer> quickAcks()
    {
        List<Integer> confirms = new ArrayList<>();
        for (ClientEvent event : events)
        {
            if (event instanceof ClientEvent.QuickAck(int confirm, Form _))
            {
                confirms.add(confirm);
            }
        }
        return confirms;
    }

    /** Bytes of an incomplete packet that wait for their rest. */
    public int incompleteLength()
    {
        return plainIn.length();
    }

    /** Whether the proxy broke the protocol; nothing is decoded any more. */
    public boolean isBroken()
    {
        return broken;
    }

    /** Whether a received packet is this payload, in the padded transport followed by 0 to 3 bytes. [P-OBF-35] */
    public boolean isPayload(byte[] payload, byte[] packet)
    {
        return isPayload(payload, payload.length, packet, 0, packet.length);
    }

    boolean isPayload(byte[] payload, int length, byte[] bytes, int offset, int packetLength)
    {
        int paddingLength = packetLength - length;
        int paddingLengthMax = options.transport() == Transport.PADDED ? ClientOptions.PADDING_LENGTH_CUT : 0;
        return paddingLength >= 0 && paddingLength <= paddingLengthMax &&
            Arrays.equals(payload, 0, length, bytes, offset, offset + length);
    }

    @Override
    public String toString()
    {
        return "ClientPeer[" + options + "]";
    }

    /** [P-OBF-30] [P-OBF-32] [P-OBF-33] */
    private void putLength(int length, boolean quickAck)
    {
        switch (options.transport())
        {
            case ABRIDGED ->
            {
                int words = length / 4;
                if (length % 4 != 0)
                {
                    throw new IllegalArgumentException("abridged packet of " + length + " bytes");
                }
                int bit = quickAck ? ABRIDGED_QUICK_ACK_BIT : 0;
                if (words < ABRIDGED_LONG)
                {
                    plainOut.putByte(words | bit);
                }
                else
                {
                    plainOut.putInt(ABRIDGED_LONG | bit | words << 8);
                }
            }
            case INTERMEDIATE, PADDED -> plainOut.putInt(length | (quickAck ? QUICK_ACK_BIT : 0));
        }
    }

    private void encryptTo(ByteBuilder out)
    {
        if (!started)
        {
            throw new IllegalStateException("start() gives the header, which goes first");
        }
        int at = out.extend(plainOut.length());
        Jce.update(toProxy, plainOut.array(), 0, plainOut.length(), out.array(), at);
        plainOut.clear();
    }

    /** Reads one packet or acknowledgement at {@code start}; returns where the next begins, or start. [P-OBF-31] */
    private int readAbridged(int start)
    {
        int available = plainIn.length() - start;
        if (available < 1)
        {
            return start;
        }
        byte[] bytes = plainIn.array();
        int first = bytes[start] & 0xff;
        if ((first & ABRIDGED_QUICK_ACK_BIT) != 0)
        {
            if (available < 4)
            {
                return start;
            }
            listener.onQuickAck(Integer.reverseBytes(LittleEndian.getInt(bytes, start)), Form.RAW);
            return start + 4;
        }
        if (first != ABRIDGED_LONG)
        {
            return readPacket(start, 1, first * 4);
        }
        if (available < 4)
        {
            return start;
        }
        int words = LittleEndian.getInt(bytes, start) >>> 8;
        if (words < ABRIDGED_LONG)
        {
            return violation(start, "P-OBF-31", words + " words in the long form");
        }
        return readPacket(start, 4, words * 4);
    }

    /** The same for four bytes of length. [P-OBF-32] [P-OBF-35] */
    private int readIntermediate(int start)
    {
        if (plainIn.length() - start < 4)
        {
            return start;
        }
        int value = LittleEndian.getInt(plainIn.array(), start);
        if ((value & QUICK_ACK_BIT) != 0)
        {
            listener.onQuickAck(value, Form.RAW);
            return start + 4;
        }
        if (options.transport() == Transport.INTERMEDIATE && value % 4 != 0)
        {
            return violation(start, "P-OBF-32", "packet of " + value + " bytes");
        }
        return readPacket(start, 4, value);
    }

    private int readPacket(int start, int headerLength, int length)
    {
        if (length > RECEIVED_LENGTH_MAX)
        {
            return violation(start, "P-OBF-31", "packet of " + length + " bytes");
        }
        int offset = start + headerLength;
        if (plainIn.length() - offset < length)
        {
            return start;
        }
        byte[] bytes = plainIn.array();
        if (options.transport() != Transport.PADDED)
        {
            listener.onPacket(bytes, offset, length);
        }
        else
        {
            onPaddedPacket(bytes, offset, length);
        }
        return broken ? start : offset + length;
    }

    /** A packet, or one of the two that make a quick acknowledgement. [P-OBF-42] */
    private void onPaddedPacket(byte[] bytes, int offset, int length)
    {
        if (quickAckPending)
        {
            quickAckPending = false;
            if (length < 4 || length > 11 || LittleEndian.getInt(bytes, offset) != 0)
            {
                violation(0, "P-OBF-42", "first packet of a quick acknowledgement without the second");
                return;
            }
            listener.onQuickAck(quickAckConfirm, Form.TWO_PACKETS);
        }
        else if (length >= 8 && length <= 15 && LittleEndian.getInt(bytes, offset) == QUICK_ACK_MARK)
        {
            quickAckPending = true;
            quickAckConfirm = LittleEndian.getInt(bytes, offset + 4);
        }
        else
        {
            listener.onPacket(bytes, offset, length);
        }
    }

    private int violation(int start, String clause, String text)
    {
        broken = true;
        listener.onViolation(clause, text);
        return start;
    }

    /** [P-OBF-10] [P-OBF-19] */
    private static byte[] randomHeader(ClientOptions options)
    {
        RandomGenerator random = new SplittableRandom(options.seed());
        byte[] header = new byte[HEADER_LENGTH];
        do
        {
            random.nextBytes(header);
        }
        while (!isHeaderAllowed(header));
        LittleEndian.putInt(header, TAG_OFFSET, options.transport().tag());
        LittleEndian.putShort(header, DC_OFFSET, options.dcId());
        return header;
    }

    /** Whether a client may start with these bytes: they must look like no other protocol. [P-OBF-19] */
    static boolean isHeaderAllowed(byte[] header)
    {
        int first = LittleEndian.getInt(header, 0);
        boolean taken = switch (first)
        {
            case 0x44414548, 0x54534f50, 0x20544547, 0x4954504f, 0xeeeeeeee, 0xdddddddd, 0x02010316 -> true;
            default -> false;
        };
        return !taken && (first & 0xff) != 0xef && LittleEndian.getInt(header, 4) != 0;
    }

    /** [P-OBF-11] [P-OBF-12] */
    private static Cipher newCipher(byte[] secret, byte[] block)
    {
        byte[] seed = Arrays.copyOf(block, KEY_LENGTH);
        byte[] key = secret.length == 0 ? seed : Jce.sha256(seed, secret);
        return Jce.aesCtr(key, Arrays.copyOfRange(block, KEY_LENGTH, KEY_LENGTH + IV_LENGTH));
    }

    private static byte[] reversed(byte[] block)
    {
        byte[] reversed = new byte[block.length];
        for (int i = 0; i < block.length; i++)
        {
            reversed[i] = block[block.length - 1 - i];
        }
        return reversed;
    }

    private record Collector(List<ClientEvent> events) implements ClientListener
    {
        @Override
        public void onPacket(byte[] bytes, int offset, int length)
        {
            events.add(new ClientEvent.Packet(Arrays.copyOfRange(bytes, offset, offset + length)));
        }

        @Override
        public void onQuickAck(int confirm, Form form)
        {
            events.add(new ClientEvent.QuickAck(confirm, form));
        }

        @Override
        public void onViolation(String clause, String text)
        {
            events.add(new ClientEvent.Violation(clause, text));
        }
    }
}
