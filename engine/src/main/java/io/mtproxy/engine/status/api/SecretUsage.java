// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

/**
 * What went on under one client secret, over all agents and processes that were asked. Totals go on over restarts in the
 * same status directory.
 *
 * @param position            in the list of secrets now, from 1; 0 for one that is configured no more, or for
 *                            {@link #isNoSecret}.
 * @param id                  16 hex digits of a keyed hash of the secret: the same over restarts and in all workers, and of
 *                            no use to anybody without the key.
 * @param connections         open, handshake done.
 * @param handshakes          that were accepted: connections ever.
 * @param refusals            starts that showed this secret and were refused all the same: hellos out of time or without a
 *                            cipher of ours, a framing that fake-TLS does not allow. A replay is refused before its secret
 *                            is known.
 * @param packetsToDatacenter client packets handed on.
 * @param bytesToDatacenter   of these, without headers.
 * @param packetsToClient     answers.
 * @param bytesToClient       of these, without headers.
 * @param addresses           distinct addresses of connections that have forwarded a packet. [C-STAT-08]
 * @param authKeys            distinct keys of these connections. [C-STAT-08]
 * @param inexact             how much addresses and authKeys may be too large: values for which an agent had no place any
 *                            more, which may have been counted by several. 0 below 65,536 values a process.
 */
public record SecretUsage(int position, String id, long connections, long handshakes, long refusals,
    long packetsToDatacenter, long bytesToDatacenter, long packetsToClient, long bytesToClient, long addresses,
    long authKeys, long inexact)
{
    /** {@link #id} of connections of a proxy without any secret. */
    public static final String NO_SECRET_ID = "0000000000000001";

    /** @return whether this is about connections without a secret. */
    public boolean isNoSecret()
    {
        return id.equals(NO_SECRET_ID);
    }
}
