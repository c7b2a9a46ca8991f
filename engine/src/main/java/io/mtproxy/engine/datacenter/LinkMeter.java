// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.LinkCounter;
import io.mtproxy.engine.status.LinkRow;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.StallLog;
import io.mtproxy.engine.status.StallMark;
import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.StallLeg;
import org.agrona.concurrent.EpochClock;

/** What is shown of one link, in the row of its place. */
final class LinkMeter
{
    private final EpochClock clock;
    private final ServerEntry server;
    private final int linkIndex;
    private final LinkRow row;
    private final DcRow dc;
    private final StallLog stalls;
    private final StallMark mark = new StallMark();
    private long answers;
    private long sentBytes;
    private long receivedBytes;

    LinkMeter(LinkContext context, ServerEntry server, int linkIndex)
    {
        this.clock = context.epochClock;
        this.server = server;
        this.linkIndex = linkIndex;
        this.row = context.status.links().take(server.index(), linkIndex, server.address());
        this.dc = context.status.dcs().row(server.dcId());
        this.stalls = context.status.stalls();
    }

    /** The link is begun. */
    void onBegin()
    {
        row.add(LinkCounter.OPENED, 1);
        onPhase(LinkPhase.CONNECTING);
    }

    void onPhase(LinkPhase phase)
    {
        row.set(LinkCounter.SINCE_EPOCH_MS, clock.time());
        row.set(LinkCounter.STAGE, stageOf(phase).code());
        ProxyEvents.link(phase.name(), server.address(), linkIndex);
    }

    private static LinkStage stageOf(LinkPhase phase)
    {
        return switch (phase)
        {
            case CONNECTING -> LinkStage.CONNECTING;
            case NONCE -> LinkStage.NONCE;
            case HANDSHAKE -> LinkStage.HANDSHAKE;
            case READY -> LinkStage.READY;
            case DRAINING -> LinkStage.DRAINING;
            case CLOSED -> LinkStage.CLOSED;
        };
    }

    /** The link has ended. */
    void onClose(LinkCloseReason reason)
    {
        row.set(LinkCounter.LAST_CLOSE, reason.counter().id());
        ProxyEvents.linkClosed(reason.name(), server.address(), linkIndex);
        show(0, 0, false);
    }

    /** Shows what changes all the time. */
    void show(int clients, int waitingLength, boolean isCongested)
    {
        row.set(LinkCounter.CLIENTS, clients);
        row.set(LinkCounter.WAITING_BYTES, waitingLength);
        row.set(LinkCounter.IS_CONGESTED, isCongested ? 1 : 0);
    }

    /** Tells when answers have found no room for too long. */
    void look(boolean isRingFull, int waitingLength, long nowNs)
    {
        StallLeg leg = isRingFull ? StallLeg.TO_CLIENT_RING_FULL : null;
        long durationNs = mark.look(leg, answers, nowNs, nowNs);
        if (leg != null && durationNs != StallMark.NO_STALL)
        {
            dc.countStall(leg);
            stalls.add(clock.time(), leg, dc.dcId(), durationNs, waitingLength, sentBytes, receivedBytes);
            ProxyEvents.stall(leg.name(), dc.dcId(), durationNs, waitingLength);
        }
    }

    void onSent(int length)
    {
        sentBytes += length;
        row.add(LinkCounter.BYTES_SENT, length);
    }

    void onReceived(int length)
    {
        receivedBytes += length;
        row.add(LinkCounter.BYTES_RECEIVED, length);
    }

    /** A client's packet goes onto the link. */
    void onRequest()
    {
        row.add(LinkCounter.PACKETS_SENT, 1);
    }

    /** An answer for a client has come. */
    void onAnswer()
    {
        answers++;
        row.add(LinkCounter.ANSWERS, 1);
    }
}
