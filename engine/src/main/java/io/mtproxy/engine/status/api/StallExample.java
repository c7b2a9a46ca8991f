// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

/**
 * One of the last stalls that were seen: sizes and times, nothing of whom or what.
 *
 * @param epochMs           when it was seen, ms since 1970.
 * @param leg               where data stopped.
 * @param dcId              whose cluster it concerns.
 * @param durationNs        how long nothing had moved by then.
 * @param waitingBytes      that could not go on.
 * @param bytesToDatacenter of the connection before, without headers; on the wire of the link for
 *                          {@link StallLeg#TO_CLIENT_RING_FULL}.
 * @param bytesToClient     as above, the other way.
 */
public record StallExample(long epochMs, StallLeg leg, int dcId, long durationNs, long waitingBytes,
    long bytesToDatacenter, long bytesToClient)
{
}
