// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Results as Markdown and as JSON, with what they were made on. */
public final class LoadReport
{
    private final Map<String, String> origin;
    private final List<LoadResult> results = new ArrayList<>();
    private final List<Comparison> comparisons = new ArrayList<>();
    private final List<CurveResult> curves = new ArrayList<>();

    /** @param origin machine, JDK, commit, command and the like, in the order in which they are shown. */
    public LoadReport(Map<String, String> origin)
    {
        this.origin = origin;
    }

    public void add(LoadResult result)
    {
        results.add(result);
    }

    public void add(Comparison comparison)
    {
        comparisons.add(comparison);
    }

    public void add(CurveResult curve)
    {
        curves.add(curve);
    }

    /** @return a picture of the comparisons, or else of the first curve. */
    public String svg()
    {
        return comparisons.isEmpty() && !curves.isEmpty() ?
            curves.getFirst().svg() :
            SvgPlot.ratios("CPU for each unit of work, A / B", comparisons);
    }

    /** Whether nothing broke anywhere. */
    public boolean isClean()
    {
        return results.stream().allMatch(LoadResult::isClean) && comparisons.stream().allMatch(Comparison::isClean) &&
            curves.stream().allMatch(CurveResult::isClean);
    }

    /** @return tables for people. */
    public String markdown()
    {
        StringBuilder out = new StringBuilder();
        origin.forEach((name, value) -> out.append(name).append(": ").append(value).append("  \n"));
        for (LoadResult result : results)
        {
            out.append('\n').append(markdown(result));
        }
        for (Comparison comparison : comparisons)
        {
            out.append('\n').append(markdown(comparison));
        }
        for (CurveResult curve : curves)
        {
            out.append('\n').append(curve.markdown());
        }
        return out.toString();
    }

    /** @return one comparison as a table. */
    public static String markdown(Comparison comparison)
    {
        StringBuilder out = new StringBuilder();
        out.append("| ").append(comparison.scenario()).append(" | A: ").append(comparison.as().getFirst().proxy())
            .append(" | B: ").append(comparison.bs().getFirst().proxy()).append(" | A / B | of single runs |\n");
        out.append("| --- | ---: | ---: | ---: | ---: |\n");
        for (Comparison.Row row : comparison.rows())
        {
            String ratios = Double.isFinite(row.ratio()) ?
                String.format(Locale.ROOT, "%.2f | %.2f..%.2f", row.ratio(), row.ratioMin(), row.ratioMax()) :
                "- | -";
            out.append(String.format(Locale.ROOT, "| %s | %s | %s | %s |%n", row.name(), number(row.a()),
                number(row.b()), ratios));
        }
        if (!comparison.isClean())
        {
            out.append("\nNot clean: ").append(trouble(comparison.as())).append("; B: ")
                .append(trouble(comparison.bs())).append('\n');
        }
        return out.toString();
    }

    /** @return one result as a table. */
    public static String markdown(LoadResult result)
    {
        StringBuilder out = new StringBuilder();
        out.append("| ").append(result.scenario()).append(" | ").append(result.proxy()).append(" |\n| --- | ---: |\n");
        result.metrics().forEach((name, value) -> out.append("| ").append(name).append(" | ").append(number(value))
            .append(" |\n"));
        if (!result.isClean())
        {
            out.append("\nNot clean: ").append(trouble(List.of(result))).append('\n');
        }
        return out.toString();
    }

    /** @return what this machine is: processor, their number, kernel, Java. */
    public static String machine()
    {
        String processor = System.getProperty("os.arch");
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo")))
        {
            processor = lines.filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse(processor);
        }
        catch (IOException e)
        {
            // the architecture will do
        }
        return Runtime.getRuntime().availableProcessors() + " x " + processor + ", " + System.getProperty("os.name") +
            ' ' + System.getProperty("os.version") + ", Java " + Runtime.version();
    }

    private static String trouble(List<LoadResult> of)
    {
        return of.stream().mapToLong(result -> result.clients().errors()).sum() + " connections broke, " +
            of.stream().mapToLong(LoadResult::mismatches).sum() + " requests were wrong";
    }

    /** @return everything for machines. */
    public String json()
    {
        JsonText json = new JsonText();
        json.beginObject();
        json.name("origin").beginObject();
        origin.forEach((name, value) -> json.name(name).value(value));
        json.endObject();
        json.name("results").beginArray();
        results.forEach(result -> json(json, result));
        json.endArray();
        json.name("comparisons").beginArray();
        for (Comparison comparison : comparisons)
        {
            json.beginObject();
            json.name("scenario").value(comparison.scenario());
            json.name("clean").value(comparison.isClean());
            json.name("metrics").beginArray();
            for (Comparison.Row row : comparison.rows())
            {
                json.beginObject();
                json.name("name").value(row.name()).name("a").value(row.a()).name("b").value(row.b());
                json.name("ratio").value(row.ratio()).name("ratioMin").value(row.ratioMin()).name("ratioMax").value(row
                    .ratioMax());
                json.endObject();
            }
            json.endArray();
            json.name("a").beginArray();
            comparison.as().forEach(result -> json(json, result));
            json.endArray();
            json.name("b").beginArray();
            comparison.bs().forEach(result -> json(json, result));
            json.endArray();
            json.endObject();
        }
        json.endArray();
        json.name("curves").beginArray();
        for (CurveResult curve : curves)
        {
            json.beginObject();
            json.name("curve").value(curve.curve().name()).name("points").beginArray();
            for (int point = 0; point < curve.results().size(); point++)
            {
                json.beginObject();
                json.name("x").value(curve.curve().points().get(point).x()).name("results").beginArray();
                curve.results().get(point).forEach(proxy -> proxy.forEach(result -> json(json, result)));
                json.endArray();
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
        json.endArray();
        json.endObject();
        return json.toString();
    }

    private static void json(JsonText json, LoadResult result)
    {
        json.beginObject();
        json.name("scenario").value(result.scenario()).name("proxy").value(result.proxy());
        json.name("seconds").value(result.seconds()).name("clean").value(result.isClean());
        json.name("cpuUserSeconds").value(result.cpu().userSeconds());
        json.name("cpuSystemSeconds").value(result.cpu().systemSeconds());
        json.name("generatorCpuSeconds").value(result.generator().seconds());
        json.name("answers").value(result.clients().answers());
        json.name("requestBytes").value(result.clients().requestBytes());
        json.name("answerBytes").value(result.clients().answerBytes());
        json.name("connects").value(result.clients().connects());
        json.name("hybrids").value(result.clients().hybrids());
        json.name("errors").value(result.clients().errors());
        json.name("mismatches").value(result.mismatches());
        json.name("scheduleLateMs").value(result.clients().lateNs() / 1e6);
        json.name("latencyMs").beginObject();
        for (double percentile : new double[]{50, 90, 99, 99.9, 99.99, 100})
        {
            json.name("p" + number(percentile))
                .value(result.clients().latencyNs().getValueAtPercentile(percentile) / 1e6);
        }
        json.endObject();
        json.name("metrics").beginObject();
        result.metrics().forEach((name, value) -> json.name(name).value(value));
        json.endObject();
        json.endObject();
    }

    /** @return four significant digits, without an exponent. */
    static String number(double value)
    {
        if (Double.isNaN(value) || Double.isInfinite(value))
        {
            return "-";
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e9 || Math.abs(value) >= 1000)
        {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        int digits = Math.clamp(3 - (int)Math.floor(Math.log10(Math.abs(value))), 0, 6);
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
