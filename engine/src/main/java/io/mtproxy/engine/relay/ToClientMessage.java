// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

/**
 * Layout of the messages from a datacenter agent to a client agent. Fields are in native byte order.
 *
 * <pre>
 *   0        8        12             16                     length - 4
 *   +--------+--------+--------------+----------------------+-----------+
 *   | ext id | flags  | total length | data or part of it   | tail room |
 *   +--------+--------+--------------+----------------------+-----------+
 * </pre>
 *
 * Only an ANSWER has data and tail room. The reader may write over the total length and into the tail room: the frame's
 * header and its padding go there, so that one pass of the cipher takes all three.
 *
 * Messages for a connection that is gone are dropped by the reader.
 */
public final class ToClientMessage
{
    /**
     * The data of an RPC_PROXY_ANS, or a part of it; flags say which. Parts of one answer may have messages for other
     * clients in between, never one for the same client but CLOSED. [P-RPC-62]
     */
    public static final int ANSWER = 1;
    /** A quick ack; the value stands in the place of the total length. [P-RPC-66] */
    public static final int SIMPLE_ACK = 2;
    /** The connection is over on the datacenter side; flags hold a {@link ClosedCause} ordinal. */
    public static final int CLOSED = 3;
    /** Bound; the total length holds the index of the link within its server, for {@link ServerMarks}. [P-CON-20] */
    public static final int BOUND = 4;
    /** No ready link was left when the first payload came: it was dropped and counted. [P-PAY-05] */
    public static final int REFUSED = 5;

    /** i64: the external connection id. */
    public static final int EXT_CONNECTION_ID_OFFSET = 0;
    /** i32: bits below. */
    public static final int FLAGS_OFFSET = EXT_CONNECTION_ID_OFFSET + Long.BYTES;
    /** i32: length of the whole answer over all its parts, or the value named above. */
    public static final int VALUE_OFFSET = FLAGS_OFFSET + Integer.BYTES;
    /** Where the data begins. */
    public static final int DATA_OFFSET = VALUE_OFFSET + Integer.BYTES;
    /** Room behind the data of an ANSWER, for the padding of its last part. [P-OBF-35] */
    public static final int TAIL_ROOM = 4;

    /** Flag: first part of an answer. */
    public static final int FLAG_BEGIN = 1;
    /** Flag: last part of an answer. */
    public static final int FLAG_END = 2;
    /** The bits above the flags: when an answer was read if that is measured; 0 otherwise. */
    public static final int STAMP_SHIFT = 2;

    private ToClientMessage()
    {
    }

    /** Why the datacenter side ended a client connection. */
    public enum ClosedCause
    {
        /** The middle proxy closed it: what is queued is sent first. [P-RPC-67] */
        CLOSE_EXT,
        /** The link it was bound to is lost. [P-CON-22] */
        LINK_LOST,
        /** A new connection found the table of bindings full. [C-LIM-12] */
        TABLE_FULL,
        /** Its server left the configuration, and the time to drain is over. [C-REL-13] */
        SERVER_REMOVED;

        private static final ClosedCause[] VALUES = values();

        /** @return the cause whose ordinal crossed the ring. */
        public static ClosedCause of(int ordinal)
        {
            return VALUES[ordinal];
        }
    }
}
