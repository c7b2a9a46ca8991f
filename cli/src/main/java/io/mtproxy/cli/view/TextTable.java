// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows under a head, in columns as wide as they need to be: the first one to the left, the others to the right. */
public final class TextTable
{
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final boolean[] isLeft;
    private final boolean[] isOptional;

    /**
     * @param head names of the columns; one with {@code <} in front stands to the left, one with {@code ?} in front of that
     *             is left out where there is no room for all.
     */
    public TextTable(String... head)
    {
        String[] names = head.clone();
        isLeft = new boolean[names.length];
        isOptional = new boolean[names.length];
        for (int i = 0; i < names.length; i++)
        {
            isOptional[i] = names[i].startsWith("?");
            names[i] = isOptional[i] ? names[i].substring(1) : names[i];
            isLeft[i] = i == 0 || names[i].startsWith("<");
            names[i] = names[i].startsWith("<") ? names[i].substring(1) : names[i];
        }
        rows.add(names);
    }

    /** Adds a row, with a cell for each column. */
    public TextTable row(String... cells)
    {
        if (cells.length != isLeft.length)
        {
            throw new IllegalArgumentException(isLeft.length + " columns, not " + Arrays.toString(cells));
        }
        rows.add(cells.clone());
        return this;
    }

    /** @return how many rows there are, without the head. */
    public int rowCount()
    {
        return rows.size() - 1;
    }

    /** @return the head and the rows, without blanks at their ends. */
    public List<String> lines()
    {
        return lines(Integer.MAX_VALUE);
    }

    /** @param widthMax of a line: optional columns are left out for it, from the right, and then what is left is cut. */
    public List<String> lines(int widthMax)
    {
        int[] widths = new int[isLeft.length];
        for (String[] row : rows)
        {
            for (int i = 0; i < widths.length; i++)
            {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        boolean[] isShown = shown(widths, widthMax);
        List<String> lines = new ArrayList<>();
        for (String[] row : rows)
        {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++)
            {
                if (isShown[i])
                {
                    String blanks = " ".repeat(widths[i] - row[i].length());
                    line.append(i == 0 ? "" : GAP).append(isLeft[i] ? row[i] + blanks : blanks + row[i]);
                }
            }
            lines.add(line.substring(0, Math.min(line.length(), widthMax)).stripTrailing());
        }
        return lines;
    }

    private boolean[] shown(int[] widths, int widthMax)
    {
        boolean[] isShown = new boolean[widths.length];
        Arrays.fill(isShown, true);
        long width = -GAP.length();
        for (int column : widths)
        {
            width += column + GAP.length();
        }
        for (int i = widths.length - 1; i > 0 && width > widthMax; i--)
        {
            if (isOptional[i])
            {
                isShown[i] = false;
                width -= widths[i] + GAP.length();
            }
        }
        return isShown;
    }
}
