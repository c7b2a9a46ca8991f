// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Finds the address of a host named in the configuration. May block; never called in a duty cycle. [C-CFG-24] */
@FunctionalInterface
public interface HostResolver
{
    /**
     * @param host a word of letters, digits, dots, hyphens and underscores; never an IPv6 address.
     * @return the one address to use, the first found.
     * @throws UnknownHostException whose message says why there is none.
     */
    InetAddress resolve(String host) throws UnknownHostException;
}
