// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import java.util.Locale;

/** What samples of one name have in common. Two families are never equal, as each is made once. */
final class MetricFamily
{
    static final String SECONDS = "seconds";
    static final String BYTES = "bytes";

    private static final String PREFIX = "mtproxy_";

    private final String name;
    private final Type type;
    private final String unit;
    private final String help;
    private final String sampleName;
    private final String textHead;
    private final String openMetricsHead;

    private MetricFamily(String name, Type type, String unit, String help)
    {
        this.name = name;
        this.type = type;
        this.unit = unit;
        this.help = help;
        this.sampleName = name + switch (type)
        {
            case COUNTER -> "_total";
            case INFO -> "_info";
            case GAUGE, HISTOGRAM -> "";
        };
        this.textHead = "# HELP " + sampleName + ' ' + MetricWriter.escaped(help, false) + "\n# TYPE " + sampleName +
            ' ' + (type == Type.INFO ? Type.GAUGE : type).text() + '\n';
        this.openMetricsHead = "# HELP " + name + ' ' + MetricWriter.escaped(help, true) + "\n# TYPE " + name + ' ' +
            type.text() + '\n' + (unit.isEmpty() ? "" : "# UNIT " + name + ' ' + unit + '\n');
    }

    /** What values are. */
    enum Type
    {
        /** Only grows. */
        COUNTER,
        /** Any number. */
        GAUGE,
        /** Buckets, their sum and count. */
        HISTOGRAM,
        /** Labels of a value that is always 1. */
        INFO;

        String text()
        {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param type what its values are.
     * @param name without the prefix that all have, and without the suffixes of samples; the unit is taken from its end.
     * @param help one sentence.
     */
    static MetricFamily of(Type type, String name, String help)
    {
        String unit = name.endsWith("_" + SECONDS) ? SECONDS : name.endsWith("_" + BYTES) ? BYTES : "";
        return new MetricFamily(PREFIX + name, type, unit, help);
    }

    static MetricFamily counter(String name, String help)
    {
        return of(Type.COUNTER, name, help);
    }

    static MetricFamily gauge(String name, String help)
    {
        return of(Type.GAUGE, name, help);
    }

    /** @return its name, without the suffixes of samples. */
    String name()
    {
        return name;
    }

    /** @return what its values are. */
    Type type()
    {
        return type;
    }

    /** @return {@link #SECONDS}, {@link #BYTES} or nothing. */
    String unit()
    {
        return unit;
    }

    /** @return one sentence. */
    String help()
    {
        return help;
    }

    /** @return name of the samples of a counter, gauge or info. */
    String sampleName()
    {
        return sampleName;
    }

    /** @return the lines in front of its samples. */
    String head(MetricFormat format)
    {
        return format == MetricFormat.OPEN_METRICS ? openMetricsHead : textHead;
    }
}
