// SPDX-License-Identifier: Apache-2.0
/**
 * The load laboratory: clients and a datacenter that cost little, a proxy's process that is measured, and comparisons of
 * two. Like all of soak it is written from the spec, with the JDK's own crypto.
 */
@org.jspecify.annotations.NullMarked
package io.mtproxy.soak.load;
