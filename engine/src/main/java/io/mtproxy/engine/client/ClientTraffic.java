// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StallMark;

/**
 * What one client's connection counts once its handshake is done: for its secret and for its DC, how long things take, and
 * what the watch over stalls has seen of it.
 */
final class ClientTraffic
{
    private static final long NONE = Long.MIN_VALUE;

    private final ClientMeters meters;
    private final DcRow dc;
    private final SecretRow secret;
    private final long acceptedNs;
    /** What the watch has seen of each direction. */
    final StallMark toDatacenter = new StallMark();
    final StallMark toClient = new StallMark();

    private long bytesToDatacenter;
    private long bytesToClient;
    private long writtenBytes;
    private boolean hasRelayed;
    private boolean isBound;
    /** What crossed before a link was found, so before it is known whether it goes anywhere. */
    private long unboundBytes;
    private int unboundPackets;
    /** When a packet was read to which nothing has come back yet, if that one is timed. */
    private long requestNs = NONE;
    /** Turn in which the first packet was handed on to which nothing has come back yet. */
    private long silentSinceNs = NONE;

    /** The handshake is done. */
    ClientTraffic(ClientMeters meters, DcRow dc, SecretRow secret, long acceptedNs)
    {
        this.meters = meters;
        this.dc = dc;
        this.secret = secret;
        this.acceptedNs = acceptedNs;
        meters.onHandshake(dc, acceptedNs);
        secret.add(SecretCounter.HANDSHAKES, 1);
        secret.add(SecretCounter.CONNECTIONS, 1);
        dc.add(DcCounter.HANDSHAKES, 1);
        dc.add(DcCounter.CONNECTIONS, 1);
    }

    /** The connection is closed. */
    void close()
    {
        // whoever was asked for a link has got the packet, and forwards it rather than not
        countUnbound();
        secret.add(SecretCounter.CONNECTIONS, -1);
        dc.add(DcCounter.CONNECTIONS, -1);
    }

    // ---- to the datacenter

    /** @return what tells when the packet that goes into the ring was read, if that is measured; 0 otherwise. */
    int takeStamp()
    {
        int stamp = meters.received.takeStamp();
        if (stamp != 0 && requestNs == NONE)
        {
            requestNs = meters.received.readNs();
        }
        return stamp;
    }

    /** Part of a packet, or all of it, is in the ring. */
    void onForwarded(int length, boolean isEnd)
    {
        meters.counters.add(ProxyCounter.PAYLOAD_BYTES_TO_DATACENTER, length);
        bytesToDatacenter += length;
        int packets = isEnd ? 1 : 0;
        if (isBound)
        {
            count(length, packets);
        }
        else
        {
            unboundBytes += length;
            unboundPackets += packets;
        }
        if (isEnd)
        {
            onPacketForwarded();
        }
    }

    private void onPacketForwarded()
    {
        if (silentSinceNs == NONE)
        {
            silentSinceNs = meters.turnNs();
        }
        if (!hasRelayed)
        {
            hasRelayed = true;
            meters.onFirstPacket(acceptedNs);
        }
    }

    private void count(long bytes, int packets)
    {
        secret.add(SecretCounter.BYTES_TO_DATACENTER, bytes);
        dc.add(DcCounter.BYTES_TO_DATACENTER, bytes);
        if (packets != 0)
        {
            secret.add(SecretCounter.PACKETS_TO_DATACENTER, packets);
            dc.add(DcCounter.PACKETS_TO_DATACENTER, packets);
        }
    }

    private void countUnbound()
    {
        count(unboundBytes, unboundPackets);
        unboundBytes = 0;
        unboundPackets = 0;
    }

    /** The client has its link: what crossed before has gone on. */
    void onBound()
    {
        isBound = true;
        countUnbound();
    }

    /** There was no link: what crossed before has been dropped. */
    void onRefused()
    {
        unboundBytes = 0;
        unboundPackets = 0;
        requestNs = NONE;
        silentSinceNs = NONE;
        onDropped();
    }

    /** A packet was dropped, as no link was ready. */
    void onDropped()
    {
        dc.add(DcCounter.DROPPED, 1);
    }

    // ---- to the client

    /** An answer, or part of one. */
    void onAnswer(int length, boolean isEnd)
    {
        meters.counters.add(ProxyCounter.PAYLOAD_BYTES_TO_CLIENT, length);
        bytesToClient += length;
        secret.add(SecretCounter.BYTES_TO_CLIENT, length);
        dc.add(DcCounter.BYTES_TO_CLIENT, length);
        if (isEnd)
        {
            secret.add(SecretCounter.PACKETS_TO_CLIENT, 1);
            dc.add(DcCounter.PACKETS_TO_CLIENT, 1);
        }
        onHeard();
    }

    /** Something has come back from the middle proxy. */
    void onHeard()
    {
        silentSinceNs = NONE;
        if (requestNs != NONE)
        {
            dc.roundTrip().record(meters.turnNs() - requestNs);
            requestNs = NONE;
        }
    }

    /** The client's socket has taken bytes. */
    void onWritten(int length)
    {
        writtenBytes += length;
    }

    // ---- for the watch

    DcRow dc()
    {
        return dc;
    }

    long bytesToDatacenter()
    {
        return bytesToDatacenter;
    }

    long bytesToClient()
    {
        return bytesToClient;
    }

    long writtenBytes()
    {
        return writtenBytes;
    }

    /** @return whether a packet was handed on and nothing has come back since. */
    boolean isAnswerOwed()
    {
        return silentSinceNs != NONE;
    }

    /** @return since when, if an answer is owed. */
    long silentSinceNs()
    {
        return silentSinceNs;
    }
}
