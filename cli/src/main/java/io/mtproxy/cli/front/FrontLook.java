// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import io.mtproxy.cli.front.LineProbe.Answer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All that was seen of a proxy and its domain.
 *
 * @param origin      how the domain answers.
 * @param strangers   how the proxy answers those who are not its clients.
 * @param clients     how it answers its clients; null without a secret.
 * @param originVisit a whole handshake with the domain.
 * @param proxyVisit  the same through the proxy.
 * @param bad         by name of a bad input: what came of it at the domain and at the proxy.
 */
record FrontLook(FrontTarget target, FrontSide origin, FrontSide strangers, @Nullable FrontSide clients,
    TlsVisit originVisit, TlsVisit proxyVisit, Map<String, Pair> bad)
{
    /** Name of plain HTTP among the bad inputs. */
    static final String HTTP = "plain HTTP";
    /** Name of silence among the bad inputs. */
    static final String SILENCE = "silence";

    private static final int RANDOM_LENGTH = 32;
    private static final long SECOND_MS = 1000;

    /** What the domain did and what the proxy did. */
    record Pair(Answer origin, Answer proxy)
    {
    }

    /** Both of them while they are asked. */
    private record Asked(Future<Answer> origin, Future<Answer> proxy)
    {
    }

    /**
     * Looks at both.
     *
     * @param count     hellos of each kind, to each.
     * @param silenceMs for which nothing is sent.
     */
    static FrontLook take(FrontTarget target, RandomGenerator random, int count, int silenceMs)
        throws InterruptedException
    {
        LineProbe origin = new LineProbe(target.origin());
        LineProbe proxy = new LineProbe(target.proxy());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor())
        {
            Map<String, Asked> asked = new LinkedHashMap<>();
            badInputs(target, random).forEach((name, bytes) -> asked.put(name,
                new Asked(threads.submit(() -> origin.ask(bytes)), threads.submit(() -> proxy.ask(bytes)))));
            if (target.isDefault())
            {
                asked.put(SILENCE, new Asked(threads.submit(() -> origin.beSilent(silenceMs)),
                    threads.submit(() -> proxy.beSilent(silenceMs))));
            }
            FrontSide.Hellos strange = offer -> strange(target.domain(), offer, random);
            FrontSide originSide = FrontSide.look(origin, strange, count, count);
            FrontSide strangers = FrontSide.look(proxy, strange, count, count);
            FrontSide clients = target.secret() == null ?
                null :
                FrontSide.look(proxy, offer -> signed(target, offer, random), count, count);
            TlsVisit originVisit = TlsVisit.make(target.origin(), target.domain());
            TlsVisit proxyVisit = TlsVisit.make(target.proxy(), target.domain());
            Map<String, Pair> bad = new LinkedHashMap<>();
            for (Map.Entry<String, Asked> each : asked.entrySet())
            {
                bad.put(each.getKey(), new Pair(each.getValue().origin().get(), each.getValue().proxy().get()));
            }
            return new FrontLook(target, originSide, strangers, clients, originVisit, proxyVisit, bad);
        }
        catch (ExecutionException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** What names no domain reaches the first one only, and is compared for that. */
    private static Map<String, byte[]> badInputs(FrontTarget target, RandomGenerator random)
    {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        inputs.put("no known cipher", ProbeHello.withoutKnownCipher(target.domain(), random));
        inputs.put("no known version", ProbeHello.withoutKnownVersion(target.domain(), random));
        inputs.put("a broken extension", ProbeHello.withBrokenExtension(target.domain(), random));
        if (target.isDefault())
        {
            inputs.put(HTTP, ("GET / HTTP/1.1\r\nHost: " + target.domain() + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
            inputs.put("garbage", "\u0003garbage, and no line of any protocol\r\n\r\n".getBytes(
                StandardCharsets.US_ASCII));
            inputs.put("an alert", HexFormat.of().parseHex("15030100020100" + "160301000101"));
        }
        return inputs;
    }

    private static byte[] strange(String domain, ProbeHello.Offer offer, RandomGenerator random)
    {
        byte[] hello = ProbeHello.encode(domain, offer, random);
        byte[] noise = new byte[RANDOM_LENGTH];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, hello, ProbeHello.RANDOM_OFFSET, RANDOM_LENGTH);
        return hello;
    }

    private static byte[] signed(FrontTarget target, ProbeHello.Offer offer, RandomGenerator random)
    {
        byte[] hello = ProbeHello.encode(target.domain(), offer, random);
        if (target.secret() != null)
        {
            ProbeHello.sign(hello, target.secret(), System.currentTimeMillis() / SECOND_MS);
        }
        return hello;
    }
}
