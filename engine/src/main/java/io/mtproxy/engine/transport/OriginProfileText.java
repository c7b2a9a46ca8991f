// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * An {@link OriginProfile} as the lines of a small file: readable, one thing a line, checked as a whole when it is read.
 *
 * <pre>
 *   mtproto-proxy origin profile 1
 *   domain www.example.com
 *   learnt-ms 1764072000000
 *   hello versions-first no cipher 1301 hybrid yes change-cipher-spec yes
 *   alpn 9
 *   hybrid-share -22
 *   flight 23 2811 281 69
 *   tickets 255 255
 *   records 0 1225 131072 16401
 *   delays-us 900 1100
 *   crc32 0a1b2c3d
 * </pre>
 *
 * {@code flight} stands once for each flight; {@code records} has pairs of bytes sent before and the length from there on.
 */
public final class OriginProfileText
{
    /** Longest text that is read. */
    public static final int LENGTH_MAX = 256 * 1024;

    private static final String TITLE = "mtproto-proxy origin profile 1";
    private static final String SUM = "crc32 ";
    private static final int HEX = 16;

    private OriginProfileText()
    {
    }

    /**
     * A profile with what it belongs to.
     *
     * @param domain   as configured.
     * @param learntMs wall clock of the last look that brought something.
     */
    public record Learnt(String domain, long learntMs, OriginProfile profile)
    {
    }

    /** @return the lines of a file. */
    public static String write(Learnt learnt)
    {
        OriginProfile profile = learnt.profile();
        OriginProfile.HelloShape hello = profile.hello();
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        line(text, "domain", List.of(learnt.domain()));
        line(text, "learnt-ms", List.of(learnt.learntMs()));
        line(text, "hello", List.of("versions-first", yesNo(hello.isVersionsFirst()), "cipher",
            Integer.toHexString(hello.cipher()), "hybrid", yesNo(hello.isHybridTaken()), "change-cipher-spec",
            yesNo(hello.isCipherChanged())));
        line(text, "alpn", List.of(profile.flight().alpnLength()));
        line(text, "hybrid-share", List.of(profile.flight().hybridLength()));
        profile.flight().flights().forEach(flight -> line(text, "flight", flight.recordLengths()));
        line(text, "tickets", profile.after().ticketLengths());
        line(text, "records", profile.after().recordSteps().stream()
            .mapMulti((AfterHandshake.Step step, java.util.function.Consumer<Integer> sink) ->
            {
                sink.accept(step.sentBytes());
                sink.accept(step.recordLength());
            }).toList());
        line(text, "delays-us", profile.delays().sortedUs());
        String sum = sum(text.toString());
        return text.append(SUM).append(sum).append('\n').toString();
    }

    /** @return what stands in a file; empty when that is not whole, not of this version, or cannot be true. */
    public static Optional<Learnt> read(String text)
    {
        int sumAt = text.lastIndexOf(SUM);
        if (text.length() > LENGTH_MAX || !text.startsWith(TITLE + "\n") || sumAt < 0 ||
            !text.substring(sumAt).equals(SUM + sum(text.substring(0, sumAt)) + "\n"))
        {
            return Optional.empty();
        }
        try
        {
            return Optional.of(read(Arrays.asList(text.substring(0, sumAt).split("\n"))));
        }
        catch (IllegalArgumentException e)
        {
            // whole, but by another hand: what it says cannot be
            return Optional.empty();
        }
    }

    private static Learnt read(List<String> lines)
    {
        List<String> hello = words(lines, "hello");
        if (hello.size() != 8)
        {
            throw new IllegalArgumentException("hello");
        }
        List<FlightSizes.Flight> flights = lines.stream().filter(line -> line.startsWith("flight "))
            .map(line -> new FlightSizes.Flight(numbers(List.of(line), "flight"))).toList();
        OriginProfile profile = new OriginProfile(
            new OriginProfile.HelloShape(isYes(hello.get(1)), Integer.parseInt(hello.get(3), HEX), isYes(hello.get(5)),
                isYes(hello.get(7))),
            new FlightSizes(flights, only(numbers(lines, "alpn")), only(numbers(lines, "hybrid-share"))),
            new AfterHandshake(numbers(lines, "tickets"), steps(numbers(lines, "records"))),
            new AnswerDelays(numbers(lines, "delays-us")));
        return new Learnt(only(words(lines, "domain")), Long.parseLong(only(words(lines, "learnt-ms"))), profile);
    }

    private static List<AfterHandshake.Step> steps(List<Integer> numbers)
    {
        List<AfterHandshake.Step> steps = new ArrayList<>();
        for (int i = 0; i + 1 < numbers.size(); i += 2)
        {
            steps.add(new AfterHandshake.Step(numbers.get(i), numbers.get(i + 1)));
        }
        return steps;
    }

    private static void line(StringBuilder text, String name, List<?> values)
    {
        text.append(name);
        values.forEach(value -> text.append(' ').append(value));
        text.append('\n');
    }

    private static List<String> words(List<String> lines, String name)
    {
        String line = lines.stream().filter(candidate -> (candidate + " ").startsWith(name + " ")).findFirst()
            .orElseThrow(() -> new IllegalArgumentException(name));
        return line.length() == name.length() ? List.of() : Arrays.asList(line.substring(name.length() + 1).split(" "));
    }

    private static List<Integer> numbers(List<String> lines, String name)
    {
        return words(lines, name).stream().map(Integer::valueOf).toList();
    }

    private static <T> T only(List<T> values)
    {
        if (values.size() != 1)
        {
            throw new IllegalArgumentException(values.size() + " values");
        }
        return values.getFirst();
    }

    private static String yesNo(boolean value)
    {
        return value ? "yes" : "no";
    }

    private static boolean isYes(String word)
    {
        return switch (word)
        {
            case "yes" -> true;
            case "no" -> false;
            default -> throw new IllegalArgumentException(word);
        };
    }

    private static String sum(String text)
    {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
