// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.Curve;
import io.mtproxy.soak.load.CurveResult;
import io.mtproxy.soak.load.Laboratory;
import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadResult;
import io.mtproxy.soak.load.ProxyCommand;
import io.mtproxy.soak.load.ProxyProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code soak curves}: some proxies over a row of scenarios that differ in one number. */
@Command(name = "curves", sortOptions = false,
    description = "Measures proxies over connections, message lengths or secrets. Threads and workers are proxies of " +
        "their own: --proxy ours --proxy \"ours --threads 2\" --proxy \"ours -M 2\".",
    footer = {"", SoakMeasure.COMMAND_HELP})
final class SoakCurvesCommand implements SoakCommand.Part
{
    private static final int TURNS_MAX = 1000;

    private final Terminal terminal;

    @Option(names = "--proxy", paramLabel = "CMD",
        description = "one of the proxies (default: ours and c)") private List<
            String> proxies = List.of("ours", "c");

    @Option(names = "--curve", split = ",", paramLabel = "CURVE",
        description = "connections, lengths, secrets, secrets-fake-tls (default: all)") private List<String> names =
            Curve.names();

    @Option(names = "--turns", paramLabel = "N",
        description = "measurements of each proxy at each point; the median is shown (default 3)") private int turns =
            3;

    @Mixin private final SoakMeasure measure = new SoakMeasure();

    SoakCurvesCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    @Override
    public int run() throws IOException, InterruptedException
    {
        measure.checkOptions();
        measure.check("--turns", turns, 1, TURNS_MAX);
        List<Curve> curves = measure.read(names, Curve::of);
        List<ProxyCommand> commands = proxies.stream().map(proxy -> measure.proxy(proxy, terminal)).toList();
        LoadReport report = measure.newReport("soak curves " + String.join(", ", proxies));
        try (LoadGenerator generator = measure.openGenerator())
        {
            for (Curve curve : curves)
            {
                List<List<List<LoadResult>>> results = new ArrayList<>();
                for (Curve.Point point : curve.points())
                {
                    results.add(measure(generator, commands, point));
                }
                CurveResult result = new CurveResult(curve, proxies, results);
                report.add(result);
                terminal.out().println(result.markdown());
            }
        }
        measure.write(report);
        return report.isClean() ? 0 : 1;
    }

    /** All proxies in turn, each started for this point; the first turn only warms up. */
    private List<List<LoadResult>> measure(LoadGenerator generator, List<ProxyCommand> commands, Curve.Point point)
        throws IOException, InterruptedException
    {
        Laboratory laboratory = measure.laboratory(generator);
        List<ProxyProcess> running = new ArrayList<>();
        List<List<LoadResult>> results = new ArrayList<>();
        try
        {
            for (ProxyCommand command : commands)
            {
                running.add(measure.start(command, generator, point.scenario(), point.secretCount()));
                results.add(new ArrayList<>());
            }
            for (int turn = 0; turn <= turns; turn++)
            {
                for (int i = 0; i < running.size(); i++)
                {
                    LoadResult result = laboratory.run(point.scenario(), running.get(i));
                    if (turn > 0)
                    {
                        results.get(i).add(result);
                    }
                }
            }
            return results;
        }
        finally
        {
            running.forEach(ProxyProcess::close);
        }
    }
}
