// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.status.ProxyCounter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counters as a table, those of newer files that this version does not know included. */
public final class CounterTable
{
    private final boolean isWithZeros;
    private final String filter;

    /**
     * @param isWithZeros whether counters that are 0 are shown.
     * @param filter      text that a label must contain, in any case of letters.
     */
    public CounterTable(boolean isWithZeros, String filter)
    {
        this.isWithZeros = isWithZeros;
        this.filter = filter.toLowerCase(Locale.ROOT);
    }

    private record Key(int id, String owner)
    {
    }

    private record Entry(ProxyCounter.Kind kind, String label, long value)
    {
        Entry plus(Entry other)
        {
            return new Entry(kind, label, kind.combine(value, other.value));
        }
    }

    /** @return head and rows in the order of ids. */
    public List<String> lines(ProxyView view, boolean isByAgent)
    {
        Map<Key, Entry> entries = new TreeMap<>((first, second) -> first.id != second.id ?
            Integer.compare(first.id, second.id) :
            first.owner.compareTo(second.owner));
        for (ProcessView process : view.processes())
        {
            boolean isCurrent = view.current().contains(process);
            process.reader().forEach((agent, id, kind, label, value) ->
            {
                String agentName = process.reader().agentName(agent);
                String owner = isByAgent ? process.name() + " " + agentName : "";
                if (isCurrent || kind == ProxyCounter.Kind.TOTAL)
                {
                    String bare = label.startsWith(agentName + ": ") ? label.substring(agentName.length() + 2) : label;
                    entries.merge(new Key(id, owner), new Entry(kind, bare, value), Entry::plus);
                }
            });
        }
        TextTable table =
            isByAgent ?
                new TextTable("id", "<owner", "<kind", "value", "<label") :
                new TextTable("id", "<kind",
                    "value", "<label");
        entries.forEach((key, entry) ->
        {
            if ((isWithZeros || entry.value != 0) && entry.label.toLowerCase(Locale.ROOT).contains(filter))
            {
                String kind = entry.kind.name().toLowerCase(Locale.ROOT);
                String value = Long.toString(entry.value);
                String[] cells = isByAgent ?
                    new String[]{Integer.toString(key.id), key.owner, kind, value, entry.label} :
                    new String[]{Integer.toString(key.id), kind, value, entry.label};
                table.row(cells);
            }
        });
        return table.lines();
    }
}
