// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.rpc.ProcessId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What links need to know of the configuration.
 *
 * @param secret           shared with the middle proxies, or null: then links are tried, but none can be ready. [C-EXIT-09]
 * @param natTranslation   of host-order IPv4 addresses by the {@code --nat-info} rules; the identity without. [P-RPC-21]
 * @param sender           gives our own process id, the same for all links of the process; it is told the local address
 *                         of the link that asks, which counts where the host has no main address. Called on the agent's
 *                         thread, by several agents if there are several. [P-RPC-32]
 * @param sourceAddress    own IPv4 address to connect from, or null for any; not used for IPv6. [P-NET-03]
 * @param linkBufferLength bytes waiting for one link beyond which its clients are paused ({@code --link-buffer}); they
 *                         go on below half of it.
 * @param drainTimeoutNs   how long links of a removed server go on for those bound to them ({@code --drain-timeout}).
 * @param bindingCountMax  this agent's share of {@link ExtConnectionTable#BINDING_COUNT_MAX}. [C-LIM-12]
 */
public record DatacenterSettings(@Nullable ProxySecretFile secret, IntUnaryOperator natTranslation,
    Function<InetSocketAddress, ProcessId> sender, @Nullable InetAddress sourceAddress, long linkBufferLength,
    long drainTimeoutNs, int bindingCountMax)
{
    /** @return the secret, where a link has come so far that there is one. */
    ProxySecretFile requireSecret()
    {
        if (secret == null)
        {
            throw new IllegalStateException("no secret is loaded");
        }
        return secret;
    }

    /** Most bindings of a process, to be divided among its datacenter agents. [C-LIM-12] */
    public static final int BINDING_COUNT_MAX_PROCESS = ExtConnectionTable.BINDING_COUNT_MAX;
}
