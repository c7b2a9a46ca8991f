// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A process that holds idle connections to a proxy: one process may not have descriptors enough for all of them. What it
 * shall do comes over its standard input, whose end ends it; how far it is goes out over its standard output.
 */
public final class HolderProcess implements AutoCloseable
{
    /** Connections that one process holds: the usual hard limit is 20,000 descriptors. */
    static final int CONNECTIONS_MAX = 15_000;

    private static final int REPORT_EVERY_MS = 50;

    private final Process process;
    private final PrintWriter to;
    private final BufferedReader from;
    private final int count;

    private HolderProcess(Process process, int count)
    {
        this.process = process;
        this.to = new PrintWriter(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        this.from = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        this.count = count;
    }

    /**
     * Starts one and has it connect.
     *
     * @param number of the process, from 0: each connects from addresses of its own.
     * @param count  of connections.
     */
    static HolderProcess start(int number, int count, Wire wire, int port, List<byte[]> secrets) throws IOException
    {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-Xmx512m", "-cp", System.getProperty("java.class.path"), "io.mtproxy.soak.SoakMain",
            "hold").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        HolderProcess holder = new HolderProcess(process, count);
        holder.to.println(number + " " + count + " " + wire.label() + " " + port);
        for (byte[] secret : secrets)
        {
            holder.to.println(HexFormat.of().formatHex(secret));
        }
        holder.to.println();
        return holder;
    }

    long pid()
    {
        return process.pid();
    }

    /** Waits until all connections stand. */
    void await() throws IOException
    {
        while (true)
        {
            String line = from.readLine();
            if (line == null)
            {
                throw new IOException("a process of the load generator has ended");
            }
            if (Integer.parseInt(line.strip()) >= count)
            {
                return;
            }
        }
    }

    @Override
    public void close()
    {
        to.close();
        process.destroy();
    }

    /** The process's own main: connects, reports how many connections stand, ends at the end of its input. */
    public static void run(InputStream in, PrintStream out) throws IOException, InterruptedException
    {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
        String[] words = String.valueOf(lines.readLine()).split(" ");
        List<byte[]> secrets = new ArrayList<>();
        for (String line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine())
        {
            secrets.add(HexFormat.of().parseHex(line));
        }
        int number = Integer.parseInt(words[0]);
        int count = Integer.parseInt(words[1]);
        LoadScenario scenario = LoadScenario.of("idle-" + count).withWire(Wire.of(words[2]));
        InetSocketAddress target =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(words[3]));
        try (LoadGenerator generator = new LoadGenerator(1);
            LoadGenerator.Clients clients =
                generator.connect(scenario, target, SourceAddresses.ofProcess(number, count), secrets))
        {
            int standing = 0;
            while (standing < count)
            {
                Thread.sleep(REPORT_EVERY_MS);
                standing = clients.established();
                out.println(standing);
                out.flush();
            }
            while (lines.readLine() != null)
            {
                // until the end of the input
            }
        }
    }
}
