// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/** Something a {@link ClientPeer} found in the bytes that the proxy sent. */
public sealed interface ClientEvent
{
    /**
     * A packet.
     *
     * @param payload in the padded transport with its padding of 0 to 3 bytes, which a client cannot tell from the
     *                payload: compare with {@link ClientPeer#isPayload(byte[], byte[])}. [P-OBF-35]
     */
    record Packet(byte[] payload) implements ClientEvent
    {
        @Override
        public String toString()
        {
            return "Packet[" + payload.length + " bytes]";
        }
    }

    /**
     * A quick acknowledgement.
     *
     * @param confirm value that the datacenter sent, whatever its byte order was on the wire.
     * @param form    how it came.
     */
    record QuickAck(int confirm, Form form) implements ClientEvent
    {
        /** The two ways of a proxy to send it. */
        public enum Form
        {
            /** Four bytes without framing. [P-OBF-41] */
            RAW,
            /** Two ordinary packets, padded transport only. [P-OBF-42] */
            TWO_PACKETS
        }
    }

    /**
     * Bytes that no proxy may send; nothing after them is looked at.
     *
     * @param clause of the specification.
     * @param text   what was wrong.
     */
    record Violation(String clause, String text) implements ClientEvent
    {
    }
}
