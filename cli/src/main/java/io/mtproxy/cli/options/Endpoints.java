// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Addresses with ports, as options name them. */
public final class Endpoints
{
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private Endpoints()
    {
    }

    /** For picocli. */
    public static final class Converter implements ITypeConverter<InetSocketAddress>
    {
        @Override
        public InetSocketAddress convert(String text)
        {
            try
            {
                return parse(text);
            }
            catch (IllegalArgumentException e)
            {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Reads an address and a port: {@code 192.0.2.1:9100} or {@code [2001:db8::1]:9100}; names are not looked up. */
    public static InetSocketAddress parse(String text)
    {
        int colon = text.lastIndexOf(':');
        String address = text.substring(0, Math.max(0, colon));
        String digits = text.substring(colon + 1);
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
        boolean isIpv6 = address.startsWith("[") && address.endsWith("]") && address.indexOf(':') > 0;
        if (port < 0 || port > OptionValues.PORT_MAX || !isIpv6 && !IPV4.matcher(address).matches())
        {
            throw new IllegalArgumentException("\"" + text +
                "\" is not an address and a port like 192.0.2.1:9100 or [2001:db8::1]:9100");
        }
        try
        {
            return new InetSocketAddress(InetAddress.ofLiteral(isIpv6 ?
                address.substring(1, address.length() - 1) :
                address), port);
        }
        catch (IllegalArgumentException e)
        {
            throw new IllegalArgumentException("\"" + text + "\" does not begin with an address", e);
        }
    }
}
