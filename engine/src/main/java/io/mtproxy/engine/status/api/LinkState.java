// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

import io.mtproxy.engine.status.ProxyCounter;
import org.jspecify.annotations.Nullable;

/**
 * One place for a link of one process: the n-th link to a middle proxy, over all that have stood there one after the
 * other.
 *
 * @param agentName     who owns it, such as {@code datacenter-0}.
 * @param server        address and port of the middle proxy, as {@code 192.0.2.1:8888} or {@code [2001:db8::1]:8888}.
 * @param linkIndex     which of the links to that server, from 0.
 * @param stage         how far it is.
 * @param sinceEpochMs  since when, ms since 1970.
 * @param opened        links that were begun at this place.
 * @param lastClose     why the last one ended, one of the {@code LINK_CLOSED_} counters; null when none did.
 * @param clients       bound to it.
 * @param waitingBytes  that its socket has not taken yet.
 * @param isCongested   whether its clients are paused for that.
 * @param bytesSent     by all links at this place.
 * @param bytesReceived as above.
 * @param packetsSent   client packets put on links at this place.
 * @param answers       received for clients.
 */
public record LinkState(String agentName, String server, int linkIndex, LinkStage stage, long sinceEpochMs,
    long opened, @Nullable ProxyCounter lastClose, long clients, long waitingBytes, boolean isCongested,
    long bytesSent, long bytesReceived, long packetsSent, long answers)
{
}
