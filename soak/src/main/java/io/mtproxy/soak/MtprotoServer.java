// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.TlReader.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * As much of a Telegram datacenter as a real client library needs to connect through a proxy: it agrees on auth keys,
 * answers pings and salts, and has a configuration and a file to fetch. Pure: packets in, packets out, keyed by the
 * external connection id of a middle proxy.
 * <p>
 * Nobody is logged in here and nothing is kept. Its RSA key is {@link TestRsaKey}, its randomness comes from a seed:
 * it is for tests, demonstrations and load, never for anyone's messages.
 */
public final class MtprotoServer
{
    /** Where the answers to a packet go. */
    public interface Answers
    {
        /** A packet for the client. */
        void answer(byte[] packet);

        /** A quick acknowledgement, bit 31 set. */
        void quickAck(int confirm);
    }

    /** Error packet for a message whose auth key is not known. */
    static final int ERROR_AUTH_KEY = -404;

    private static final int ENTRIES_MAX = 10_000;
    private static final int PLAIN_HEADER_LENGTH = 20;
    private static final int MESSAGE_HEADER_LENGTH = 32;
    private static final int CONTAINER_MESSAGES_MAX = 1024;
    private static final int STATE_REQUESTS_MAX = 8192;
    private static final int BAD_SALT_CODE = 48;
    private static final int SALT_SECONDS = 24 * 3600;

    private final RandomGenerator random;
    private final LongSupplier epochMs;
    private final TestRsaKey rsaKey = new TestRsaKey();
    private final MtprotoMethods methods;
    private final Map<Long, AuthKeyExchange> exchanges = bounded();
    private final Map<Long, AuthKey> keys = bounded();
    private final Map<SessionKey, Session> sessions = bounded();
    private final List<Outgoing> outgoing = new ArrayList<>();
    private long messageIdLast;
    private long keysAgreed;
    private long messagesReceived;
    private long malformedReceived;

    private record SessionKey(long authKeyId, long sessionId)
    {
    }

    /** What goes to the client, before it has a message id. */
    private record Outgoing(byte[] body, boolean isContent, boolean isAnswer)
    {
    }

    /** Sequence numbers count the messages that need an acknowledgement. */
    private static final class Session
    {
        private int contentCount;

        int nextSequence(boolean isContent)
        {
            int sequence = contentCount * 2 + (isContent ? 1 : 0);
            contentCount += isContent ? 1 : 0;
            return sequence;
        }
    }

    /**
     * @param random  of nonces, exponents and padding.
     * @param epochMs wall clock.
     * @param dcId    that the configuration names as this one.
     */
    public MtprotoServer(RandomGenerator random, LongSupplier epochMs, int dcId)
    {
        this.random = random;
        this.epochMs = epochMs;
        this.methods = new MtprotoMethods(epochMs, dcId);
    }

    /** Takes one client packet, as it stands in RPC_PROXY_REQ. */
    public void receive(long connectionId, byte[] packet, boolean quickAckWanted, Answers answers)
    {
        try
        {
            if (packet.length < PLAIN_HEADER_LENGTH)
            {
                throw new MalformedException("packet of " + packet.length + " bytes");
            }
            if (LittleEndian.getLong(packet, 0) == 0)
            {
                onPlain(connectionId, packet, answers);
            }
            else
            {
                onEncrypted(packet, quickAckWanted, answers);
            }
        }
        catch (MalformedException e)
        {
            malformedReceived++;
        }
    }

    /** The client connection is over. */
    public void onClosed(long connectionId)
    {
        exchanges.remove(connectionId);
    }

    public TestRsaKey rsaKey()
    {
        return rsaKey;
    }

    /** Auth keys that were agreed since the start. */
    public long keysAgreed()
    {
        return keysAgreed;
    }

    /** Encrypted messages that were understood. */
    public long messagesReceived()
    {
        return messagesReceived;
    }

    /** Packets that made no sense. */
    public long malformedReceived()
    {
        return malformedReceived;
    }

