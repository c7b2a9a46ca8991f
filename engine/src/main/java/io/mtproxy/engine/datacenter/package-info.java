// SPDX-License-Identifier: Apache-2.0

/**
 * Links to the middle proxies: opened, kept, chosen and closed, and what is sent and received over them. Everything here
 * belongs to one datacenter agent and its thread; only {@code DatacenterAgent} calls it.
 */
package io.mtproxy.engine.datacenter;
