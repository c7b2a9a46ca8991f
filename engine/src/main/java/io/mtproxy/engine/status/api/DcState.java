// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

import java.util.Map;

/**
 * One datacenter, that is one cluster of the configuration, over all agents and processes that were asked. A client whose
 * DC has no cluster counts for the default one. Totals go on over restarts in the same status directory.
 *
 * @param dcId                as configured, negative for media; {@link #OTHERS} for all beyond the 47th together.
 * @param servers             in the cluster now; 0 when it is configured no more.
 * @param readyServers        of these, with at least one ready link; the fewest that any process has.
 * @param connections         of clients, handshake done.
 * @param handshakes          of clients that were accepted.
 * @param packetsToDatacenter client packets handed on.
 * @param bytesToDatacenter   of these, without headers.
 * @param packetsToClient     answers.
 * @param bytesToClient       of these, without headers.
 * @param dropped             client packets for which no link was ready.
 * @param stalls              how often data stopped, by leg; none missing.
 * @param roundTrip           {@link LatencyMetric#LINK_ROUND_TRIP}.
 */
public record DcState(int dcId, int servers, int readyServers, long connections, long handshakes,
    long packetsToDatacenter, long bytesToDatacenter, long packetsToClient, long bytesToClient, long dropped,
    Map<StallLeg, Long> stalls, Histogram roundTrip)
{
    /** Stands for the DCs for which there was no place of their own. */
    public static final int OTHERS = Integer.MIN_VALUE;

    public DcState
    {
        stalls = Map.copyOf(stalls);
    }
}
