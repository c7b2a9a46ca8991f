// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.HostResolver;
import io.mtproxy.engine.transport.OriginAnswer;
import io.mtproxy.engine.transport.OriginProbeHello;
import io.mtproxy.engine.transport.OriginProfile;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a domain and says hello to it twenty times at once, as the C program does at start. [P-TLS-50] [P-TLS-52]
 * Each hello has a virtual thread of its own; five seconds are for all of them.
 */
public final class OriginProbe implements OriginProber
{
    private static final int HELLO_COUNT = 20;
    private static final long TIME_LIMIT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int PORT = 443;
    private static final int ANSWER_LENGTH_MAX = 8192;

    private final Supplier<HostResolver> resolvers;
    private final NanoClock clock;
    private final RandomSource random;
    private final int port;

    /**
     * @param resolvers gives a fresh resolver for each look.
     * @param random    used by one thread at a time, under this object's lock.
     */
    public OriginProbe(Supplier<HostResolver> resolvers, NanoClock clock, RandomSource random)
    {
        this(resolvers, clock, random, PORT);
    }

    OriginProbe(Supplier<HostResolver> resolvers, NanoClock clock, RandomSource random, int port)
    {
        this.resolvers = resolvers;
        this.clock = clock;
        this.random = random;
        this.port = port;
    }

    /** What one hello has brought. */
    private static final class Reply
    {
        boolean isReversed;
        int recordLength;
        String problem = "it did not answer in time";
    }

    @Override
    public Finding look(String domain, Consumer<Finding> early)
    {
        InetAddress address;
        boolean isHere;
        try
        {
            address = resolve(domain);
            isHere = isHere(address);
        }
        catch (IOException e)
        {
            return new Finding(null, false, null, "its name cannot be resolved: " + e.getMessage());
        }
        early.accept(new Finding(address, isHere, null, ""));
        Reply[] replies = new Reply[HELLO_COUNT];
        Thread[] threads = new Thread[HELLO_COUNT];
        long deadlineNs = clock.nanoTime() + TIME_LIMIT_NS;
        for (int i = 0; i < HELLO_COUNT; i++)
        {
            Reply reply = new Reply();
            replies[i] = reply;
            byte[] hello = newHello(domain);
            threads[i] = Thread.ofVirtual().start(() -> ask(address, hello, reply, deadlineNs));
        }
        return new Finding(address, isHere, conclude(threads, replies), firstProblem(replies));
    }

    private synchronized byte[] newHello(String domain)
    {
        return OriginProbeHello.encode(domain, random);
    }

    /** A name in brackets is an IPv6 address. [P-TLS-50] */
    private InetAddress resolve(String domain) throws UnknownHostException
    {
        return domain.startsWith("[") && domain.endsWith("]") ?
            InetAddress.ofLiteral(domain) :
            resolvers.get().resolve(domain);
    }

    private static boolean isHere(InetAddress address) throws IOException
    {
        return address.isAnyLocalAddress() || address.isLoopbackAddress() ||
            NetworkInterface.getByInetAddress(address) != null;
    }

    private void ask(InetAddress address, byte[] hello, Reply reply, long deadlineNs)
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(address, port), leftMs(deadlineNs));
            socket.getOutputStream().write(hello);
            InputStream in = socket.getInputStream();
            byte[] answer = new byte[ANSWER_LENGTH_MAX];
            OriginAnswer reader = new OriginAnswer();
            int length = 0;
            while (true)
            {
                socket.setSoTimeout(leftMs(deadlineNs));
                int run = in.read(answer, length, answer.length - length);
                if (run <= 0)
                {
                    reply.problem = "it closed the connection in the middle of its answer";
                    return;
                }
                length += run;
                OriginAnswer.Result result = reader.read(answer, length, hello);
                if (result != OriginAnswer.Result.NEED_MORE)
                {
                    reply.isReversed = reader.reversed();
                    reply.recordLength = reader.recordLength();
                    reply.problem = reader.problem();
                    return;
                }
            }
        }
        catch (IOException e)
        {
            reply.problem = "it cannot be reached: " + e.getMessage();
        }
    }

    private int leftMs(long deadlineNs)
    {
        return (int)Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.nanoTime()));
    }

    /** All must succeed. [P-TLS-50] */
    private static @Nullable OriginProfile conclude(Thread[] threads, Reply[] replies)
    {
        try
        {
            for (Thread thread : threads)
            {
                thread.join();
            }
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return null;
        }
        if (!firstProblem(replies).isEmpty())
        {
            return null;
        }
        // C takes the smallest of the flags: reversed only where all are
        boolean isReversed = Arrays.stream(replies).allMatch(reply -> reply.isReversed);
        return OriginProfile.ofLengths(isReversed, Arrays.stream(replies).mapToInt(reply -> reply.recordLength)
            .toArray());
    }

    private static String firstProblem(Reply[] replies)
    {
        return Arrays.stream(replies).map(reply -> reply.problem).filter(problem -> !problem.isEmpty()).findFirst()
            .orElse("");
    }
}
