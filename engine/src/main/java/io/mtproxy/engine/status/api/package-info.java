// SPDX-License-Identifier: Apache-2.0

/**
 * What a reader of status files gets: plain values, without a reference to the file. <b>This package and
 * {@link io.mtproxy.engine.status.StatusFileReader}, {@link io.mtproxy.engine.status.StatusReport},
 * {@link io.mtproxy.engine.status.StatusDirectory} and {@link io.mtproxy.engine.status.ProxyCounter} are an API for others</b>:
 * names and meanings stay, records may gain components at their end, enums may gain members. A file of an older layout is
 * read as far as it goes: what it does not have is empty or 0. The layout itself is described in
 * {@code docs/status-file.md}.
 */
@NullMarked
package io.mtproxy.engine.status.api;

import org.jspecify.annotations.NullMarked;
