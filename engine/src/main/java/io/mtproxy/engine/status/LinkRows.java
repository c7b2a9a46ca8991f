// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.lang.invoke.VarHandle;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One datacenter agent's links in the status file: a row for each place that a link of a server can have, from the first
 * link there until the server is forgotten. Links without a place are not shown.
 *
 * <pre>
 *   0     8                       192                    256
 *   +-----+-----------------------+----------------------+
 *   | key | word of each LinkCounter | server, text, zeros  |
 *   +-----+-----------------------+----------------------+
 * </pre>
 */
public final class LinkRows
{
    static final int ROW_COUNT = 256;
    static final int SERVER_OFFSET = 192;
    static final int SERVER_LENGTH = 64;
    static final int ROW_LENGTH = SERVER_OFFSET + SERVER_LENGTH;

    private final StatusTable table;
    private final int owner;

    LinkRows(StatusTable table, int owner)
    {
        this.table = table;
        this.owner = owner;
    }

    /** @return rows in private memory, for tests. */
    public static LinkRows inMemory()
    {
        UnsafeBuffer section =
            new UnsafeBuffer(ByteBuffer.allocateDirect(StatusTable.length(1, ROW_COUNT, ROW_LENGTH)));
        StatusTable.format(section, 0, 1, ROW_COUNT, ROW_LENGTH);
        return new LinkRows(new StatusTable(section), 0);
    }

    /**
     * Takes the row of a place for links.
     *
     * @param serverIndex unique for the life of the process.
     * @param linkIndex   which of the links to that server.
     */
    public LinkRow take(int serverIndex, int linkIndex, InetSocketAddress server)
    {
        long key = (serverIndex + 1L) << Integer.SIZE | linkIndex;
        int free = -1;
        for (int i = 0; i < table.rowCount(); i++)
        {
            int offset = table.offset(owner, i);
            long found = table.key(offset);
            if (found == key)
            {
                return new LinkRow(table.section, offset);
            }
            if (found == StatusTable.UNUSED && free < 0)
            {
                free = offset;
            }
        }
        if (free < 0)
        {
            return LinkRow.outside();
        }
        fill(free, linkIndex, server);
        table.key(free, key);
        return new LinkRow(table.section, free);
    }

    private void fill(int offset, int linkIndex, InetSocketAddress server)
    {
        LinkRow row = new LinkRow(table.section, offset);
        for (LinkCounter counter : LinkCounter.values())
        {
            row.set(counter, 0);
        }
        row.set(LinkCounter.LINK_INDEX, linkIndex);
        // the text goes in behind the mark that the row is unused
        VarHandle.storeStoreFence();
        table.section.putBytes(offset + SERVER_OFFSET,
            Arrays.copyOf(text(server).getBytes(StandardCharsets.US_ASCII), SERVER_LENGTH));
    }

    /** The server of these rows is known no more. */
    public void giveBack(int serverIndex)
    {
        for (int i = 0; i < table.rowCount(); i++)
        {
            int offset = table.offset(owner, i);
            if (table.key(offset) >>> Integer.SIZE == serverIndex + 1L)
            {
                table.key(offset, StatusTable.UNUSED);
            }
        }
    }

    private static String text(InetSocketAddress server)
    {
        String host = server.getAddress().getHostAddress();
        return (server.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":" + server.getPort();
    }
}
