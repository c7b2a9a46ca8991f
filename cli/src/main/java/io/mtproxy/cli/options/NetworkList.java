// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Networks from which clients are taken: {@code 10.0.0.0/8,192.0.2.1,fd00::/8}. */
public final class NetworkList
{
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    /** This machine. */
    public static final NetworkList LOOPBACK = parse("127.0.0.0/8,::1");

    private final List<Network> networks;

    private NetworkList(List<Network> networks)
    {
        this.networks = List.copyOf(networks);
    }

    /** For picocli. */
    public static final class Converter implements ITypeConverter<NetworkList>
    {
        @Override
        public NetworkList convert(String text)
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

    /** @param prefixLength in bits. */
    private record Network(byte[] address, int prefixLength)
    {
        boolean contains(byte[] other)
        {
            if (other.length != address.length)
            {
                return false;
            }
            for (int bit = 0; bit < prefixLength; bit++)
            {
                int mask = 0x80 >>> bit % Byte.SIZE;
                if (((address[bit / Byte.SIZE] ^ other[bit / Byte.SIZE]) & mask) != 0)
                {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Reads a list.
     *
     * @param text addresses and networks with commas between them; names are not looked up.
     * @throws IllegalArgumentException with the reason.
     */
    public static NetworkList parse(String text)
    {
        List<Network> networks = new ArrayList<>();
        for (String part : text.split(",", -1))
        {
            networks.add(network(part.strip()));
        }
        return new NetworkList(networks);
    }

    /** @return whether an address is in one of them; an IPv4 address that came in an IPv6 one counts as IPv4. */
    public boolean contains(InetAddress address)
    {
        byte[] bytes = address.getAddress();
        return networks.stream().anyMatch(network -> network.contains(bytes));
    }

    private static Network network(String text)
    {
        int slash = text.indexOf('/');
        byte[] address = address(text, slash < 0 ? text : text.substring(0, slash));
        int bits = address.length * Byte.SIZE;
        int prefixLength = slash < 0 ? bits : prefixLength(text, text.substring(slash + 1), bits);
        Network network = new Network(address, prefixLength);
        for (int bit = prefixLength; bit < bits; bit++)
        {
            if ((address[bit / Byte.SIZE] & 0x80 >>> bit % Byte.SIZE) != 0)
            {
                throw new IllegalArgumentException("\"" + text + "\" has bits set behind the first " + prefixLength +
                    " — is it a network or an address?");
            }
        }
        return network;
    }

    private static byte[] address(String whole, String text)
    {
        try
        {
            if (text.indexOf(':') < 0 && !IPV4.matcher(text).matches())
            {
                throw new IllegalArgumentException("not four numbers");
            }
            return InetAddress.ofLiteral(text).getAddress();
        }
        catch (IllegalArgumentException e)
        {
            throw new IllegalArgumentException("\"" + whole + "\" is not a network like 10.0.0.0/8 or fd00::/8", e);
        }
    }

    private static int prefixLength(String whole, String digits, int bits)
    {
        int length = digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : -1;
        if (length < 0 || length > bits)
        {
            throw new IllegalArgumentException("\"" + whole + "\" needs a number of bits in 0.." + bits + " behind /");
        }
        return length;
    }
}
