// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Two proxies measured in turn with the same scenario.
 *
 * @param scenario as asked for.
 * @param as       results of the first, in the order of the alternations.
 * @param bs       of the second.
 */
public record Comparison(String scenario, List<LoadResult> as, List<LoadResult> bs)
{
    /**
     * One metric of both.
     *
     * @param name     of the metric.
     * @param a        median of the first.
     * @param b        median of the second.
     * @param ratio    of the medians.
     * @param ratioMin smallest ratio of one alternation.
     * @param ratioMax largest ratio of one alternation.
     */
    public record Row(String name, double a, double b, double ratio, double ratioMin, double ratioMax)
    {
    }

    public Comparison
    {
        as = List.copyOf(as);
        bs = List.copyOf(bs);
    }

    /** Whether nothing broke in any of the measurements. */
    public boolean isClean()
    {
        return as.stream().allMatch(LoadResult::isClean) && bs.stream().allMatch(LoadResult::isClean);
    }

    /** All metrics, the price first. */
    public List<Row> rows()
    {
        List<Map<String, Double>> a = as.stream().map(LoadResult::metrics).toList();
        List<Map<String, Double>> b = bs.stream().map(LoadResult::metrics).toList();
        List<Row> rows = new ArrayList<>();
        for (String name : a.getFirst().keySet())
        {
            double[] av = a.stream().mapToDouble(metrics -> metrics.getOrDefault(name, Double.NaN)).toArray();
            double[] bv = b.stream().mapToDouble(metrics -> metrics.getOrDefault(name, Double.NaN)).toArray();
            double min = Double.POSITIVE_INFINITY;
            double max = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < av.length; i++)
            {
                min = Math.min(min, av[i] / bv[i]);
                max = Math.max(max, av[i] / bv[i]);
            }
            rows.add(new Row(name, median(av), median(bv), median(av) / median(bv), min, max));
        }
        return rows;
    }

    static double median(double[] values)
    {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
