// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.status.ProxyCounter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The report in the form of the C program: its rows ({@link StatsRows}), those of the secrets, then our own.
 * [C-STAT-01] [C-STAT-02] [C-STAT-03] [C-STAT-10]
 */
final class LegacyStatsPage
{
    private static final int LENGTH_EXPECTED = 16 * 1024;
    private static final List<OwnRow> OWN = ownRows();

    private LegacyStatsPage()
    {
    }

    /** A counter that C does not have. */
    private record OwnRow(String key, ProxyCounter counter)
    {
    }

    static String text(ReportValues values)
    {
        StringBuilder out = new StringBuilder(LENGTH_EXPECTED);
        for (StatsRows.Row row : StatsRows.ALL)
        {
            row.appendTo(out, values);
        }
        for (int secret = 0; secret < values.config.secretCount(); secret++)
        {
            String key = "secret_" + (secret + 1);
            append(out, key + "_active_connections", values.secretAddresses(secret));
            append(out, key + "_active_auth_keys", values.secretKeys(secret));
        }
        for (OwnRow row : OWN)
        {
            append(out, row.key, values.all(row.counter));
        }
        return out.toString();
    }

    private static void append(StringBuilder out, String key, long value)
    {
        out.append(key).append('\t').append(value).append('\n');
    }

    private static List<OwnRow> ownRows()
    {
        List<OwnRow> rows = new ArrayList<>();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            if (counter.legacyName().isEmpty())
            {
                String key = counter.label().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
                rows.add(new OwnRow(key, counter));
            }
        }
        return List.copyOf(rows);
    }
}
