// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Two plain pictures: lines over logarithmic axes, and ratios as bars with their spread. */
final class SvgPlot
{
    private static final int WIDTH = 720;
    private static final int HEIGHT = 400;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 40;
    private static final int BOTTOM = 40;
    private static final int BAR_HEIGHT = 26;
    private static final int LABEL_WIDTH = 260;
    private static final double RATIO_SPACE = 1.1;
    private static final List<String> COLOURS = List.of("#1f6fb4", "#d1495b", "#2e8b57", "#8e5aa8", "#b8860b");

    private final StringBuilder out = new StringBuilder();

    private SvgPlot(int width, int height, String title)
    {
        out.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" " +
            "font-family=\"sans-serif\" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            width, height));
        text(10, 20, "start", "black", title);
    }

    /**
     * @param xs    of all lines, rising and above 0.
     * @param lines values by name; what is not above 0 is left out.
     */
    static String lines(String title, double[] xs, Map<String, double[]> lines)
    {
        double min = Double.POSITIVE_INFINITY;
        double max = 0;
        for (double[] values : lines.values())
        {
            for (double value : values)
            {
                min = value > 0 ? Math.min(min, value) : min;
                max = Double.isFinite(value) ? Math.max(max, value) : max;
            }
        }
        SvgPlot plot = new SvgPlot(WIDTH, HEIGHT, title);
        Axis x = new Axis(xs[0], xs[xs.length - 1], LEFT, WIDTH - RIGHT);
        Axis y = new Axis(min / 1.2, max * 1.2, HEIGHT - BOTTOM, TOP);
        for (double tick : xs)
        {
            plot.line(x.at(tick), TOP, x.at(tick), HEIGHT - BOTTOM, "#dddddd");
            plot.text(x.at(tick), HEIGHT - BOTTOM + 16, "middle", "black", LoadReport.number(tick));
        }
        for (double tick : ticks(min / 1.2, max * 1.2))
        {
            plot.line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick), "#dddddd");
            plot.text(LEFT - 6, y.at(tick) + 4, "end", "black", LoadReport.number(tick));
        }
        int index = 0;
        for (Map.Entry<String, double[]> line : lines.entrySet())
        {
            String colour = COLOURS.get(index % COLOURS.size());
            plot.polyline(x, xs, y, line.getValue(), colour);
            plot.text(LEFT + 10, TOP + 14 + 16.0 * index, "start", colour, line.getKey());
            index++;
        }
        return plot.end();
    }

    /** One bar for each comparison: the ratio of prices, the spread as a thin line, and 1 as a mark. */
    static String ratios(String title, List<Comparison> comparisons)
    {
        double max = 1;
        for (Comparison comparison : comparisons)
        {
            max = Math.max(max, comparison.rows().getFirst().ratioMax());
        }
        SvgPlot plot = new SvgPlot(WIDTH, TOP + BAR_HEIGHT * comparisons.size() + BOTTOM, title);
        double scale = (WIDTH - LABEL_WIDTH - RIGHT) / (max * RATIO_SPACE);
        double y = TOP;
        for (Comparison comparison : comparisons)
        {
            Comparison.Row row = comparison.rows().getFirst();
            double middle = y + BAR_HEIGHT / 2.0;
            plot.text(LABEL_WIDTH - 6, middle + 4, "end", "black", comparison.scenario());
            plot.out.append(String.format(Locale.ROOT,
                "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n", LABEL_WIDTH, y + 4,
                row.ratio() * scale, BAR_HEIGHT - 8, COLOURS.getFirst()));
            plot.line(LABEL_WIDTH + row.ratioMin() * scale, middle, LABEL_WIDTH + row.ratioMax() * scale, middle,
                "black");
            plot.text(LABEL_WIDTH + row.ratioMax() * scale + 6, middle + 4, "start", "black",
                String.format(Locale.ROOT, "%.2f", row.ratio()));
            y += BAR_HEIGHT;
        }
        plot.line(LABEL_WIDTH + scale, TOP, LABEL_WIDTH + scale, y, COLOURS.get(1));
        return plot.end();
    }

    /** A logarithmic axis. */
    private record Axis(double min, double max, double from, double to)
    {
        double at(double value)
        {
            double span = Math.log(max / min);
            return span == 0 ? from : from + (to - from) * Math.log(value / min) / span;
        }
    }

    /** @return 1, 2 and 5 times the powers of ten between. */
    private static List<Double> ticks(double min, double max)
    {
        List<Double> ticks = new ArrayList<>();
        for (double power = Math.pow(10, Math.floor(Math.log10(min))); power <= max; power *= 10)
        {
            for (int step : new int[]{1, 2, 5})
            {
                if (power * step >= min && power * step <= max)
                {
                    ticks.add(power * step);
                }
            }
        }
        return ticks;
    }

    private void polyline(Axis x, double[] xs, Axis y, double[] values, String colour)
    {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++)
        {
            if (values[i] > 0)
            {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(xs[i]), y.at(values[i])));
            }
        }
        out.append(String.format(Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n", points.toString().strip(),
            colour));
    }

    private void line(double x1, double y1, double x2, double y2, String colour)
    {
        out.append(String.format(Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n", x1, y1, x2, y2, colour));
    }

    private void text(double x, double y, String anchor, String colour, String text)
    {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        out.append(String.format(Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n", x, y, anchor, colour, escaped));
    }

    private String end()
    {
        return out.append("</svg>\n").toString();
    }
}
