// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

/** How far a look at the first bytes of a client got. */
public enum HandshakeResult
{
    /** Complete and ours; the handshake object holds what was agreed. */
    ACCEPTED,
    /** Nothing wrong yet, but not all bytes are there. */
    NEED_MORE,
    /** Not ours, and more bytes will not change that. */
    REJECTED
}
