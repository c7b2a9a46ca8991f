// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.SlotTable;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.StallLog;
import io.mtproxy.engine.status.StallMark;
import io.mtproxy.engine.status.api.StallLeg;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * The watch over one agent's clients: looks at some of them at each tick, one after the other, and tells on which leg data
 * has stood still for too long. Nothing is noted where data moves: what is looked at is there anyway.
 */
final class ClientStalls
{
    /** Clients looked at in one tick at least. */
    private static final int LOOKS_PER_TICK_MIN = 64;
    /** Ticks in which all have been looked at: 5 s, half of what counts as a stall. */
    private static final int ROUND_TICKS = 50;

    private final SlotTable<ClientConnection> slots;
    private final StallLog log;
    private final EpochClock clock;
    private int next;

    ClientStalls(SlotTable<ClientConnection> slots, StallLog log, EpochClock clock)
    {
        this.slots = slots;
        this.log = log;
        this.clock = clock;
    }

    /** Each 0.1 s. */
    void tick(long nowNs)
    {
        int live = slots.liveCount();
        // a look at a client that does nothing is a walk through cold memory: no more of them than needed
        for (int looks = Math.min(live, Math.max(LOOKS_PER_TICK_MIN, live / ROUND_TICKS + 1)); looks > 0; looks--)
        {
            next = next + 1 < live ? next + 1 : 0;
            ClientConnection connection = slots.get(slots.liveAt(next));
            if (connection != null && connection.phase() == ClientPhase.RELAY)
            {
                look(connection, nowNs);
            }
        }
    }

    private void look(ClientConnection connection, long nowNs)
    {
        RequestFlow requests = connection.requests();
        AnswerFlow answers = connection.answers();
        ClientTraffic traffic = connection.traffic();
        if (requests == null || answers == null || traffic == null)
        {
            return;
        }
        StallLeg out = requests.stalledLeg();
        long outNs = traffic.toDatacenter.look(out, traffic.bytesToDatacenter(), nowNs, nowNs);
        if (out != null && outNs != StallMark.NO_STALL)
        {
            tell(traffic, out, outNs, requests.heldLength());
        }
        boolean isClientSlow = answers.isWriteBlocked() && !answers.isEmpty();
        StallLeg back = isClientSlow ? StallLeg.CLIENT_NOT_READING : silentLeg(traffic, requests, out);
        long backNs = isClientSlow ?
            traffic.toClient.look(back, traffic.writtenBytes(), nowNs, nowNs) :
            traffic.toClient.look(back, traffic.silentSinceNs(), traffic.silentSinceNs(), nowNs);
        if (back != null && backNs != StallMark.NO_STALL)
        {
            tell(traffic, back, backNs, answers.heldLength());
        }
    }

    /** Who cannot be reached is not called silent. */
    private static @Nullable StallLeg silentLeg(ClientTraffic traffic, RequestFlow requests, @Nullable StallLeg out)
    {
        return traffic.isAnswerOwed() && out == null && !requests.isLinkCongested() ?
            StallLeg.MIDDLE_PROXY_SILENT :
            null;
    }

    private void tell(ClientTraffic traffic, StallLeg leg, long durationNs, long waitingBytes)
    {
        traffic.dc().countStall(leg);
        log.add(clock.time(), leg, traffic.dc().dcId(), durationNs, waitingBytes, traffic.bytesToDatacenter(),
            traffic.bytesToClient());
        ProxyEvents.stall(leg.name(), traffic.dc().dcId(), durationNs, waitingBytes);
    }
}