    private void onPlain(long connectionId, byte[] packet, Answers answers) throws MalformedException
    {
        TlReader reader = new TlReader(packet);
        reader.skip(16);
        int length = reader.readInt();
        byte[] body = reader.readRaw(length);
        AuthKeyExchange exchange =
            exchanges.computeIfAbsent(connectionId, _ -> new AuthKeyExchange(rsaKey, random, epochMs));
        byte[] answer = exchange.answer(body);
        Optional<AuthKey> key = exchange.takeKey();
        if (key.isPresent())
        {
            keys.put(key.get().id(), key.get());
            exchanges.remove(connectionId);
            keysAgreed++;
        }
        answers.answer(new ByteBuilder()
            .putLong(0)
            .putLong(nextMessageId(true))
            .putInt(answer.length)
            .putBytes(answer)
            .toByteArray());
    }

    private void onEncrypted(byte[] packet, boolean quickAckWanted, Answers answers) throws MalformedException
    {
        AuthKey key = keys.get(LittleEndian.getLong(packet, 0));
        byte[] plain = key == null ? new byte[0] : key.decryptFromClient(packet);
        if (key == null || plain.length < MESSAGE_HEADER_LENGTH)
        {
            answers.answer(new ByteBuilder().putInt(ERROR_AUTH_KEY).toByteArray());
            return;
        }
        messagesReceived++;
        if (quickAckWanted)
        {
            answers.quickAck(key.quickAck(plain));
        }
        TlReader reader = new TlReader(plain);
        long salt = reader.readLong();
        long sessionId = reader.readLong();
        long messageId = reader.readLong();
        int sequence = reader.readInt();
        byte[] body = reader.readRaw(reader.readInt());

        outgoing.clear();
        Session session = sessions.get(new SessionKey(key.id(), sessionId));
        if (salt != key.salt())
        {
            outgoing.add(new Outgoing(new ByteBuilder()
                .putInt(Tl.BAD_SERVER_SALT)
                .putLong(messageId)
                .putInt(sequence)
                .putInt(BAD_SALT_CODE)
                .putLong(key.salt())
                .toByteArray(), false, true));
            session = session == null ? new Session() : session;
        }
        else
        {
            if (session == null)
            {
                session = new Session();
                sessions.put(new SessionKey(key.id(), sessionId), session);
                outgoing.add(new Outgoing(new ByteBuilder()
                    .putInt(Tl.NEW_SESSION_CREATED)
                    .putLong(messageId)
                    .putLong(random.nextLong())
                    .putLong(key.salt())
                    .toByteArray(), true, false));
            }
            onMessage(key, messageId, body, true);
        }
        send(key, sessionId, session, answers);
    }

    private void onMessage(AuthKey key, long messageId, byte[] body, boolean mayContain) throws MalformedException
    {
        TlReader reader = new TlReader(body);
        int constructor = reader.readInt();
        switch (constructor)
        {
            case Tl.MSG_CONTAINER ->
            {
                if (!mayContain)
                {
                    throw new MalformedException("container in a container");
                }
                onContainer(key, reader);
            }
            case Tl.GZIP_PACKED ->
            {
                byte[] unpacked = MtprotoMethods.unpack(reader.readBytes());
                if (LittleEndian.getInt(unpacked, 0) == Tl.GZIP_PACKED)
                {
                    throw new MalformedException("packed twice");
                }
                onMessage(key, messageId, unpacked, mayContain);
            }
            case Tl.PING, Tl.PING_DELAY_DISCONNECT -> outgoing.add(new Outgoing(new ByteBuilder()
                .putInt(Tl.PONG)
                .putLong(messageId)
                .putLong(reader.readLong())
                .toByteArray(), false, true));
            case Tl.GET_FUTURE_SALTS ->
            {
                int now = (int)(epochMs.getAsLong() / 1000);
                outgoing.add(new Outgoing(new ByteBuilder()
                    .putInt(Tl.FUTURE_SALTS)
                    .putLong(messageId)
                    .putInt(now)
                    .putInt(1)
                    .putInt(now - SALT_SECONDS)
                    .putInt(now + SALT_SECONDS)
                    .putLong(key.salt())
                    .toByteArray(), false, true));
            }
            case Tl.DESTROY_SESSION ->
            {
                long sessionId = reader.readLong();
                boolean known = sessions.remove(new SessionKey(key.id(), sessionId)) != null;
                outgoing.add(new Outgoing(new ByteBuilder()
                    .putInt(known ? Tl.DESTROY_SESSION_OK : Tl.DESTROY_SESSION_NONE)
                    .putLong(sessionId)
                    .toByteArray(), true, true));
            }
            case Tl.MSGS_STATE_REQ -> onStateRequest(messageId, reader);
            case Tl.MSGS_ACK, Tl.MSGS_ALL_INFO, Tl.MSG_RESEND_REQ, Tl.MSGS_STATE_INFO, Tl.HTTP_WAIT ->
            {
                // nothing is kept that could be sent again
            }
            default ->
            {
                ByteBuilder result = new ByteBuilder().putInt(Tl.RPC_RESULT).putLong(messageId);
                result.putBytes(methods.call(constructor, reader));
                outgoing.add(new Outgoing(result.toByteArray(), true, true));
            }
        }
    }

