// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/** Receiver of what a {@link ClientPeer} decodes, without an object for each; bytes are valid during the call only. */
public interface ClientListener
{
    /** A packet with its padding, if the transport has any. */
    void onPacket(byte[] bytes, int offset, int length);

    /** A quick acknowledgement in either form. */
    void onQuickAck(int confirm, ClientEvent.QuickAck.Form form);

    /** The proxy broke the protocol; the peer looks at nothing that follows. */
    void onViolation(String clause, String text);
}
