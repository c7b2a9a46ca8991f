// SPDX-License-Identifier: Apache-2.0

/** Pools and tables with a size and an owner (architecture A8). Each belongs to one agent and its thread. */
package io.mtproxy.engine.memory;
