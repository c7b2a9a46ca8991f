// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import io.mtproxy.engine.EngineConfig;
import java.net.InetAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the values of options; what is wrong is said in the message of an {@link IllegalArgumentException}. */
final class OptionValues
{
    /** Largest size. [C-CLI-36] */
    static final long SIZE_MAX = 1L << 40;
    /** Largest port. */
    static final int PORT_MAX = 65535;

    /** As C reads it: blanks in front, and of a unit only its first letter counts. */
    private static final Pattern SIZE = Pattern.compile("\\s*\\+?([0-9]{1,15})(?:([kmgt])(?:i?b)?)?");
    private static final String SUFFIXES = "kmgt";
    private static final int SUFFIX_SHIFT = 10;
    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,9}");
    /** As C reads it: a number, a colon and a number; what else stands there is not looked at. */
    private static final Pattern STATS_PORTS =
        Pattern.compile("\\s*\\+?0*([1-9][0-9]{0,9})(?![0-9])(?::\\s*([+-]?)0*([0-9]{1,10})(?![0-9]))?.*",
            Pattern.DOTALL);
    private static final Pattern IPV4 = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
    private static final Pattern HEX_KEY = Pattern.compile("[0-9a-fA-F]{32}");

    private static final Pattern FOLDER_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}");

    private OptionValues()
    {
    }

    /** Reads a whole number; that a number means something special below 1 is the option's business. [C-CLI-11] */
    static int integer(String text)
    {
        try
        {
            return Integer.parseInt(text);
        }
        catch (NumberFormatException e)
        {
            throw new IllegalArgumentException("\"" + text + "\" is not a whole number");
        }
    }

    /** Reads a whole number between two others. */
    static int integer(String text, int min, int max)
    {
        int value = integer(text);
        if (value < min || value > max)
        {
            throw new IllegalArgumentException(value + " is outside " + min + ".." + max);
        }
        return value;
    }

    /** Reads bytes, or a number with one of the suffixes k, m, g, t. [C-CLI-36] */
    static long size(String text)
    {
        Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches())
        {
            throw new IllegalArgumentException("\"" + text + "\" is not a size, write bytes or a number with k, m, g " +
                "or t behind it");
        }
        long number = Long.parseLong(matcher.group(1));
        String suffix = matcher.group(2);
        int shift = suffix == null ? 0 : SUFFIX_SHIFT * (SUFFIXES.indexOf(suffix) + 1);
        if (number > SIZE_MAX >>> shift)
        {
            throw new IllegalArgumentException("\"" + text + "\" is more than 1t");
        }
        return number << shift;
    }

    /** Reads a size between two others. */
    static int size(String text, int min, int max)
    {
        long value = size(text);
        if (value < min || value > max)
        {
            throw new IllegalArgumentException("\"" + text + "\" is outside " + min + ".." + max + " bytes");
        }
        return (int)value;
    }

    /** Reads ports with commas between them and at most one behind. [C-CLI-62] */
    static List<Integer> ports(String text)
    {
        List<Integer> ports = new ArrayList<>();
        String list = text.endsWith(",") ? text.substring(0, text.length() - 1) : text;
        for (String item : list.split(",", -1))
        {
            if (!PORT.matcher(item).matches())
            {
                throw new IllegalArgumentException("\"" + text + "\" is not a list of ports like 443,8443");
            }
            ports.add(port(item));
        }
        return ports;
    }

    /** Reads one port that is known to be digits. */
    private static int port(String digits)
    {
        long port = Long.parseLong(digits);
        if (port > PORT_MAX)
        {
            throw new IllegalArgumentException("port " + port + " is outside 1.." + PORT_MAX);
        }
        return (int)port;
    }

    /**
     * Ports of {@code -p}.
     *
     * @param first   of them.
     * @param last    of them, the same one where there is no range.
     * @param isRange whether they are written as a range.
     */
    record PortRange(int first, int last, boolean isRange)
    {
    }

    /** Reads {@code N} or {@code A:B}, with whatever stands behind. [C-CLI-39] */
    static PortRange portRange(String text)
    {
        Matcher matcher = STATS_PORTS.matcher(text);
        if (!matcher.matches())
        {
            throw new IllegalArgumentException("\"" + text + "\" is neither a port nor a range like 8888:8899");
        }
        int first = port(matcher.group(1));
        boolean isRange = matcher.group(3) != null;
        if (isRange && ("-".equals(matcher.group(2)) || first > Long.parseLong(matcher.group(3))))
        {
            throw new IllegalArgumentException("the range \"" + text + "\" ends before it begins");
        }
        return new PortRange(first, isRange ? port(matcher.group(3)) : first, isRange);
    }

    /** Checks for exactly 32 hexadecimal digits and gives them in lower case; repeats none in its message. [C-CLI-58] */
    static String hexKey(String text)
    {
        if (!HEX_KEY.matcher(text).matches())
        {
            throw new IllegalArgumentException("exactly 32 hexadecimal digits are needed, this is something else, " +
                text.length() + " characters long");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    /** Takes the name of a domain that a probe can ask for. [C-CLI-59] [P-TLS-51] */
    static String domain(String text)
    {
        return new EngineConfig.Fronting(List.of(text)).domains().getFirst();
    }

    /** Takes the name of a file or folder. */
    static Path path(String name)
    {
        try
        {
            return Path.of(name);
        }
        catch (InvalidPathException e)
        {
            throw new IllegalArgumentException("no file can be named \"" + name + "\"", e);
        }
    }

    /** Checks a name that a folder is to have. */
    static String folderName(String name)
    {
        if (!FOLDER_NAME.matcher(name).matches())
        {
            throw new IllegalArgumentException("\"" + name +
                "\" is no name: use letters, digits, '-', '_' and dots, a dot not in front, 100 at most");
        }
        return name;
    }

    /** Reads an IPv4 address of four decimal parts, none with a zero in front. [C-CLI-54] */
    static InetAddress ipv4(String text)
    {
        if (!IPV4.matcher(text).matches())
        {
            throw new IllegalArgumentException("\"" + text + "\" is not an IPv4 address like 192.0.2.1");
        }
        return InetAddress.ofLiteral(text);
    }
}
