// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.ProxyCommand;
import io.mtproxy.soak.load.ProxyProcess;
import io.mtproxy.soak.load.ScrapeRun;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code soak scrapes}: one proxy, in turn with and without somebody who fetches a page of its numbers. */
@Command(name = "scrapes", sortOptions = false,
    description = "Loads a proxy and says what fetches of a page of its numbers cost: A with them, B without.",
    footer = {"", SoakMeasure.COMMAND_HELP})
final class SoakScrapesCommand implements SoakCommand.Part
{
    private static final int ALTERNATIONS_MAX = 1000;
    private static final int SCRAPES_MAX = 1_000_000;

    private final Terminal terminal;

    @Option(names = "--proxy", paramLabel = "CMD", description = "the proxy (default: ours)") private String proxy =
        "ours";

    @Option(names = "--page", paramLabel = "PATH", description = "fetched (default /metrics)") private String page =
        "/metrics";

    @Option(names = "--scrapes", paramLabel = "N",
        description = "fetches in each measurement, evenly over its time (default 200)") private int scrapes = 200;

    @Option(names = "--alternations", paramLabel = "N",
        description = "measurements with and without, after one of each that does not count (default 5)") private int alternations =
            5;

    @Mixin private final SoakMeasure measure = new SoakMeasure();

    SoakScrapesCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    @Override
    public int run() throws IOException, InterruptedException
    {
        List<LoadScenario> scenarios = measure.scenarios();
        measure.check("--alternations", alternations, 1, ALTERNATIONS_MAX);
        measure.check("--scrapes", scrapes, 1, SCRAPES_MAX);
        ProxyCommand command = measure.proxy(proxy, terminal);
        LoadReport report = measure.newReport("soak scrapes --proxy \"" + proxy + "\" --page " + page + " --scrapes " +
            scrapes);
        try (LoadGenerator generator = measure.openGenerator())
        {
            for (LoadScenario scenario : scenarios)
            {
                try (ProxyProcess running = measure.start(command, generator, scenario))
                {
                    ScrapeRun.Result result = ScrapeRun.run(running, measure.laboratory(generator), scenario, page,
                        scrapes, alternations);
                    report.add(result.comparison());
                    terminal.out().println(LoadReport.markdown(result.comparison()));
                    terminal.out().println(result);
                }
            }
        }
        measure.write(report);
        return report.isClean() ? 0 : 1;
    }
}
