// SPDX-License-Identifier: Apache-2.0

/**
 * What the operator gives the engine: secrets, the configuration of middle proxies, and how they are read again.
 * Values made by the conductor (or a test) and read by the agents.
 */
package io.mtproxy.engine.config;
