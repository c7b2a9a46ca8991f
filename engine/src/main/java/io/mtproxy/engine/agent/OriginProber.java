// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.transport.OriginProfile;
import java.net.InetAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Looks at one fronting domain. Blocks, for seconds if it must; never called in a duty cycle. [P-TLS-50] */
@FunctionalInterface
public interface OriginProber
{
    /**
     * @param early is told the address, without a profile, as soon as it is known: what is none of ours need not wait for
     *              the rest.
     * @return what was found; never throws for what a network or a domain does.
     */
    Finding look(String domain, Consumer<Finding> early);

    /**
     * What a look has found.
     *
     * @param address where the domain is, or null when its name cannot be resolved.
     * @param isHere  that address is one of this machine.
     * @param profile learnt from its answers, or null when they cannot be used.
     * @param problem why one of both is missing; empty otherwise.
     */
    record Finding(@Nullable InetAddress address, boolean isHere, @Nullable OriginProfile profile, String problem)
    {
    }
}
