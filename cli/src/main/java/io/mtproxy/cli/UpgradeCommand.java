// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.Instance;
import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.supervisor.ControlClient;
import io.mtproxy.cli.supervisor.ControlSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code upgrade}: lets the supervisor of a running proxy replace its workers by those of the build that is on disk now. */
@Command(name = UpgradeCommand.NAME, sortOptions = false,
    header = "replaces the workers of a running proxy by those of a new build, without a gap",
    description = "Asks the supervisor of a proxy with -M to replace its workers one by one: the new build is what is on " +
        "disk now where the proxy was started from. New workers serve on the same sockets; the old ones accept nobody " +
        "any more and end with their last client, or when --drain-timeout is over. The supervisor itself stays the " +
        "build that it is until the proxy is restarted.",
    footer = {"",
        "Exit codes: 0 all workers are new, 1 some are not (the old ones serve on) or there is no supervisor, " +
            "2 wrong usage, 3 no proxy runs."})
final class UpgradeCommand extends Verb
{
    static final String NAME = "upgrade";

    @Mixin private final InstanceOptions instance = new InstanceOptions();

    UpgradeCommand(Terminal terminal)
    {
        super(terminal);
    }

    @Override
    int run() throws InstanceException, IOException
    {
        Instance proxy = instance.finder(terminal()).findLiving();
        Path socket = proxy.folder().resolve(ControlSocket.NAME);
        ControlClient.Outcome outcome;
        try
        {
            outcome = ControlClient.ask(socket, NAME, terminal().out()::println);
        }
        catch (ConnectException e)
        {
            // left by one that had a supervisor
            return noSupervisor(proxy);
        }
        catch (IOException e)
        {
            if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS))
            {
                return noSupervisor(proxy);
            }
            throw new IOException(socket + ": " + e.getMessage() + " — only the user of the proxy and root may ask it",
                e);
        }
        (outcome.isDone() ? terminal().out() : terminal().err()).println(outcome.text());
        return outcome.isDone() ? 0 : EXIT_FAILED;
    }

    private int noSupervisor(Instance proxy)
    {
        terminal().err().println("proxy \"" + proxy.name() +
            "\" has no supervisor that could replace workers, as it is a " +
            "single process — restart it to run another build, and start it with -M to have this next time; SIGHUP " +
            "reads configuration and secrets anew without a restart");
        return EXIT_FAILED;
    }
}
