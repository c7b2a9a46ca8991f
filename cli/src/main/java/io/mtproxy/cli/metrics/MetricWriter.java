// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import java.util.concurrent.TimeUnit;

/**
 * Writes families one after the other. Samples of a family follow each other; a family without samples leaves nothing.
 * Label texts come from {@link #labels}.
 */
final class MetricWriter
{
    private static final int LENGTH_EXPECTED = 64 * 1024;
    private static final long NS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int NS_DIGITS = 9;

    private final MetricFormat format;
    private final StringBuilder out = new StringBuilder(LENGTH_EXPECTED);
    private MetricFamily family = MetricFamily.gauge("none", "");
    private boolean isHeadDue;

    MetricWriter(MetricFormat format)
    {
        this.format = format;
    }

    /** Begins a family. */
    void family(MetricFamily value)
    {
        family = value;
        isHeadDue = true;
    }

    /** A sample of a counter or gauge, or the 1 of an info. */
    void sample(String labels, long value)
    {
        begin(family.sampleName(), labels);
        out.append(value).append('\n');
    }

    /** A sample in seconds, written exactly. */
    void sampleNs(String labels, long valueNs)
    {
        begin(family.sampleName(), labels);
        out.append(seconds(valueNs)).append('\n');
    }

    /** A sample that is a moment, ms since 1970. */
    void sampleEpochMs(String labels, long epochMs)
    {
        sampleNs(labels, TimeUnit.MILLISECONDS.toNanos(epochMs));
    }

    /**
     * All samples of one histogram of times.
     *
     * @param labels of the histogram.
     * @param bounds upper bounds of the buckets as {@link #bound} writes them, growing; without the last one.
     * @param counts in each bucket alone, and at last in that beyond the last bound.
     * @param sumNs  of all values.
     */
    void histogramNs(String labels, String[] bounds, long[] counts, long sumNs)
    {
        String separator = labels.isEmpty() ? "" : ",";
        long cumulative = 0;
        for (int i = 0; i < counts.length; i++)
        {
            cumulative += counts[i];
            beginIfDue();
            out.append(family.name()).append("_bucket{").append(labels).append(separator).append("le=\"")
                .append(i < bounds.length ? bounds[i] : "+Inf").append("\"} ").append(cumulative).append('\n');
        }
        begin(family.name() + "_sum", labels);
        out.append(seconds(sumNs)).append('\n');
        begin(family.name() + "_count", labels);
        out.append(cumulative).append('\n');
    }

    /** @return everything, with its end. */
    String text()
    {
        return format == MetricFormat.OPEN_METRICS ? out + "# EOF\n" : out.toString();
    }

    /** @param namesAndValues a name, its value, the next name and so on. */
    static String labels(String... namesAndValues)
    {
        StringBuilder labels = new StringBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2)
        {
            labels.append(i == 0 ? "" : ",").append(namesAndValues[i]).append("=\"")
                .append(escaped(namesAndValues[i + 1], true)).append('"');
        }
        return labels.toString();
    }

    private void beginIfDue()
    {
        if (isHeadDue)
        {
            isHeadDue = false;
            out.append(family.head(format));
        }
    }

    private void begin(String name, String labels)
    {
        beginIfDue();
        out.append(name);
        if (!labels.isEmpty())
        {
            out.append('{').append(labels).append('}');
        }
        out.append(' ');
    }

    /** @return a decimal number without zeros at its end. */
    private static String seconds(long valueNs)
    {
        String whole = (valueNs < 0 ? "-" : "") + Math.abs(valueNs / NS_PER_SECOND);
        long fraction = Math.abs(valueNs % NS_PER_SECOND);
        if (fraction == 0)
        {
            return whole;
        }
        String digits = Long.toString(fraction);
        int length = digits.length();
        while (digits.charAt(length - 1) == '0')
        {
            length--;
        }
        return whole + '.' + "0".repeat(NS_DIGITS - digits.length()) + digits.substring(0, length);
    }

    /** @return the form that bounds of buckets have in OpenMetrics: never without a decimal point. */
    static String bound(long boundNs)
    {
        String seconds = seconds(boundNs);
        return seconds.indexOf('.') < 0 ? seconds + ".0" : seconds;
    }

    /** @return the text as it stands in labels and, with or without escaped quotes, in help. */
    static String escaped(String text, boolean isQuoteEscaped)
    {
        String escaped = text.replace("\\", "\\\\").replace("\n", "\\n");
        return isQuoteEscaped ? escaped.replace("\"", "\\\"") : escaped;
    }
}
