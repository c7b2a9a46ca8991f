// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.SecretUsage;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One client agent's accounts of secrets in the status file. The key of a row is the secret's keyed hash; rows of secrets
 * that are gone stay until another one needs the place.
 */
public final class SecretRows
{
    /** Key of connections without a secret; see {@link SecretUsage#NO_SECRET_ID}. */
    public static final long NO_SECRET_KEY = 1;

    /** All that may be configured, and some that still drain. [C-LIM-04] */
    static final int ROW_COUNT = StatusLayout.SECRET_COUNT_MAX + 32;
    /** Room for 31 counters. */
    static final int ROW_LENGTH = 256;

    private final StatusTable table;
    private final SecretRow[] rows;
    private final int[] offsets;

    SecretRows(StatusTable table, int owner)
    {
        this.table = table;
        this.rows = new SecretRow[table.rowCount()];
        this.offsets = new int[table.rowCount()];
        for (int row = 0; row < rows.length; row++)
        {
            offsets[row] = table.offset(owner, row);
            rows[row] = new SecretRow(table.section, offsets[row], row);
        }
    }

    /** @return rows in private memory, for tests. */
    public static SecretRows inMemory()
    {
        UnsafeBuffer section =
            new UnsafeBuffer(ByteBuffer.allocateDirect(StatusTable.length(1, ROW_COUNT, ROW_LENGTH)));
        StatusTable.format(section, 0, 1, ROW_COUNT, ROW_LENGTH);
        return new SecretRows(new StatusTable(section), 0);
    }

    /**
     * Takes the row of a secret, with what it has counted before if it is there still.
     *
     * @param key never 0.
     * @return a row that nobody else writes; one outside of the file when all are taken.
     */
    public SecretRow take(long key)
    {
        int free = SecretRow.NO_INDEX;
        for (int row = 0; row < rows.length; row++)
        {
            long found = table.key(offsets[row]);
            if (found == key && !rows[row].isHeld)
            {
                rows[row].isHeld = true;
                return rows[row];
            }
            if (!rows[row].isHeld && (free < 0 || found == StatusTable.UNUSED && table.key(offsets[free]) != 0))
            {
                free = row;
            }
        }
        if (free < 0)
        {
            return SecretRow.outside();
        }
        table.key(offsets[free], StatusTable.UNUSED);
        rows[free].clear();
        table.key(offsets[free], key);
        rows[free].isHeld = true;
        return rows[free];
    }

    /** Gives a row back; its numbers stay to be seen until the place is needed. */
    public void giveBack(SecretRow row)
    {
        row.isHeld = false;
    }
}
