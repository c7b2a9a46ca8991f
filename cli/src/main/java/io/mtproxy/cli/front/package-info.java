// SPDX-License-Identifier: Apache-2.0

/**
 * How a proxy looks beside its domain from outside: hellos at the record level, what comes back, and what tells the two
 * apart. One look is for one thread, which starts virtual ones. Knows nothing of the engine.
 */
@NullMarked
package io.mtproxy.cli.front;

import org.jspecify.annotations.NullMarked;
