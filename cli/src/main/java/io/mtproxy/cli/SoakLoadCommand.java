// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadResult;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.ProxyCommand;
import io.mtproxy.soak.load.ProxyProcess;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code soak load}: one proxy, started anew for each scenario. */
@Command(name = "load", sortOptions = false, description = "Measures one proxy.",
    footer = {"", SoakMeasure.COMMAND_HELP})
final class SoakLoadCommand implements SoakCommand.Part
{
    private final Terminal terminal;

    @Option(names = "--proxy", paramLabel = "CMD", description = "the proxy (default: ours)") private String proxy =
        "ours";

    @Mixin private final SoakMeasure measure = new SoakMeasure();

    SoakLoadCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    @Override
    public int run() throws IOException, InterruptedException
    {
        List<LoadScenario> scenarios = measure.scenarios();
        ProxyCommand command = measure.proxy(proxy, terminal);
        LoadReport report = measure.newReport("soak load --proxy \"" + proxy + "\"");
        try (LoadGenerator generator = measure.openGenerator())
        {
            for (LoadScenario scenario : scenarios)
            {
                try (ProxyProcess running = measure.start(command, generator, scenario))
                {
                    LoadResult result = measure.laboratory(generator).run(scenario, running);
                    report.add(result);
                    terminal.out().println(LoadReport.markdown(result));
                }
            }
        }
        measure.write(report);
        return report.isClean() ? 0 : 1;
    }
}
