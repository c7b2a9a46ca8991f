// SPDX-License-Identifier: Apache-2.0

/**
 * What the proxy shows of itself on the port of {@code -p}: pages over HTTP and the RPC protocol of C's engine. Reads
 * status files, never the engine (architecture A9), on virtual threads of its own.
 */
@NullMarked
package io.mtproxy.cli.stats;

import org.jspecify.annotations.NullMarked;
