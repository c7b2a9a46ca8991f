// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.engine.config.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: proxy, simulated datacenter and clients in this process, on loopback, without a network or root. */
@Command(name = DemoCommand.NAME, sortOptions = false,
    header = "proxy, simulated datacenter and clients on this machine, without a network",
    description = "Runs the proxy between simulated clients and a simulated datacenter on this machine, compares every " +
        "byte, and lets client libraries on this machine connect.",
    footer = {"", "Exit codes: 0 every byte was right, 1 some were not or an error happened, 2 wrong usage."})
final class DemoCommand extends Verb
{
    static final String NAME = "demo";

    private static final int CLIENT_COUNT_MAX = 1000;
    private static final int PORT_MAX = 65535;

    private final Supplier<StopWait> stops;

    @Option(names = "--clients", paramLabel = "N",
        description = "clients at a time, 1..1000 (default 12)") private int clientCount = 12;

    @Option(names = "--seconds", paramLabel = "N",
        description = "ends by itself after so long (default: at Ctrl-C)") private int seconds;

    @Option(names = "--threads", paramLabel = "N|C+D",
        description = "threads of the proxy (default 1)") private String threads = "1";

    @Option(names = "--port", paramLabel = "N",
        description = "client port on 127.0.0.1 (default: a free one)") private int port;

    @Option(names = "--rsa-key", paramLabel = "FILE",
        description = "writes the datacenter's public key there, as client libraries want it") private @Nullable Path rsaKey;

    DemoCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        super(terminal);
        this.stops = stops;
    }

    @Override
    int run() throws ConfigurationException, IOException, InterruptedException
    {
        StopWait stop = stops.get();
        checkRange("--clients", clientCount, 1, CLIENT_COUNT_MAX);
        checkRange("--seconds", seconds, 0, Integer.MAX_VALUE);
        checkRange("--port", port, 0, PORT_MAX);
        return run(stop);
    }

    private int run(StopWait stop) throws ConfigurationException, IOException, InterruptedException
    {
        try (DemoScene scene = DemoScene.open())
        {
            Path keyFile = rsaKey == null ? scene.folder().resolve("rsa-public-key.pem") : rsaKey;
            Files.writeString(keyFile, DemoScene.rsaKeyPem(), StandardCharsets.US_ASCII);
            ArgumentLine line = new ArgumentLine(terminal().program() + " " + NAME)
                .parse(scene.proxyArguments(clientCount, threads, port).toArray(String[]::new));
            if (port == 0)
            {
                line.legacy().listenOnFreePort();
            }
            // what is worth a line to an operator is none to a spectator; errors of ours are asked for at the end
            try (RunningProxy proxy = new ProxyStart(terminal(), LogLines.toNowhere()).start(line))
            {
                return new DemoRun(terminal().out(), scene, proxy, keyFile).play(clientCount, seconds, stop) ?
                    0 :
                    EXIT_FAILED;
            }
        }
    }
}
