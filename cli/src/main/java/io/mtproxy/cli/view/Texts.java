// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Numbers as people read them. */
public final class Texts
{
    private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double KIBI = 1024;
    private static final int THREE_DIGITS = 100;
    private static final int TWO_DIGITS = 10;
    private static final long MS_PER_MINUTE = TimeUnit.MINUTES.toMillis(1);
    private static final long MS_PER_HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long MS_PER_DAY = TimeUnit.DAYS.toMillis(1);
    private static final long MS_PER_SECOND = 1000;

    private Texts()
    {
    }

    /** @return digits in groups of three. */
    public static String count(long value)
    {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** @return bytes in the unit that leaves about three digits. */
    public static String bytes(double value)
    {
        int unit = 0;
        double scaled = value;
        while (scaled >= KIBI && unit < BYTE_UNITS.length - 1)
        {
            scaled /= KIBI;
            unit++;
        }
        return (unit == 0 ? Long.toString(Math.round(scaled)) : digits(scaled)) + ' ' + BYTE_UNITS[unit];
    }

    /** @return bytes in the unit that leaves about three digits. */
    public static String bytes(long value)
    {
        return bytes((double)value);
    }

    /** @return a rate, with a decimal while it is small. */
    public static String rate(double perSecond)
    {
        return perSecond >= TWO_DIGITS || perSecond == 0 ? count(Math.round(perSecond)) : digits(perSecond);
    }

    /** @return a short length of time. */
    public static String nanos(long valueNs)
    {
        double value = valueNs;
        String unit = "ns";
        for (String larger : new String[]{"us", "ms", "s"})
        {
            if (value < MS_PER_SECOND)
            {
                break;
            }
            value /= MS_PER_SECOND;
            unit = larger;
        }
        return (unit.equals("ns") ? Long.toString(valueNs) : digits(value)) + ' ' + unit;
    }

    /** @return a long length of time, in its two largest units. */
    public static String age(long valueMs)
    {
        long ms = Math.max(0, valueMs);
        if (ms < MS_PER_MINUTE)
        {
            return ms / MS_PER_SECOND + " s";
        }
        if (ms < MS_PER_HOUR)
        {
            return ms / MS_PER_MINUTE + " min " + ms % MS_PER_MINUTE / MS_PER_SECOND + " s";
        }
        if (ms < MS_PER_DAY)
        {
            return ms / MS_PER_HOUR + " h " + ms % MS_PER_HOUR / MS_PER_MINUTE + " min";
        }
        return ms / MS_PER_DAY + " d " + ms % MS_PER_DAY / MS_PER_HOUR + " h";
    }

    /** @return a moment in UTC, to the second. */
    public static String time(long epochMs)
    {
        return Instant.ofEpochMilli(epochMs).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String digits(double value)
    {
        String format = value >= THREE_DIGITS ? "%.0f" : value >= TWO_DIGITS ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
