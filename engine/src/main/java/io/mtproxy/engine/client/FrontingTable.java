// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.transport.FakeTlsDomains;
import io.mtproxy.engine.transport.OriginProfile;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fronting domains as they are known now; replaced as a whole when one of them has been looked at again.
 *
 * @param domains their names, as hellos are matched with.
 * @param fronts  one for each of them, in the same order.
 */
public record FrontingTable(FakeTlsDomains domains, List<Front> fronts)
{
    public FrontingTable
    {
        fronts = List.copyOf(fronts);
    }

    /**
     * One domain.
     *
     * @param name    as configured.
     * @param address where it is, or null while that is not known. [C-CLT-22]
     * @param profile that answers under its name follow.
     * @param isHere  that address is one of this machine: a proxy may be behind it, maybe this one.
     * @param isAsked the name servers have been asked, whatever came of it.
     */
    public record Front(String name, @Nullable InetAddress address, OriginProfile profile, boolean isHere,
        boolean isAsked)
    {
        /** A domain of which nothing is known but maybe its profile. */
        public Front(String name, OriginProfile profile)
        {
            this(name, null, profile, false, false);
        }
    }
}
