// SPDX-License-Identifier: Apache-2.0

/**
 * The command {@code mtproto-proxy}: the one place that reads arguments and the environment, prints, and exits.
 */
@NullMarked
package io.mtproxy.cli;

import org.jspecify.annotations.NullMarked;
