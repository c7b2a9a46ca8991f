// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/** Receiver of what a {@link DatacenterPeer} decodes, without an object for each request. */
public interface DatacenterListener
{
    /** The connection is ready: nonces and handshakes are through, and no fault stood against it. */
    void onReady(DatacenterPeer peer);

    /** A request; the view is valid during the call only. */
    void onRequest(DatacenterPeer peer, RequestView request);

    /** The proxy says that a client connection is over, or that it does not know the id of an answer. */
    void onCloseConnection(DatacenterPeer peer, long extConnectionId);

    /** Everything else; never a request or a close. */
    void onOther(DatacenterPeer peer, DatacenterEvent event);
}
