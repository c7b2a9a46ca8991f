// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A fronting domain: takes connections at one address and lets the test speak. */
final class SimulatedOrigin implements Runnable
{
    final List<SimulatedPipe> connections = new ArrayList<>();
    /** What it does at first with a connection. */
    Consumer<SimulatedPipe> onAccept = pipe ->
    {
    };

    SimulatedOrigin(SimulatedNetwork network, InetSocketAddress address)
    {
        network.serve(address, end ->
        {
            SimulatedPipe pipe = new SimulatedPipe(end);
            connections.add(pipe);
            onAccept.accept(pipe);
        });
    }

    /** @return the only connection there has been. */
    SimulatedPipe only()
    {
        if (connections.size() != 1)
        {
            throw new AssertionError(connections.size() + " connections to the domain");
        }
        return connections.getFirst();
    }

    @Override
    public void run()
    {
        List.copyOf(connections).forEach(SimulatedPipe::run);
    }
}
