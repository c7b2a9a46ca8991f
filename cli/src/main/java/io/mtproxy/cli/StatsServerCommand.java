// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.instances.InstanceFinder;
import io.mtproxy.cli.options.Endpoints;
import io.mtproxy.cli.options.NetworkList;
import io.mtproxy.cli.stats.ProcessStats;
import io.mtproxy.cli.stats.ProxySettings;
import io.mtproxy.cli.stats.StatsContext;
import io.mtproxy.cli.stats.StatsPort;
import io.mtproxy.cli.stats.StatsServer;
import io.mtproxy.cli.stats.StatsSources;
import io.mtproxy.cli.view.FoundProxy;
import io.mtproxy.cli.view.ProxyView;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.ZoneId;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code stats-server}: the pages of a proxy's ports from another process or container. */
@Command(name = StatsServerCommand.NAME, sortOptions = false,
    header = "serves /stats, /metrics, /healthz and /readyz of a proxy from outside it",
    description = "Serves the pages of a proxy that shares its status directory with this process. The proxy needs no port " +
        "for that and may come and go.",
    footer = {"", "Exit codes: 0 ended by SIGTERM or SIGINT, 1 the port cannot be had, 2 wrong usage."})
final class StatsServerCommand extends Verb
{
    static final String NAME = "stats-server";

    private static final InetSocketAddress LISTEN_DEFAULT = Endpoints.parse("127.0.0.1:8888");

    private final Supplier<StopWait> stops;

    @Mixin private InstanceOptions instances = new InstanceOptions();

    @Option(names = "--listen", paramLabel = "ADDR:PORT", converter = Endpoints.Converter.class,
        description = "address and port, as 192.0.2.1:9100 or [::]:9100 (default 127.0.0.1:8888)") private InetSocketAddress listen =
            LISTEN_DEFAULT;

    @Option(names = "--allow", paramLabel = "NETWORKS", converter = NetworkList.Converter.class,
        description = "who is answered, as 10.0.0.0/8,192.0.2.1; others are closed without a word (default: this machine)") private NetworkList allowed =
            NetworkList.LOOPBACK;

    StatsServerCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        super(terminal);
        this.stops = stops;
    }

    @Override
    int run() throws InstanceException, IOException, InterruptedException
    {
        LogLines log = new LogLines(terminal().err(), Clock.system(ZoneId.systemDefault()));
        StopWait stop = stops.get();
        InstanceFinder finder = instances.finder(terminal());
        FoundProxy proxy = new FoundProxy(finder);
        String missing = missing(finder);
        try (StatsServer server =
            StatsServer.start(StatsPort.open("--listen", listen), context(proxy).allowed(allowed).log(log::print)))
        {
            stop.mainLoopBegins();
            log.print("serving on " + listen.getAddress().getHostAddress() + " port " + server.port() + (missing ==
                null ?
                    "" :
                    ", " + missing));
            log.print(stop.await() + " received, closing");
        }
        return 0;
    }

    /** @return why no proxy is shown yet, or null; one of several must be named at once. */
    private static @Nullable String missing(InstanceFinder finder) throws InstanceException, IOException
    {
        try
        {
            finder.find();
            return null;
        }
        catch (InstanceException e)
        {
            if (e.exitCode() != InstanceException.EXIT_NO_PROXY)
            {
                throw e;
            }
            return e.line();
        }
    }

    private static StatsContext context(FoundProxy proxy)
    {
        ProxyView now = proxy.look();
        String program = now.description("program");
        return new StatsContext()
            .view(proxy::look)
            .sources(() -> StatsSources.of(proxy.look()))
            .configState(() -> proxy.look().configState())
            .settings(() -> ProxySettings.of(proxy.look()::description))
            .startEpochMs(() -> proxy.look().startEpochMs())
            .processStats(ProcessStats.NONE)
            .version(program.isEmpty() ? ProductVersion.text() : program);
    }
}
