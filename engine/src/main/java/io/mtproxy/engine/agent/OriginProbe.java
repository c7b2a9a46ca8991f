// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.HostResolver;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.AnswerDelays;
import io.mtproxy.engine.transport.FlightSizes;
import io.mtproxy.engine.transport.OriginProbeHello;
import io.mtproxy.engine.transport.OriginProbeHello.Kind;
import io.mtproxy.engine.transport.OriginProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.NanoClock;

/**
 * Resolves a domain and learns how it answers: it says hello to it twenty times at once, as the C program does at start,
 * then a few times more one after the other with other offers, and speaks TLS with it once to the end. The twenty must all
 * succeed; what comes behind them may be missing. [P-TLS-50] [P-TLS-52]
 */
public final class OriginProbe implements OriginProber
{
    private static final int HELLO_COUNT = 20;
    /** Hellos of each kind in the second round, which also measures delays: with nothing else going on. */
    private static final int ROUND_COUNT = 4;
    private static final long TIME_LIMIT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long ROUND_LIMIT_NS = TimeUnit.SECONDS.toNanos(20);
    private static final int PORT = 443;
    /** Bytes by which {@code h2} and {@code http/1.1} lengthen a flight; the mean of a few flights is one or two off. */
    private static final List<Integer> ALPN_LENGTHS = List.of(0, 9, 15);
    private static final int ERROR_MAX = 2;

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

    /** @param port of the domain. */
    public OriginProbe(Supplier<HostResolver> resolvers, NanoClock clock, RandomSource random, int port)
    {
        this.resolvers = resolvers;
        this.clock = clock;
        this.random = random;
        this.port = port;
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
        InetSocketAddress target = new InetSocketAddress(address, port);
        List<OriginCall.Reply> replies = callAtOnce(new OriginCall(target, clock), domain);
        String problem = replies.stream().map(OriginCall.Reply::problem).filter(text -> !text.isEmpty()).findFirst()
            .orElse("");
        return new Finding(address, isHere, problem.isEmpty() ? learn(target, domain, replies) : null, problem);
    }

    private synchronized byte[] newHello(String domain, Kind kind)
    {
        return OriginProbeHello.encode(domain, kind, random);
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

    /** Each hello has a virtual thread of its own; five seconds are for all of them. [P-TLS-50] */
    private List<OriginCall.Reply> callAtOnce(OriginCall call, String domain)
    {
        OriginCall.Reply[] replies = new OriginCall.Reply[HELLO_COUNT];
        Thread[] threads = new Thread[HELLO_COUNT];
        long deadlineNs = clock.nanoTime() + TIME_LIMIT_NS;
        for (int i = 0; i < HELLO_COUNT; i++)
        {
            int index = i;
            byte[] hello = newHello(domain, Kind.PLAIN);
            threads[i] = Thread.ofVirtual().start(() -> replies[index] = call.say(hello, deadlineNs));
        }
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
            return List.of(OriginCall.Reply.problem("the look was broken off"));
        }
        return Arrays.stream(replies)
            .map(reply -> reply == null ? OriginCall.Reply.problem("it could not be looked at") : reply).toList();
    }

    /** All twenty are good: what more is there to know? */
    private OriginProfile learn(InetSocketAddress target, String domain, List<OriginCall.Reply> replies)
    {
        OriginCall call = new OriginCall(target, clock);
        long deadlineNs = clock.nanoTime() + ROUND_LIMIT_NS;
        List<OriginCall.Answer> answers = answers(replies);
        List<Integer> delaysUs = new ArrayList<>();
        List<OriginCall.Answer> hybrid = round(call, domain, Kind.HYBRID, delaysUs, deadlineNs);
        List<OriginCall.Answer> withoutAlpn = round(call, domain, Kind.WITHOUT_ALPN, delaysUs, deadlineNs);
        AfterHandshake after = new OriginSession(target, domain, clock).look(clock.nanoTime() + TIME_LIMIT_NS);
        // C takes the smallest of the flags: versions first only where all have it so
        OriginProfile.HelloShape hello = new OriginProfile.HelloShape(
            answers.stream().allMatch(answer -> answer.hello().isVersionsFirst()), answers.getFirst().hello().cipher(),
            !hybrid.isEmpty() && hybrid.stream().allMatch(answer -> answer.hello().isHybridTaken()),
            answers.stream().allMatch(answer -> answer.hello().isCipherChanged()));
        FlightSizes flight = new FlightSizes(answers.stream().map(OriginCall.Answer::flight).toList(),
            alpnLength(answers, withoutAlpn), hybridLength(answers, hybrid));
        return new OriginProfile(hello, flight, after, new AnswerDelays(delaysUs));
    }

    private List<OriginCall.Answer> round(OriginCall call, String domain, Kind kind, List<Integer> delaysUs,
        long deadlineNs)
    {
        List<OriginCall.Reply> replies = new ArrayList<>();
        for (int i = 0; i < ROUND_COUNT && clock.nanoTime() < deadlineNs; i++)
        {
            OriginCall.Reply reply = call.say(newHello(domain, kind), deadlineNs);
            replies.add(reply);
            if (reply.answer() != null)
            {
                delaysUs.add(reply.delayUs());
            }
        }
        return answers(replies);
    }

    private static List<OriginCall.Answer> answers(List<OriginCall.Reply> replies)
    {
        return replies.stream().map(OriginCall.Reply::answer).filter(Objects::nonNull).toList();
    }

    private static int alpnLength(List<OriginCall.Answer> with, List<OriginCall.Answer> without)
    {
        if (without.isEmpty())
        {
            return 0;
        }
        int difference = (int)Math.round(mean(with) - mean(without));
        return ALPN_LENGTHS.stream().filter(length -> Math.abs(length - difference) <= ERROR_MAX).findFirst()
            .orElse(Math.max(0, difference));
    }

    /** A list of groups, if any: a whole number of pairs of bytes, and the means of a few flights are less than one off. */
    private static int hybridLength(List<OriginCall.Answer> without, List<OriginCall.Answer> with)
    {
        if (with.isEmpty())
        {
            return 0;
        }
        double difference = mean(with) - mean(without);
        return Math.abs(difference) <= ERROR_MAX ? 0 : 2 * (int)Math.round(difference / 2);
    }

    private static double mean(List<OriginCall.Answer> answers)
    {
        return answers.stream().mapToInt(answer -> answer.flight().length()).average().orElse(0);
    }
}
