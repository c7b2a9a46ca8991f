// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.util.List;

/**
 * The {@code --nat-info} rules: which of our own IPv4 addresses the other side sees as which. [P-RPC-21] [C-CLI-53]
 */
public final class NatRules
{
    /** Most rules. [C-LIM-06] */
    public static final int COUNT_MAX = 16;
    /** Translates nothing. */
    public static final NatRules NONE = new NatRules(List.of());

    private final int[] locals;
    private final int[] globals;

    /**
     * @param rules in the order of the options; the first that matches counts.
     * @throws IllegalArgumentException when there are more than {@link #COUNT_MAX}.
     */
    public NatRules(List<Rule> rules)
    {
        if (rules.size() > COUNT_MAX)
        {
            throw new IllegalArgumentException("more than " + COUNT_MAX + " NAT rules");
        }
        this.locals = rules.stream().mapToInt(Rule::local).toArray();
        this.globals = rules.stream().mapToInt(Rule::global).toArray();
    }

    /** @return what stands for a host-order IPv4 address: the address of the first rule that has exactly this one. */
    public int translate(int ipv4)
    {
        for (int i = 0; i < locals.length; i++)
        {
            if (locals[i] == ipv4)
            {
                return globals[i];
            }
        }
        return ipv4;
    }

    /**
     * One rule.
     *
     * @param local  host-order address as we see it.
     * @param global host-order address as the other side sees it.
     */
    public record Rule(int local, int global)
    {
        /**
         * Reads {@code local:global}, split at the last colon. [C-CLI-53]
         *
         * @throws IllegalArgumentException saying what is wrong.
         */
        public static Rule parse(String text)
        {
            int colon = text.lastIndexOf(':');
            if (colon < 0)
            {
                throw new IllegalArgumentException("no ':' in \"" + text + "\", write LOCAL:GLOBAL");
            }
            return new Rule(parseAddress(text.substring(0, colon)), parseAddress(text.substring(colon + 1)));
        }

        private static int parseAddress(String text)
        {
            long address = Ipv4Text.parseDotted(text);
            if (address < 0)
            {
                throw new IllegalArgumentException("\"" + text + "\" is not an IPv4 address like 192.0.2.1");
            }
            return (int)address;
        }
    }
}
