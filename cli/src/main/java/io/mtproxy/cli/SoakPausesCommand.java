// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.PauseRun;
import io.mtproxy.soak.load.ProxyCommand;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code soak pauses}: this proxy at full load with the JVM's log of collections and safepoints. */
@Command(name = "pauses", sortOptions = false,
    description = "Loads this proxy and says how long its JVM stood still and how its heap grew; with --seconds 600 the " +
        "proof that the data path allocates nothing.")
final class SoakPausesCommand implements SoakCommand.Part
{
    private final Terminal terminal;

    @Option(names = "--proxy", paramLabel = "CMD",
        description = "ours, with more options behind it (default: ours)") private String proxy = "ours";

    @Mixin private final SoakMeasure measure = new SoakMeasure();

    SoakPausesCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    @Override
    public int run() throws IOException, InterruptedException
    {
        List<LoadScenario> scenarios = measure.scenarios();
        ProxyCommand command = measure.proxy(proxy, terminal);
        LoadReport report = measure.newReport("soak pauses --proxy \"" + proxy + "\"");
        try (LoadGenerator generator = measure.openGenerator())
        {
            for (LoadScenario scenario : scenarios)
            {
                PauseRun.Result result =
                    PauseRun.run(command, generator, measure.laboratory(generator), scenario);
                report.add(result.load());
                terminal.out().println(LoadReport.markdown(result.load()));
                terminal.out().println(result.pauses());
                terminal.out().println("heap used: " + result.heapBefore() + " KB before, " + result.heapAfter() +
                    " KB after, with what jcmd needs to say so");
            }
        }
        measure.write(report);
        return report.isClean() ? 0 : 1;
    }
}
