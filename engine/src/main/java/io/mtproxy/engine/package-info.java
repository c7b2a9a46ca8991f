// SPDX-License-Identifier: Apache-2.0

/** The engine's entrance: {@link io.mtproxy.engine.ProxyEngine}, what it is told and what it is given. */
@NullMarked
package io.mtproxy.engine;

import org.jspecify.annotations.NullMarked;
