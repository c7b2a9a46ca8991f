// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.soak.FakeTlsClientPeer;
import java.util.ArrayList;
import java.util.List;

/** A Telegram client that speaks fake-TLS: says hello, waits for the flight, then sends its packets. */
final class SimulatedTlsClient implements Runnable
{
    final FakeTlsClientPeer peer;
    final SimulatedPipe pipe;
    private final List<byte[]> packets = new ArrayList<>();
    private int taken;
    private boolean isStarted;

    SimulatedTlsClient(FakeTlsClientPeer peer, SimulatedConnection.PeerEnd end)
    {
        this(peer, end, peer.hello());
    }

    /** @param hello as it goes out, maybe cut into records. */
    SimulatedTlsClient(FakeTlsClientPeer peer, SimulatedConnection.PeerEnd end, byte[] hello)
    {
        this.peer = peer;
        this.pipe = new SimulatedPipe(end);
        pipe.send(hello);
    }

    void send(byte[] payload)
    {
        packets.add(payload);
    }

    @Override
    public void run()
    {
        pipe.run();
        byte[] received = pipe.received();
        peer.receive(java.util.Arrays.copyOfRange(received, taken, received.length));
        taken = received.length;
        if (!peer.isAccepted())
        {
            return;
        }
        for (byte[] packet : packets)
        {
            pipe.send(isStarted ? peer.frame(packet, false) : peer.startWith(packet, false));
            isStarted = true;
        }
        packets.clear();
    }
}
