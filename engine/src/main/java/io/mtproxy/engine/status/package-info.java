// SPDX-License-Identifier: Apache-2.0

/**
 * The window into a running proxy (architecture A9): counters that agents write, the mapped file that holds them, and
 * readers of that file. A counter set belongs to one agent; readers may be anywhere.
 */
package io.mtproxy.engine.status;
