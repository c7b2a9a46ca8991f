// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * How a proxy is started for one script.
 *
 * @param name           of the setup, for messages.
 * @param arguments      of the command, others than the ones every start has.
 * @param template       of proxy-multi.conf, with {0}, {1} and so on in place of the servers' ports.
 * @param linksPerServer that the proxy makes.
 * @param clientAddress  from which clients come.
 * @param proxyAddress   to which they go.
 */
record ParitySetup(
    String name, List<String> arguments, String template, int linksPerServer, String clientAddress, String proxyAddress)
{
    static final String SECRET = "00112233445566778899aabbccddeeff";
    static final String OTHER_SECRET = "ffeeddccbbaa99887766554433221100";
    static final String TAG = "0123456789abcdef0123456789abcdef";

    private static final int LINKS_DEFAULT = 4;

    /** One server for every DC, clients on 127.0.0.1. */
    static ParitySetup of(final String name, final String... arguments)
    {
        return new ParitySetup(
            name, List.of(arguments), "proxy_for 2 127.0.0.1:{0};\ndefault 2;\n", LINKS_DEFAULT, "127.0.0.1",
            "127.0.0.1");
    }

    ParitySetup withConfiguration(final String text)
    {
        return new ParitySetup(name, arguments, text, linksPerServer, clientAddress, proxyAddress);
    }

    ParitySetup withLinks(final int perServer)
    {
        return new ParitySetup(name, arguments, template, perServer, clientAddress, proxyAddress);
    }

    ParitySetup withAddresses(final String client, final String proxy)
    {
        return new ParitySetup(name, arguments, template, linksPerServer, client, proxy);
    }

    ParitySetup withArguments(final String... more)
    {
        final List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return new ParitySetup(name, List.copyOf(all), template, linksPerServer, clientAddress, proxyAddress);
    }

    /** Servers that the configuration names. */
    int serverCount()
    {
        int count = 0;
        while (template.contains("{" + count + "}"))
        {
            count++;
        }
        return count;
    }

    String configuration(final List<Integer> ports)
    {
        String text = template;
        for (int i = 0; i < ports.size(); i++)
        {
            text = text.replace("{" + i + "}", Integer.toString(ports.get(i)));
        }
        return text;
    }

    @Override
    public String toString()
    {
        return name;
    }
}
