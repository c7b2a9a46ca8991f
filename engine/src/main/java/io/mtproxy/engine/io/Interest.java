// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

/** What an agent wants to hear of a socket, as bits. */
public final class Interest
{
    /** Nothing: the registration stays, no event comes. */
    public static final int NONE = 0;
    /** Bytes, or the end of the stream, have arrived. */
    public static final int READ = 1;
    /** The network takes bytes again. */
    public static final int WRITE = 4;
    /** An outgoing connection stands or has failed. */
    public static final int CONNECT = 8;
    /** A connection waits at a listener. */
    public static final int ACCEPT = 16;

    private Interest()
    {
    }
}
