// SPDX-License-Identifier: Apache-2.0
/**
 * The other two parties of the protocol, written from the specification with the JDK's own crypto and with none of the
 * proxy's classes: the Telegram client and the middle proxy.
 * <p>
 * {@link io.mtproxy.soak.ClientPeer}, {@link io.mtproxy.soak.DatacenterPeer} and
 * {@link io.mtproxy.soak.MtprotoServer} are pure: bytes in, bytes out, and the same output for the same seed. They
 * belong to one thread at a time. {@link io.mtproxy.soak.DatacenterServer} and {@link io.mtproxy.soak.ClientSwarm} put
 * them on real sockets, each with threads of its own that end with {@code close()}. Tests, the demo and the load
 * laboratory call them; nothing here is part of the proxy's data path.
 */
package io.mtproxy.soak;
