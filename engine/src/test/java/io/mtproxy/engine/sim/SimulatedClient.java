// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A Telegram client on the simulated network: sends what it is told as fast as the network takes it, keeps what it gets. */
final class SimulatedClient
{
    private static final int READ_LENGTH_MAX = 1 << 20;

    final ClientPeer peer;
    final SimulatedConnection.PeerEnd end;
    /** Payloads sent that the proxy must forward, in order. */
    final List<byte[]> sentPayloads = new ArrayList<>();
    /** Set while the client reads nothing. */
    boolean isReadingPaused;
    /** The test has ended or reset this client, or let the datacenter close it. */
    boolean isEndExpected;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();

    SimulatedClient(ClientOptions options, SimulatedConnection.PeerEnd end)
    {
        this.peer = new ClientPeer(options);
        this.end = end;
        sendRaw(peer.start());
    }

    SimulatedClient(ClientOptions options, byte[] headerPlain, SimulatedConnection.PeerEnd end)
    {
        this.peer = new ClientPeer(options, headerPlain);
        this.end = end;
        sendRaw(peer.start());
    }

    int port()
    {
        return end.ownAddress.getPort();
    }

    /** Sends a packet that the proxy must forward. */
    void send(byte[] payload, boolean quickAck)
    {
        sentPayloads.add(payload);
        sendRaw(peer.frame(payload, quickAck));
    }

    /** Sends bytes as they are. */
    void sendRaw(byte[] bytes)
    {
        waiting.addLast(bytes);
    }

    /** Forgets what has not gone into the network yet. */
    void dropUnsent()
    {
        waiting.clear();
    }

    /** @return whether everything has gone into the network. */
    boolean isSent()
    {
        return waiting.isEmpty();
    }

    /** Moves bytes both ways, as far as the network and the test allow. */
    void pump()
    {
        while (!waiting.isEmpty() && end.room() > 0)
        {
            byte[] bytes = waiting.removeFirst();
            int run = Math.min(bytes.length, end.room());
            end.write(java.util.Arrays.copyOf(bytes, run));
            if (run < bytes.length)
            {
                waiting.addFirst(java.util.Arrays.copyOfRange(bytes, run, bytes.length));
            }
        }
        if (!isReadingPaused)
        {
            peer.receive(end.read(READ_LENGTH_MAX));
        }
    }

    /** @return what came, packets and quick acks in order. */
    List<ClientEvent> events()
    {
        return peer.events();
    }

}
