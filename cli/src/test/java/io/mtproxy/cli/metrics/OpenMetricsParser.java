// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict reader of OpenMetrics 1.0, written from its specification and not from what we write. Everything that a MUST
 * forbids is an {@link IllegalArgumentException} with the line; what we never write (timestamps, exemplars, types other
 * than the four) is refused, too.
 */
final class OpenMetricsParser
{
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? ([^ ]+)");
    private static final Pattern LABEL = Pattern.compile(
        "([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\"\\\\n])*)\"");
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?|[+-]?Inf|NaN");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "info");

    private final Map<String, Family> families = new LinkedHashMap<>();
    private final Set<String> sampleNames = new HashSet<>();
    private String line = "";
    private Family current;

    /** A family as it was read. */
    static final class Family
    {
        final String name;
        String type = "";
        String unit = "";
        String help = "";
        final List<Sample> samples = new ArrayList<>();

        Family(String name)
        {
            this.name = name;
        }
    }

    /** A sample as it was read; labels in order of their names. */
    record Sample(String name, Map<String, String> labels, double value)
    {
    }

    static Map<String, Family> parse(String text)
    {
        return new OpenMetricsParser().read(text);
    }

    private Map<String, Family> read(String text)
    {
        check(text.endsWith("# EOF\n"), "the text does not end with # EOF");
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length - 2; i++)
        {
            line = lines[i];
            check(!line.equals("# EOF"), "an end in the middle");
            if (line.startsWith("#"))
            {
                readDescriptor();
            }
            else
            {
                readSample();
            }
        }
        families.values().forEach(this::checkFamily);
        return families;
    }

    private void readDescriptor()
    {
        String[] words = line.split(" ", 4);
        check(words.length == 4 && words[0].equals("#"), "not a descriptor");
        check(NAME.matcher(words[2]).matches(), "not a name");
        Family family = familyOf(words[2]);
        check(family.samples.isEmpty(), "a descriptor behind samples");
        switch (words[1])
        {
            case "TYPE" ->
            {
                check(family.type.isEmpty() && TYPES.contains(words[3]), "a bad or second type");
                family.type = words[3];
            }
            case "UNIT" ->
            {
                check(family.unit.isEmpty() && family.name.endsWith("_" + words[3]),
                    "a second unit, or not the suffix");
                family.unit = words[3];
            }
            case "HELP" ->
            {
                check(family.help.isEmpty(), "a second help");
                family.help = unescape(words[3]);
            }
            default -> throw fault("an unknown descriptor");
        }
    }

    private Family familyOf(String name)
    {
        if (current != null && current.name.equals(name))
        {
            return current;
        }
        check(!families.containsKey(name), "a family in two places");
        current = new Family(name);
        families.put(name, current);
        return current;
    }

    private void readSample()
    {
        Matcher matcher = SAMPLE.matcher(line);
        check(matcher.matches(), "not a sample");
        check(current != null && !current.type.isEmpty(), "a sample without a type");
        String name = matcher.group(1);
        check(suffixes(current.type).stream().anyMatch(suffix -> name.equals(current.name + suffix)),
            "not a sample of " + current.name);
        check(NUMBER.matcher(matcher.group(3)).matches(), "not a number");
        current.samples.add(new Sample(name, labels(matcher.group(2)), number(matcher.group(3))));
    }

    private Map<String, String> labels(String text)
    {
        Map<String, String> labels = new TreeMap<>();
        check(text == null || !text.isEmpty(), "braces around nothing");
        for (int at = 0; text != null && at < text.length();)
        {
            Matcher matcher = LABEL.matcher(text).region(at, text.length());
            check(matcher.lookingAt(), "not a label");
            check(!matcher.group(1).startsWith("__"), "a reserved label");
            check(labels.put(matcher.group(1), unescape(matcher.group(2))) == null, "a label twice");
            at = matcher.end();
            check(at == text.length() || text.charAt(at) == ',' && at + 1 < text.length(), "no comma between labels");
            at++;
        }
        return labels;
    }

    private void checkFamily(Family family)
    {
        line = family.name;
        check(!family.type.isEmpty() && !family.samples.isEmpty(), "a family without type or samples");
        check(!family.type.equals("info") || family.unit.isEmpty(), "an info with a unit");
        suffixes(family.type).forEach(suffix -> check(sampleNames.add(family.name + suffix), "names clash"));
        Set<String> seen = new HashSet<>();
        for (Sample sample : family.samples)
        {
            check(seen.add(sample.name + sample.labels), "a sample twice: " + sample);
            check(!family.type.equals("counter") || sample.value >= 0, "a counter below 0: " + sample);
            check(!family.type.equals("info") || sample.value == 1, "an info that is not 1: " + sample);
            check(family.type.equals("histogram") || !sample.labels.containsKey("le"), "le outside a histogram");
        }
        if (family.type.equals("histogram"))
        {
            checkHistograms(family);
        }
    }

    /** Samples of one histogram follow each other: buckets by growing bounds up to +Inf, sum, count. */
    private void checkHistograms(Family family)
    {
        Map<Map<String, String>, Integer> histograms = new HashMap<>();
        int at = 0;
        while (at < family.samples.size())
        {
            Map<String, String> labels = new TreeMap<>(family.samples.get(at).labels);
            labels.remove("le");
            check(histograms.put(labels, at) == null, "a histogram in two places: " + labels);
            double bound = Double.NEGATIVE_INFINITY;
            double cumulative = 0;
            while (at < family.samples.size() && family.samples.get(at).name.endsWith("_bucket"))
            {
                Sample bucket = family.samples.get(at++);
                String le = bucket.labels.get("le");
                check(le != null && isCanonical(le), "a bucket without a canonical bound: " + bucket);
                check(number(le) > bound && bucket.value >= cumulative, "buckets do not grow: " + bucket);
                Map<String, String> rest = new TreeMap<>(bucket.labels);
                rest.remove("le");
                check(rest.equals(labels), "buckets of two histograms are mixed: " + bucket);
                bound = number(le);
                cumulative = bucket.value;
            }
            check(bound == Double.POSITIVE_INFINITY, "no bucket of +Inf: " + labels);
            check(at + 1 < family.samples.size(), "no sum and count: " + labels);
            Sample sum = family.samples.get(at++);
            Sample count = family.samples.get(at++);
            check(sum.name.endsWith("_sum") && sum.labels.equals(labels) && sum.value >= 0, "no sum: " + sum);
            check(count.name.endsWith("_count") && count.labels.equals(labels) && count.value == cumulative,
                "the count is not that of +Inf: " + count);
        }
    }

    /** "Canonical numbers": as a float prints with a point, or +Inf. */
    private static boolean isCanonical(String le)
    {
        return le.equals("+Inf") || le.matches("-?[0-9]+\\.[0-9]+|-?[0-9](\\.[0-9]+)?e[+-][0-9]+") &&
            (le.endsWith(".0") || new BigDecimal(le).stripTrailingZeros().equals(new BigDecimal(le)));
    }

    private static List<String> suffixes(String type)
    {
        return switch (type)
        {
            case "counter" -> List.of("_total", "_created");
            case "histogram" -> List.of("_bucket", "_sum", "_count", "_created");
            case "info" -> List.of("_info");
            default -> List.of("");
        };
    }

    private static double number(String text)
    {
        return switch (text)
        {
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    private String unescape(String text)
    {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++)
        {
            char c = text.charAt(i);
            if (c != '\\')
            {
                out.append(c);
                continue;
            }
            check(++i < text.length() && "\\\"n".indexOf(text.charAt(i)) >= 0, "a bad escape");
            out.append(text.charAt(i) == 'n' ? '\n' : text.charAt(i));
        }
        return out.toString();
    }

    private void check(boolean isRight, String what)
    {
        if (!isRight)
        {
            throw fault(what);
        }
    }

    private IllegalArgumentException fault(String what)
    {
        return new IllegalArgumentException(what + ": " + line);
    }
}
