// SPDX-License-Identifier: Apache-2.0

/**
 * A proxy as its status files show it, all its processes together: what every report, page and table is made from. Reads
 * only (architecture A9).
 */
@NullMarked
package io.mtproxy.cli.view;

import org.jspecify.annotations.NullMarked;
