// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import java.util.Locale;

/**
 * What samples of one name have in common.
 *
 * @param name of the family, without the suffixes of its samples; ends with the unit, if it has one.
 * @param type what its values are.
 * @param unit {@link #SECONDS}, {@link #BYTES} or nothing.
 * @param help one sentence.
 */
record MetricFamily(String name, Type type, String unit, String help)
{
    static final String SECONDS = "seconds";
    static final String BYTES = "bytes";

    private static final String PREFIX = "mtproxy_";

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

    /** @param name without the prefix that all have; the unit is taken from its end. */
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

    /** @return name of the samples of a counter, gauge or info. */
    String sampleName()
    {
        return switch (type)
        {
            case COUNTER -> name + "_total";
            case INFO -> name + "_info";
            case GAUGE, HISTOGRAM -> name;
        };
    }
}
