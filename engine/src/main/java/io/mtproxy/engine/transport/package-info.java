// SPDX-License-Identifier: Apache-2.0

/**
 * The client side of the protocol, pure: bytes, keys and randomness come in as arguments, bytes and verdicts go out.
 * Knows no socket, agent or clock. Objects that keep a result belong to one client agent and are reused by it;
 * everything else has no state.
 */
package io.mtproxy.engine.transport;
