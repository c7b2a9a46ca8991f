// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.top;

import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.StatReport;
import io.mtproxy.cli.view.StatTables;
import io.mtproxy.cli.view.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lays the numbers out for a size: never more lines than rows, and none longer than a row. Knows no terminal. */
final class TopScreen
{
    private static final List<String> HELP = List.of(
        "1 everything   2 datacenters   3 secrets   4 processes   5 links   6 ends and stalls",
        "Tab next of these, arrows and page keys scroll",
        "",
        "sort by   n name   c clients   t traffic   x trouble   r the other way round",
        "/ only rows whose name contains a text, Enter keeps it, Esc shows all",
        "+ - seconds between pictures   p stop and go on   ? this text   q quit",
        "",
        "Latencies and rates are those of the last interval; round trips are request to first answer.");
    private static final String KEYS = "q quit  1-6 tables  n c t x sort  / filter  ? help";
    /** Head of a table, and a row of it. */
    private static final int TABLE_LINES_MIN = 2;

    private final Change change;
    private final TopState state;
    private final int rows;
    private final int columns;

    private TopScreen(Change change, TopState state, int rows, int columns)
    {
        this.change = change;
        this.state = state;
        this.rows = Math.max(1, rows);
        this.columns = Math.max(1, columns);
    }

    /**
     * A line of the screen.
     *
     * @param isHead whether it is set off from the others.
     */
    record Line(String text, boolean isHead)
    {
    }

    /** @return the lines from the top; as many as there are rows or fewer. */
    static List<Line> lines(Change change, TopState state, int rows, int columns)
    {
        return new TopScreen(change, state, rows, columns).layOut();
    }

    private List<Line> layOut()
    {
        List<Line> lines = new ArrayList<>();
        List<String> head = StatReport.head(change);
        lines.add(new Line(title(), true));
        for (String line : head)
        {
            lines.add(new Line(cut(line), false));
        }
        int room = rows - lines.size() - 1;
        if (state.isHelp())
        {
            HELP.forEach(line -> lines.add(new Line(cut(line), false)));
        }
        else
        {
            addTables(lines, room);
        }
        List<Line> shown = new ArrayList<>(lines.subList(0, Math.min(lines.size(), Math.max(1, rows - 1))));
        while (shown.size() < rows - 1)
        {
            shown.add(new Line("", false));
        }
        if (rows > 1)
        {
            shown.add(new Line(cut(state.isTyping() ? "filter: " + state.filter() + "_" : KEYS), false));
        }
        return shown;
    }

    private String title()
    {
        String text = "mtproto-proxy top  " + state.pane().name().toLowerCase(Locale.ROOT) + "  by " +
            state.order().name().toLowerCase(Locale.ROOT) + (state.isReversed() ? " reversed" : "") +
            (state.filter().isEmpty() ? "" : "  only *" + state.filter() + "*") + "  every " + state.intervalS() +
            " s" +
            (state.isPaused() ? "  stopped" : "");
        return cut(text + " ".repeat(Math.max(0, columns - text.length())));
    }

    private void addTables(List<Line> lines, int room)
    {
        TopRows chosen = new TopRows(change, state);
        switch (state.pane())
        {
            case ALL -> addShared(lines, room, List.of(StatTables.latencies(change), chosen.dcs(), chosen.secrets(),
                chosen
                    .processes()));
            case DATACENTERS -> addScrolled(lines, room, chosen.dcs());
            case SECRETS -> addScrolled(lines, room, chosen.secrets());
            case PROCESSES -> addScrolled(lines, room, chosen.processes());
            case LINKS -> addScrolled(lines, room, chosen.links());
            case ENDS ->
            {
                TextTable stalls = StatTables.stalls(change.now().stalls());
                addShared(lines, room, List.of(StatTables.closes(change), stalls));
            }
        }
    }

    /** Gives each table its share of the room, and what one does not need to the others. */
    private void addShared(List<Line> lines, int room, List<TextTable> tables)
    {
        List<TextTable> filled = tables.stream().filter(table -> table.rowCount() > 0).toList();
        int[] shares = new int[filled.size()];
        int left = room;
        for (boolean isGiven = true; isGiven && left > 0;)
        {
            isGiven = false;
            for (int i = 0; i < shares.length && left > 0; i++)
            {
                // the first line that a table gets is the one for its head
                if (shares[i] < filled.get(i).rowCount() + 1 && (shares[i] > 0 || left >= TABLE_LINES_MIN))
                {
                    int more = shares[i] == 0 ? TABLE_LINES_MIN : 1;
                    shares[i] += more;
                    left -= more;
                    isGiven = true;
                }
            }
        }
        for (int i = 0; i < shares.length; i++)
        {
            add(lines, filled.get(i).lines(columns), 0, shares[i]);
        }
    }

    private void addScrolled(List<Line> lines, int room, TextTable table)
    {
        add(lines, table.lines(columns), state.scroll(table.rowCount() + 1 - room), room);
    }

    /**
     * @param scroll rows that are left out behind the head.
     * @param count  of lines at most, the head among them.
     */
    private static void add(List<Line> lines, List<String> table, int scroll, int count)
    {
        for (int i = 0; i < Math.min(table.size() - scroll, count); i++)
        {
            lines.add(new Line(table.get(i == 0 ? 0 : i + scroll), i == 0));
        }
    }

    private String cut(String text)
    {
        return text.substring(0, Math.min(text.length(), columns));
    }
}
