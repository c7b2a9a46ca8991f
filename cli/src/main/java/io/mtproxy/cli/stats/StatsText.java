// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

/** How C writes values: fixed decimals, vectors in groups of four, one line each. [C-STAT-01] */
final class StatsText
{
    private static final int GROUP_LENGTH = 4;
    private static final int GROUPED_FROM = 5;
    private static final long[] POWERS_OF_TEN = {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000};

    private StatsText()
    {
    }

    /** Writes so many decimals, without the garbage of a formatter; what is no number becomes 0. Always true. */
    static boolean appendFixed(StringBuilder out, double value, int decimals)
    {
        long power = POWERS_OF_TEN[decimals];
        long scaled = Math.round(value * power);
        out.append(scaled < 0 ? "-" : "").append(Math.abs(scaled / power)).append('.');
        long fraction = Math.abs(scaled % power);
        for (long digit = power / 10; digit > 0; digit /= 10)
        {
            out.append((char)('0' + fraction / digit % 10));
        }
        return true;
    }

    /** @return what stands before an element of a vector: those by thread class are in groups. */
    static String separator(int index, int length)
    {
        return index == 0 ? "" : length > GROUPED_FROM && index % GROUP_LENGTH == 0 ? "  " : " ";
    }

    /** @return the text with nothing in it that would end its line or its key. */
    static String oneLine(String text)
    {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
