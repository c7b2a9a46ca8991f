// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import io.mtproxy.engine.config.Secret;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A domain of a proxy, and where both are reached.
 *
 * @param domain    as in {@code -D}.
 * @param isDefault whether what names no domain is passed on to this one.
 * @param proxy     client port.
 * @param origin    where the domain itself is.
 * @param isGiven   whether the origin was given, so that the name is not looked up.
 * @param secret    that signs hellos, or null: then only what strangers see is compared.
 */
public record FrontTarget(String domain, boolean isDefault, InetSocketAddress proxy, InetSocketAddress origin,
    boolean isGiven, @Nullable Secret secret)
{
}
