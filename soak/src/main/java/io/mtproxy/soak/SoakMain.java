// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.load.BareRelay;
import io.mtproxy.soak.load.HolderProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * The two ends around a proxy, by hand: {@code datacenter MODE PORT SECRET_FILE} or
 * {@code clients MODE PROXY_PORT CLIENTS SECONDS [LENGTH_MAX [RATE [SECRET...]]]}; and the floor under a proxy,
 * {@code relay PORT DATACENTER_PORT LINKS}, which runs until it is ended; {@code hold} is a process of {@code soak load}.
 * {@code stop CLIENTS LIMIT_MS COMMAND...} and
 * {@code kill CLIENTS LIMIT_MS COMMAND...} run a proxy and see how long it takes to end, or to replace a worker (see
 * {@link FaultRun}). Exit code 0 is a clean run, 1 one with mismatches or errors or above the limit, 2 wrong usage.
 */
public final class SoakMain
{
    private static final int USAGE = 2;

    /** Of a proxy without links, as one that has just started, nothing comes back. */
    private static final Duration CLIENTS_DRAIN = Duration.ofSeconds(5);

    private SoakMain()
    {
    }

    public static void main(String[] args) throws IOException, InterruptedException
    {
        System.exit(run(args));
    }

    static int run(String[] args) throws IOException, InterruptedException
    {
        if (args.length >= 4 && "datacenter".equals(args[0]))
        {
            return datacenter(args);
        }
        if (args.length >= 5 && "clients".equals(args[0]))
        {
            return clients(args);
        }
        if (args.length == 4 && "relay".equals(args[0]))
        {
            BareRelay.run(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        }
        if (args.length == 1 && "hold".equals(args[0]))
        {
            HolderProcess.run(System.in, System.out);
            return 0;
        }
        if (args.length >= 4 && ("stop".equals(args[0]) || "kill".equals(args[0])))
        {
            return fault("kill".equals(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2]),
                List.of(args).subList(3, args.length));
        }
        System.err.println("usage: datacenter MODE PORT SECRET_FILE | " +
            "clients MODE PROXY_PORT CLIENTS SECONDS [LENGTH_MAX [RATE [SECRET...]]] | relay PORT DATACENTER_PORT LINKS | " +
            "stop|kill CLIENTS LIMIT_MS COMMAND... (with {port} {config} {aes-pwd} {secret} {folder})");
        return USAGE;
    }

    private static int fault(boolean isKill, int clientCount, long limitMs, List<String> command)
        throws IOException, InterruptedException
    {
        try (FaultRun run = FaultRun.start(command, clientCount))
        {
            FaultRun.Result result = isKill ? run.killWorker() : run.stop();
            System.out.println(result);
            return result.isWithin(limitMs) ? 0 : 1;
        }
    }

    private static int datacenter(String[] args) throws IOException, InterruptedException
    {
        DatacenterSettings settings =
            DatacenterSettings.of(Files.readAllBytes(Path.of(args[3])), mode(args[1]))
                .withAddress(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[2])));
        try (DatacenterServer server = DatacenterServer.start(settings))
        {
            System.out.println("listening on " + server.address());
            while (true)
            {
                Thread.sleep(5000);
                System.out.println(server.snapshot());
                server.violations().forEach(System.out::println);
            }
        }
    }

    private static int clients(String[] args) throws IOException, InterruptedException
    {
        List<byte[]> secrets = new ArrayList<>();
        for (int i = 7; i < args.length; i++)
        {
            secrets.add(HexFormat.of().parseHex(args[i]));
        }
        SwarmSettings settings = SwarmSettings.of(
            new InetSocketAddress("127.0.0.1", Integer.parseInt(args[2])), secrets, Integer.parseInt(args[3]),
            Duration.ofSeconds(Integer.parseInt(args[4]))).withMode(mode(args[1])).withDrain(CLIENTS_DRAIN);
        if (args.length > 5)
        {
            settings = settings.withLengths(settings.lengthMin(), Integer.parseInt(args[5]));
        }
        if (args.length > 6)
        {
            double rate = Double.parseDouble(args[6]);
            settings = settings.withRate(rate, rate > 0 ? 64 : 1);
        }
        try (ClientSwarm swarm = ClientSwarm.start(settings))
        {
            while (!swarm.isFinished())
            {
                Thread.sleep(1000);
                System.out.println(swarm.snapshot());
            }
            return swarm.await().isClean() ? 0 : 1;
        }
    }

    private static DatacenterSettings.Mode mode(String name)
    {
        return DatacenterSettings.Mode.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
