// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What clients do, and in what unit its price is given.
 *
 * @param name           as it was asked for.
 * @param unit           of the price.
 * @param connections    at a time.
 * @param window         requests under way on each connection in a closed loop.
 * @param requestLengths of payloads, taken in turn by each client.
 * @param answerLengths  wished in the requests, taken in the same turn.
 * @param rate           requests (or connections) a second over all, from a schedule that waits for nobody; 0 is the
 *                       closed loop: a client sends its next when an answer has come.
 * @param isReconnecting whether each connection ends with its first answer, and another follows.
 * @param isSpinning     whether the generator never sleeps, so that its own wake-ups are in no latency.
 * @param wire           of the clients.
 */
public record LoadScenario(
    String name, Unit unit, int connections, int window, List<Integer> requestLengths, List<Integer> answerLengths,
    double rate, boolean isReconnecting, boolean isSpinning, Wire wire)
{
    /** What the names are made of, for help and errors. */
    public static final String SYNTAX =
        "NAME[-CONNECTIONS][/BYTES][@RATE][:TRANSPORT], NAME one of bulk-down, bulk-up, pairs, echo, connect, mixed, " +
            "idle; TRANSPORT one of abridged, intermediate, padded, fake-tls, fake-tls-hybrid";

    private static final Pattern SPECIFICATION =
        Pattern.compile("([a-z]+(?:-[a-z]+)*)(?:-(\\d+))?(?:/(\\d+)(k?))?(?:@(\\d+(?:\\.\\d+)?))?(?::([a-z-]+))?");
    private static final int SMALL = 128;
    private static final int LONG = 256 * 1024;

    /** What a result is divided by. */
    public enum Unit
    {
        /** A request and its answer. */
        PAIR("µs a pair", 1e6),
        /** 10^9 bytes of answers. */
        GB_DOWN("s a GB down", 1),
        /** 10^9 bytes of requests. */
        GB_UP("s a GB up", 1),
        /** A connection with its handshake and its first answer. */
        CONNECT("µs a connection", 1e6),
        /** A second of the clock: connections that do nothing. */
        SECOND("% of a core", 100);

        private final String label;
        private final double scale;

        Unit(String label, double scale)
        {
            this.label = label;
            this.scale = scale;
        }

        /** @return of CPU for each unit, as printed. */
        public String label()
        {
            return label;
        }

        /** @return CPU as printed, from seconds of CPU and a count of requests, GB, connections or seconds. */
        double price(double cpuSeconds, double count)
        {
            return count == 0 ? Double.NaN : cpuSeconds * scale / count;
        }
    }

    public LoadScenario
    {
        requestLengths = List.copyOf(requestLengths);
        answerLengths = List.copyOf(answerLengths);
        if (connections < 1 || window < 1 || requestLengths.size() != answerLengths.size())
        {
            throw new IllegalArgumentException("scenario " + name + " is impossible");
        }
    }

    /**
     * Reads {@link #SYNTAX}.
     *
     * @throws IllegalArgumentException saying what is wrong with it.
     */
    public static LoadScenario of(String text)
    {
        Matcher matcher = SPECIFICATION.matcher(text);
        if (!matcher.matches())
        {
            throw new IllegalArgumentException("scenario \"" + text + "\" is not " + SYNTAX);
        }
        Wire wire = matcher.group(6) == null ? Wire.INTERMEDIATE : Wire.of(matcher.group(6));
        double rate = matcher.group(5) == null ? 0 : Double.parseDouble(matcher.group(5));
        int connections = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        int bytes = matcher.group(3) == null ?
            0 :
            Integer.parseInt(matcher.group(3)) * (matcher.group(4).isEmpty() ? 1 : 1024);
        int length = bytes == 0 ? 0 : Math.clamp(bytes & -4, LoadPayload.LENGTH_MIN, LoadPayload.LENGTH_MAX);
        boolean isSpinning = rate > 0;
        return switch (matcher.group(1))
        {
            case "bulk-down" -> new LoadScenario(text, Unit.GB_DOWN, or(connections, 8), 2, List.of(SMALL),
                List.of(or(length, LONG)), rate, false, isSpinning, wire);
            case "bulk-up" -> new LoadScenario(text, Unit.GB_UP, or(connections, 8), 2, List.of(or(length, LONG)),
                List.of(SMALL), rate, false, isSpinning, wire);
            case "pairs" -> new LoadScenario(text, Unit.PAIR, or(connections, 50), 1, List.of(or(length, SMALL)),
                List.of(or(length, SMALL)), rate, false, isSpinning, wire);
            case "echo" -> new LoadScenario(text, Unit.PAIR, or(connections, 1), 1, List.of(or(length, SMALL)),
                List.of(or(length, SMALL)), rate, false, true, wire);
            case "connect" -> new LoadScenario(text, Unit.CONNECT, or(connections, 32), 1, List.of(or(length, SMALL)),
                List.of(or(length, SMALL)), rate, true, isSpinning, wire);
            case "mixed" -> new LoadScenario(text, Unit.PAIR, or(connections, 200), 1, MIXED_REQUESTS, MIXED_ANSWERS,
                rate, false, isSpinning, wire);
            case "idle" -> new LoadScenario(text, Unit.SECOND, or(connections, 10_000), 1, List.of(SMALL),
                List.of(SMALL), 0, false, false, wire);
            default -> throw new IllegalArgumentException("scenario \"" + text + "\" is not " + SYNTAX);
        };
    }

    /** A chat: mostly small, some pictures down, few up. */
    private static final List<Integer> MIXED_REQUESTS =
        List.of(128, 256, 128, 128, 512, 128, 128, 128, 65_536, 128, 192, 128, 128, 128, 384, 128);
    private static final List<Integer> MIXED_ANSWERS =
        List.of(128, 512, 128, 4096, 128, 1024, 128, 65_536, 128, 128, 2048, 128, 256, 131_072, 128, 512);

    /** The same for clients of another kind. */
    public LoadScenario withWire(Wire other)
    {
        return new LoadScenario(name, unit, connections, window, requestLengths, answerLengths, rate, isReconnecting,
            isSpinning, other);
    }

    /** The same with another rate, named so. */
    public LoadScenario withRate(double other)
    {
        String transport = name.contains(":") ? name.substring(name.indexOf(':')) : "";
        String renamed = name.replaceAll("[@:].*", "") + String.format(Locale.ROOT, "@%.0f", other) + transport;
        return new LoadScenario(renamed, unit, connections, window, requestLengths, answerLengths, other,
            isReconnecting, true, wire);
    }

    /** Whether clients send nothing after their first request. */
    public boolean isIdle()
    {
        return unit == Unit.SECOND;
    }

    boolean hasLongAnswers()
    {
        return answerLengths.stream().anyMatch(length -> length >= LargeAnswers.LENGTH_MIN);
    }

    private static int or(int value, int otherwise)
    {
        return value == 0 ? otherwise : value;
    }
}
