// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Connections that say nothing, the begin of a hello, or garbage, held by a process of their own: its descriptors and its work
 * are not those of the test. Every line of its input asks how it stands; the end of its input ends it.
 */
final class SilentCrowd implements AutoCloseable
{
    /** Connections of one source address; each has tens of thousands of ports. */
    private static final int PER_ADDRESS = 1_000;
    private static final int KINDS = 4;

    private final Process process;
    private final BufferedReader answers;
    private final int count;

    private SilentCrowd(Process process, int count)
    {
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        this.count = count;
    }

    /** Begins to connect so many to a port of 127.0.0.1. */
    static SilentCrowd start(int port, int count) throws IOException
    {
        return new SilentCrowd(new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), SilentCrowd.class.getName(),
            Integer.toString(port), Integer.toString(count)).redirectError(ProcessBuilder.Redirect.INHERIT).start(),
            count);
    }

    /** Whether all are connected. */
    boolean isStanding() throws IOException
    {
        return ask()[0] == count;
    }

    /** Connections that the proxy has ended. */
    int closedCount() throws IOException
    {
        return ask()[1];
    }

    private int[] ask() throws IOException
    {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        String line = answers.readLine();
        if (line == null)
        {
            throw new IOException("the crowd has ended");
        }
        String[] words = line.split(" ", -1);
        return new int[]{Integer.parseInt(words[0]), Integer.parseInt(words[1])};
    }

    @Override
    public void close() throws IOException
    {
        process.getOutputStream().close();
        process.destroy();
    }

    /** The crowd's own main. */
    public static void main(String[] arguments) throws Exception
    {
        int port = Integer.parseInt(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        SplittableRandom random = new SplittableRandom(8);
        List<SocketChannel> crowd = new ArrayList<>();
        ByteBuffer nothing = ByteBuffer.allocate(16);
        while (true)
        {
            if (crowd.size() < count)
            {
                crowd.add(connect(port, crowd.size(), random));
            }
            if (crowd.size() == count || System.in.available() > 0)
            {
                if (System.in.read() < 0)
                {
                    return;
                }
                int closed = 0;
                for (int i = 0; crowd.size() == count && i < count; i++)
                {
                    closed += crowd.get(i).read(nothing.clear()) < 0 ? 1 : 0;
                }
                System.out.println(crowd.size() + " " + closed);
                System.out.flush();
            }
        }
    }

    private static SocketChannel connect(int port, int number, SplittableRandom random) throws IOException
    {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.1." + (1 + number / PER_ADDRESS)), 0));
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.write(ByteBuffer.wrap(switch (number % KINDS)
        {
            case 0 -> new byte[0];
            case 1 -> new byte[]{0x16, 3, 1, 2, 0, 1, 0, 1, (byte)0xfc, 3, 3, (byte)random.nextInt()};
            case 2 -> new byte[]{'G', 'E', 'T'};
            default -> garbage(random);
        }));
        channel.configureBlocking(false);
        return channel;
    }

    private static byte[] garbage(SplittableRandom random)
    {
        byte[] bytes = new byte[random.nextInt(16, 400)];
        random.nextBytes(bytes);
        bytes[0] = 'x';
        return bytes;
    }
}
