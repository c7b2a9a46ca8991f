// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CPUs in the order in which threads get them: {@code 2,4-5}.
 *
 * @param numbers from 0, each once.
 */
public record CpuList(List<Integer> numbers)
{
    /** No thread is tied to a CPU. */
    public static final CpuList NONE = new CpuList(List.of());

    /** Of the largest system that Linux runs on. */
    private static final int NUMBER_MAX = 8191;
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

    public CpuList
    {
        numbers = List.copyOf(numbers);
    }

    /**
     * Reads a list.
     *
     * @param text numbers and ranges with commas between them.
     * @throws IllegalArgumentException with the reason.
     */
    public static CpuList parse(String text)
    {
        List<Integer> numbers = new ArrayList<>();
        BitSet seen = new BitSet();
        for (String part : text.split(",", -1))
        {
            Matcher matcher = RANGE.matcher(part);
            if (!matcher.matches())
            {
                throw new IllegalArgumentException("\"" + part + "\" is neither a CPU's number nor like 4-5");
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            if (last < first || last > NUMBER_MAX)
            {
                throw new IllegalArgumentException("\"" + part + "\" is outside 0.." + NUMBER_MAX +
                    " or runs backwards");
            }
            for (int number = first; number <= last; number++)
            {
                if (seen.get(number))
                {
                    throw new IllegalArgumentException("CPU " + number + " is named twice");
                }
                seen.set(number);
                numbers.add(number);
            }
        }
        return new CpuList(numbers);
    }

    /**
     * What the threads of one process get. Who comes after the last CPU begins with the first again.
     *
     * @param place       of the process among the workers of {@code -M}; 0 when it is alone.
     * @param threadCount of each of them.
     * @return a CPU for each thread; none when there are none.
     */
    public List<Integer> of(int place, int threadCount)
    {
        List<Integer> own = new ArrayList<>();
        for (int i = 0; i < threadCount && !numbers.isEmpty(); i++)
        {
            own.add(numbers.get((place * threadCount + i) % numbers.size()));
        }
        return own;
    }

    /** @return the CPUs as a list of numbers with commas between them. */
    @Override
    public String toString()
    {
        return String.join(",", numbers.stream().map(String::valueOf).toList());
    }
}
