// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A curve measured for some proxies.
 *
 * @param curve   what was asked.
 * @param proxies by name, in the order in which they were given.
 * @param results of each point, of each proxy, each a few times.
 */
public record CurveResult(Curve curve, List<String> proxies, List<List<List<LoadResult>>> results)
{
    public CurveResult
    {
        proxies = List.copyOf(proxies);
        results = List.copyOf(results);
    }

    /** Whether nothing broke. */
    public boolean isClean()
    {
        return results.stream().flatMap(List::stream).flatMap(List::stream).allMatch(LoadResult::isClean);
    }

    /** @return median of a metric; NaN where a result has no such metric. */
    double median(int point, int proxy, String metric)
    {
        return Comparison.median(results.get(point)
            .get(proxy)
            .stream()
            .mapToDouble(result -> result.metrics().getOrDefault(metric, Double.NaN))
            .toArray());
    }

    /** The metric that is drawn. */
    String price()
    {
        return results.getFirst().getFirst().getFirst().metrics().keySet().iterator().next();
    }

    /** @return a table: one line for each point, price and throughput of each proxy. */
    public String markdown()
    {
        Map<String, Double> metrics = results.getFirst().getFirst().getFirst().metrics();
        String rate = metrics.keySet().stream().filter(name -> name.endsWith("a second")).findFirst().orElse("");
        StringBuilder out = new StringBuilder("| ").append(curve.title()).append(" |");
        StringBuilder rule = new StringBuilder("| ---: |");
        for (String metric : List.of(price(), rate, "p99, ms"))
        {
            for (String proxy : proxies)
            {
                out.append(' ').append(proxy).append(": ").append(metric).append(" |");
                rule.append(" ---: |");
            }
        }
        out.append('\n').append(rule).append('\n');
        for (int point = 0; point < results.size(); point++)
        {
            out.append("| ").append(curve.points().get(point).x()).append(" |");
            for (String metric : List.of(price(), rate, "p99, ms"))
            {
                for (int proxy = 0; proxy < proxies.size(); proxy++)
                {
                    out.append(' ').append(LoadReport.number(median(point, proxy, metric))).append(" |");
                }
            }
            out.append('\n');
        }
        return out.toString();
    }

    /** @return the price of each proxy over the curve's number, both axes logarithmic. */
    public String svg()
    {
        Map<String, double[]> lines = new LinkedHashMap<>();
        for (int proxy = 0; proxy < proxies.size(); proxy++)
        {
            double[] values = new double[results.size()];
            for (int point = 0; point < values.length; point++)
            {
                values[point] = median(point, proxy, price());
            }
            lines.put(proxies.get(proxy), values);
        }
        double[] xs = curve.points().stream().mapToDouble(Curve.Point::x).toArray();
        return SvgPlot.lines(String.format(Locale.ROOT, "%s by %s", price(), curve.title()), xs, lines);
    }
}
