// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.soak.DatacenterEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** Keeps what all middle proxies are told, and fails on anything that no proxy may send. */
final class DatacenterRecord implements BiConsumer<SimulatedDatacenter.Link, DatacenterEvent>
{
    final List<DatacenterEvent.ProxyRequest> requests = new ArrayList<>();
    /** The link of each of {@link #requests}. */
    final List<SimulatedDatacenter.Link> links = new ArrayList<>();
    /** Ids of RPC_CLOSE_CONN, in order. */
    final List<Long> closedIds = new ArrayList<>();
    /** What the middle proxy does about a request. */
    BiConsumer<SimulatedDatacenter.Link, DatacenterEvent.ProxyRequest> onRequest = (link, request) ->
    {
    };

    private DatacenterRecord()
    {
    }

    /** Listens to every middle proxy of this world. */
    static DatacenterRecord of(SimulatedProxy proxy)
    {
        DatacenterRecord record = new DatacenterRecord();
        proxy.datacenters.forEach(datacenter -> datacenter.onEvent = record);
        return record;
    }

    @Override
    public void accept(SimulatedDatacenter.Link link, DatacenterEvent event)
    {
        switch (event)
        {
            case DatacenterEvent.ProxyRequest request ->
            {
                requests.add(request);
                links.add(link);
                onRequest.accept(link, request);
            }
            case DatacenterEvent.CloseConnection close -> closedIds.add(close.extConnectionId());
            case DatacenterEvent.Violation violation -> throw new AssertionError(violation.toString());
            case DatacenterEvent.Nonce _,DatacenterEvent.Handshake _,DatacenterEvent.Pong _,DatacenterEvent.Ping _ ->
                {
                }
        }
    }

    DatacenterEvent.ProxyRequest lastRequest()
    {
        return requests.getLast();
    }

    SimulatedDatacenter.Link lastLink()
    {
        return links.getLast();
    }

    /** Answers the last client that sent something, on its link. */
    void answer(byte[] data)
    {
        lastLink().peer.answer(lastRequest().extConnectionId(), 0, data);
    }
}
