// SPDX-License-Identifier: Apache-2.0

/**
 * Which proxies there are on this machine, by their folders in the status directory. Reads only, for any thread; verbs
 * find what they look at or speak to by this.
 */
@NullMarked
package io.mtproxy.cli.instances;

import org.jspecify.annotations.NullMarked;
