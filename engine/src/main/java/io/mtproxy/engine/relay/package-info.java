// SPDX-License-Identifier: Apache-2.0

/** What crosses between agents: rings and their messages, marks, routing. Nothing here belongs to one agent alone. */
package io.mtproxy.engine.relay;
