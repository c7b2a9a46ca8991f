// SPDX-License-Identifier: Apache-2.0

/**
 * The live screen of {@code top}: {@link TopScreen} lays a snapshot out for a size, {@link TopState} is what keys have
 * chosen, {@link TopLoop} has the terminal. The first two know no terminal.
 */
@NullMarked
package io.mtproxy.cli.top;

import org.jspecify.annotations.NullMarked;