    private void onContainer(AuthKey key, TlReader reader) throws MalformedException
    {
        int count = reader.readInt();
        if (count < 0 || count > CONTAINER_MESSAGES_MAX)
        {
            throw new MalformedException("container of " + count + " messages");
        }
        for (int i = 0; i < count; i++)
        {
            long messageId = reader.readLong();
            reader.readInt();
            onMessage(key, messageId, reader.readRaw(reader.readInt()), false);
        }
    }

    /** Every message is said to be received. */
    private void onStateRequest(long messageId, TlReader reader) throws MalformedException
    {
        reader.expect(Tl.VECTOR);
        int count = reader.readInt();
        if (count < 0 || count > STATE_REQUESTS_MAX)
        {
            throw new MalformedException("state of " + count + " messages");
        }
        byte[] states = new byte[count];
        Arrays.fill(states, (byte)4);
        ByteBuilder out = new ByteBuilder().putInt(Tl.MSGS_STATE_INFO).putLong(messageId);
        Tl.putBytes(out, states);
        outgoing.add(new Outgoing(out.toByteArray(), false, true));
    }

    /** One message as it is, several in a container. */
    private void send(AuthKey key, long sessionId, Session session, Answers answers)
    {
        if (outgoing.isEmpty())
        {
            return;
        }
        ByteBuilder message = new ByteBuilder().putLong(key.salt()).putLong(sessionId);
        if (outgoing.size() == 1)
        {
            Outgoing only = outgoing.getFirst();
            putMessage(message, only, session);
        }
        else
        {
            ByteBuilder container = new ByteBuilder().putInt(Tl.MSG_CONTAINER).putInt(outgoing.size());
            for (Outgoing each : outgoing)
            {
                putMessage(container, each, session);
            }
            putMessage(message, new Outgoing(container.toByteArray(), false, true), session);
        }
        outgoing.clear();
        answers.answer(key.encryptToClient(message.toByteArray(), random));
    }

    private void putMessage(ByteBuilder out, Outgoing message, Session session)
    {
        out.putLong(nextMessageId(message.isAnswer()))
            .putInt(session.nextSequence(message.isContent()))
            .putInt(message.body().length)
            .putBytes(message.body());
    }

    /** Unix time times 2^32, growing, odd: 1 modulo 4 for answers, else 3. */
    private long nextMessageId(boolean isAnswer)
    {
        long now = epochMs.getAsLong();
        long time = (now / 1000 << 32) + (now % 1000 << 22) & ~3L;
        messageIdLast = Math.max(time, (messageIdLast & ~3L) + 4) | (isAnswer ? 1 : 3);
        return messageIdLast;
    }

    /** A map that forgets what was used longest ago. */
    private static <K, V> Map<K, V> bounded()
    {
        return new LinkedHashMap<>(16, 0.75f, true)
        {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest)
            {
                return size() > ENTRIES_MAX;
            }
        };
    }

    @Override
    public String toString()
    {
        return "MtprotoServer[" + keys.size() + " keys, " + sessions.size() + " sessions]";
    }
}
