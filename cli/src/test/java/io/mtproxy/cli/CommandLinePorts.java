// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ports of one run of a command line: H, I, P, Q and S are free, T and U behind it are taken, R in front of S is taken.
 * {@code $MANY64} and {@code $MANY65} are that many free ports.
 */
final class CommandLinePorts implements AutoCloseable
{
    private static final int CONNECT_TIMEOUT_MS = 4000;
    private static final String MANY = "$MANY";
    private static final List<String> ADDRESSES = List.of("127.0.0.1", "127.0.0.2", "::1");

    private final Map<String, Integer> numbers = new TreeMap<>();
    private final List<ServerSocket> taken = new ArrayList<>();

    CommandLinePorts() throws IOException
    {
        for (String name : List.of("H", "I", "P", "Q"))
        {
            numbers.put(name, FreePorts.next());
        }
        int pair = FreePorts.next(2);
        numbers.put("T", pair);
        numbers.put("U", pair + 1);
        int half = FreePorts.next(2);
        numbers.put("R", half);
        numbers.put("S", half + 1);
        for (String name : List.of("T", "U", "R"))
        {
            taken.add(new ServerSocket(numbers.get(name)));
        }
    }

    /** Puts numbers in the place of names. */
    String fill(String word)
    {
        String filled = word;
        for (Map.Entry<String, Integer> port : numbers.entrySet())
        {
            filled = filled.replaceAll("\\$" + port.getKey() + "(?![A-Z])", port.getValue().toString());
        }
        return filled;
    }

    /** Puts ports in the place of {@code $MANYn}. */
    static String fillMany(String word) throws IOException
    {
        int at = word.indexOf(MANY);
        if (at < 0)
        {
            return word;
        }
        int count = Integer.parseInt(word.substring(at + MANY.length()));
        int first = FreePorts.next(count);
        List<String> list = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            list.add(String.valueOf(first + i));
        }
        return word.substring(0, at) + String.join(",", list);
    }

    /** @return where somebody else than this test takes connections on the ports of a line. */
    String open(String line)
    {
        List<String> open = new ArrayList<>();
        numbers.forEach((name, number) ->
        {
            if (line.matches("(?s).*\\$" + name + "(?![A-Z]).*") && !List.of("T", "U", "R").contains(name))
            {
                ADDRESSES.stream().filter(address -> takesConnection(address, number))
                    .forEach(address -> open.add(name + "@" + address));
            }
        });
        return String.join(" ", open);
    }

    private static boolean takesConnection(String address, int port)
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(address, port), CONNECT_TIMEOUT_MS);
            return true;
        }
        catch (IOException refused)
        {
            return false;
        }
    }

    @Override
    public void close() throws IOException
    {
        for (ServerSocket socket : taken)
        {
            socket.close();
        }
    }
}
