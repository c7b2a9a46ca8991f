// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A row of scenarios that differ in one number.
 *
 * @param name   by which it is asked for.
 * @param title  what differs.
 * @param points in rising order.
 */
public record Curve(String name, String title, List<Point> points)
{
    /**
     * One of them.
     *
     * @param x           the number that differs.
     * @param scenario    measured.
     * @param secretCount of the proxy.
     */
    public record Point(long x, LoadScenario scenario, int secretCount)
    {
    }

    private static final List<Integer> CONNECTIONS = List.of(10, 50, 200, 1000, 4000, 10_000);
    private static final List<Integer> LENGTHS =
        List.of(64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_040_384);
    private static final List<Integer> SECRETS = List.of(1, 4, 16, 64, 128);

    public Curve
    {
        points = List.copyOf(points);
    }

    /** The names that {@link #of} knows. */
    public static List<String> names()
    {
        return List.of("connections", "lengths", "secrets", "secrets-fake-tls");
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #names}. */
    public static Curve of(String name)
    {
        return switch (name)
        {
            case "connections" -> new Curve(name, "connections, each with a request of 128 bytes under way",
                points(CONNECTIONS.stream(), "pairs-%d"));
            case "lengths" -> new Curve(name, "bytes of request and answer, 50 connections",
                points(LENGTHS.stream(), "pairs-50/%d"));
            case "secrets" -> new Curve(name, "secrets, connections that end with their first answer",
                secrets("connect"));
            case "secrets-fake-tls" -> new Curve(name, "secrets, fake-TLS connections that end with their first answer",
                secrets("connect:fake-tls"));
            default -> throw new IllegalArgumentException("curve \"" + name + "\" is none of " + names());
        };
    }

    private static List<Point> points(Stream<Integer> numbers, String format)
    {
        return numbers.map(x -> new Point(x, LoadScenario.of(String.format(Locale.ROOT, format, x)), 1)).toList();
    }

    private static List<Point> secrets(String scenario)
    {
        return IntStream.range(0, SECRETS.size())
            .mapToObj(i -> new Point(SECRETS.get(i), LoadScenario.of(scenario), SECRETS.get(i)))
            .toList();
    }
}
