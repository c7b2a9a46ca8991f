// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.nio.ByteBuffer;

/** A client's side of one connection, without the socket; opened anew for each connection of a client. */
interface ClientStream
{
    /** Room that is kept free before a payload, for what a transport puts there. */
    int HEADROOM = 128;

    /** Begins a connection. @return length of what the client sends at once, written to {@code out}. */
    int open(byte[] out, int at);

    /** Whether requests may be sent. */
    boolean isOpen();

    /**
     * Makes a request.
     *
     * @param plain  holds the payload at {@link #HEADROOM}; may be changed before and behind it.
     * @param length of the payload.
     * @return length of what was written to {@code out}.
     */
    int wrap(byte[] plain, int length, byte[] out, int at);

    /** Takes what the proxy sent; false when it is not what it must be. */
    boolean receive(ByteBuffer in);
}
