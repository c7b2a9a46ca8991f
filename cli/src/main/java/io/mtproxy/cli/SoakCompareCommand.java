// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.Comparison;
import io.mtproxy.soak.load.Laboratory;
import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadResult;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.ProxyCommand;
import io.mtproxy.soak.load.ProxyProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code soak compare}: two proxies in turn, both running all the time, the one that is not measured without load. */
@Command(name = "compare", sortOptions = false,
    description = "Measures two proxies in turn, prints medians, their ratio, and the ratios of the single turns.",
    footer = {"", SoakMeasure.COMMAND_HELP})
final class SoakCompareCommand implements SoakCommand.Part
{
    private static final int ALTERNATIONS_MAX = 1000;

    private final Terminal terminal;

    @Option(names = "--a", paramLabel = "CMD", description = "the first (default: ours)") private String a = "ours";

    @Option(names = "--b", paramLabel = "CMD", description = "the second (default: c)") private String b = "c";

    @Option(names = "--alternations", paramLabel = "N",
        description = "measurements of each, after one that does not count (default 5)") private int alternations = 5;

    @Option(names = "--at", paramLabel = "FRACTION",
        description = "an open loop for both at this part of what B has in a closed one (default: closed loops)") private double fraction;

    @Mixin private final SoakMeasure measure = new SoakMeasure();

    SoakCompareCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    @Override
    public int run() throws IOException, InterruptedException
    {
        List<LoadScenario> scenarios = measure.scenarios();
        measure.check("--alternations", alternations, 1, ALTERNATIONS_MAX);
        measure.checkFraction("--at", fraction);
        ProxyCommand commandA = measure.proxy(a, terminal);
        ProxyCommand commandB = measure.proxy(b, terminal);
        LoadReport report = measure.newReport("soak compare --a \"" + a + "\" --b \"" + b + "\"");
        try (LoadGenerator generator = measure.openGenerator())
        {
            for (LoadScenario scenario : scenarios)
            {
                Comparison comparison = scenario.isIdle() ?
                    compareFresh(generator, scenario, commandA, commandB) :
                    compareRunning(generator, scenario, commandA, commandB);
                report.add(comparison);
                terminal.out().println(LoadReport.markdown(comparison));
            }
        }
        measure.write(report);
        return report.isClean() ? 0 : 1;
    }

    /** Both run throughout; the first turn of each warms it up and is thrown away. */
    private Comparison compareRunning(
        LoadGenerator generator, LoadScenario asked, ProxyCommand commandA, ProxyCommand commandB)
        throws IOException, InterruptedException
    {
        List<LoadResult> as = new ArrayList<>();
        List<LoadResult> bs = new ArrayList<>();
        Laboratory laboratory = measure.laboratory(generator);
        LoadScenario scenario = asked;
        try (ProxyProcess proxyA = measure.start(commandA, generator, asked);
            ProxyProcess proxyB = measure.start(commandB, generator, asked))
        {
            laboratory.run(asked, proxyA);
            LoadResult best = laboratory.run(asked, proxyB);
            if (fraction > 0)
            {
                scenario = asked.withRate(best.ratePerSecond() * fraction);
            }
            for (int i = 0; i < alternations; i++)
            {
                // who is first changes, so that neither always has what the other left behind
                if (i % 2 == 0)
                {
                    as.add(laboratory.run(scenario, proxyA));
                    bs.add(laboratory.run(scenario, proxyB));
                }
                else
                {
                    bs.add(laboratory.run(scenario, proxyB));
                    as.add(laboratory.run(scenario, proxyA));
                }
            }
        }
        return new Comparison(scenario.name(), as, bs);
    }

    /** Memory is compared between processes that have served nobody yet. */
    private Comparison compareFresh(
        LoadGenerator generator, LoadScenario scenario, ProxyCommand commandA, ProxyCommand commandB)
        throws IOException, InterruptedException
    {
        List<LoadResult> as = new ArrayList<>();
        List<LoadResult> bs = new ArrayList<>();
        Laboratory laboratory = measure.laboratory(generator);
        for (int i = 0; i < alternations; i++)
        {
            try (ProxyProcess proxy = measure.start(commandA, generator, scenario))
            {
                as.add(laboratory.run(scenario, proxy));
            }
            try (ProxyProcess proxy = measure.start(commandB, generator, scenario))
            {
                bs.add(laboratory.run(scenario, proxy));
            }
        }
        return new Comparison(scenario.name(), as, bs);
    }
}
