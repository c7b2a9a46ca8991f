// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

/**
 * Layout of the messages from a client agent to a datacenter agent. Fields are in native byte order.
 *
 * <pre>
 *   0        8           12       16             20           24
 *   +--------+-----------+--------+--------------+------------+----------------------+
 *   | ext id | server    | flags  | total length | stamp      | RPC payload or part  |
 *   +--------+-----------+--------+--------------+------------+----------------------+
 * </pre>
 *
 * A REQUEST carries an RPC payload (RPC_PROXY_REQ with the client's packet), or one part of it when it is longer than
 * {@link RelayRing#PART_LENGTH_MAX}; parts of one payload follow each other in the ring with nothing in between.
 * A CLOSE has the first 24 bytes only, of which just the ext id counts.
 */
public final class ToDatacenterMessage
{
    /** Type of a message that carries an RPC payload or a part of it. */
    public static final int REQUEST = 1;
    /** Type of a message that says: the client is gone, tell the middle proxy. [P-RPC-43] */
    public static final int CLOSE = 2;

    /** i64, never 0: the external connection id. [P-CON-40] */
    public static final int EXT_CONNECTION_ID_OFFSET = 0;
    /** i32: index of the server the client agent drew, see {@link ServerEntry#index}. [P-CON-21] */
    public static final int SERVER_INDEX_OFFSET = EXT_CONNECTION_ID_OFFSET + Long.BYTES;
    /** i32: bits below. */
    public static final int FLAGS_OFFSET = SERVER_INDEX_OFFSET + Integer.BYTES;
    /** i32: length of the whole RPC payload, over all its parts; a multiple of 4. */
    public static final int TOTAL_LENGTH_OFFSET = FLAGS_OFFSET + Integer.BYTES;
    /** i32: in a last part, when it was read if that is measured; 0 otherwise. */
    public static final int STAMP_OFFSET = TOTAL_LENGTH_OFFSET + Integer.BYTES;
    /** Where the RPC payload or part begins. */
    public static final int DATA_OFFSET = STAMP_OFFSET + Integer.BYTES;

    /** Flag: first part of an RPC payload. */
    public static final int FLAG_BEGIN = 1;
    /** Flag: last part of an RPC payload. */
    public static final int FLAG_END = 2;
    /**
     * Flag, in every part: this payload is the connection's first, bind it to a link of the server. The answer is
     * {@link ToClientMessage#BOUND} or {@link ToClientMessage#REFUSED}; until then the client agent sends nothing more
     * of this connection.
     */
    public static final int FLAG_BIND = 4;

    private ToDatacenterMessage()
    {
    }
}
