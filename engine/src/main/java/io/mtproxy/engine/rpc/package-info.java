// SPDX-License-Identifier: Apache-2.0

/**
 * What is spoken with a middle proxy: frames, handshakes, keys and the flyweights of each RPC payload. Pure: bytes, time
 * and randomness are arguments, no socket and no clock is known here. Called by datacenter agents; client agents use
 * {@link io.mtproxy.engine.rpc.ProxyRequest} to write the header in front of a client's payload.
 */
package io.mtproxy.engine.rpc;
