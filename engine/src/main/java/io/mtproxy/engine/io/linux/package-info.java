// SPDX-License-Identifier: Apache-2.0

/**
 * What Java lacks, by native calls through the FFM API: one final class for each topic (architecture A6). Every call is
 * optional: where the platform has it not, the answer says so and the caller goes on. Nothing here is called once a
 * packet, and no call is critical, as a critical call in a polling loop keeps the JVM from its safepoints.
 */
package io.mtproxy.engine.io.linux;
