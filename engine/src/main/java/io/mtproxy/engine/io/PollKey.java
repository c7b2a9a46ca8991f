// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

/** The registration of one socket with a poller; it ends when the socket is closed. */
public interface PollKey
{
    /**
     * Replaces what the owner wants to hear of.
     *
     * @param ops bits of {@link Interest}.
     */
    void interest(int ops);
}
