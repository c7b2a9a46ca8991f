// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

/** What a datacenter agent shows of each link: one line each, in the order of their words in a row; new ones go last. */
public enum LinkCounter
{
    /** Which of the links to its server, from 0. */
    LINK_INDEX,
    /** Code of a {@link io.mtproxy.engine.status.api.LinkStage}. */
    STAGE,
    /** Since when, ms since 1970. */
    SINCE_EPOCH_MS,
    /** Links begun at this place. */
    OPENED,
    /** Id of the {@link ProxyCounter} of the last one's end, 0 for none. */
    LAST_CLOSE,
    /** Clients bound to it. */
    CLIENTS,
    /** Bytes that its socket has not taken yet. */
    WAITING_BYTES,
    /** 1 while its clients are paused for that. */
    IS_CONGESTED,
    /** Bytes that its sockets took. */
    BYTES_SENT,
    /** Bytes read from its sockets. */
    BYTES_RECEIVED,
    /** Client packets put on it. */
    PACKETS_SENT,
    /** Answers received for clients. */
    ANSWERS;

    /** @return offset of its word in a row, behind the key. */
    @SuppressWarnings("EnumOrdinal")
    int offset()
    {
        return (1 + ordinal()) * Long.BYTES;
    }
}
