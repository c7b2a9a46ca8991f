// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.Instance;
import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.view.ProxyFiles;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.cli.view.Snapshot;
import java.io.IOException;
import java.util.function.Supplier;
import org.agrona.concurrent.SystemEpochClock;
import picocli.CommandLine.Mixin;

/** A verb that looks at the numbers of one proxy, running or dead. */
abstract class ProxyVerb extends Verb
{
    @Mixin private InstanceOptions instances = new InstanceOptions();

    ProxyVerb(Terminal terminal)
    {
        super(terminal);
    }

    /**
     * Finds the proxy.
     *
     * @return what gives its numbers at each call; there are some at this moment.
     */
    final Supplier<ProxyView> views() throws InstanceException, IOException
    {
        Instance instance = instances.finder(terminal()).find();
        ProxyFiles files = new ProxyFiles(instance.name(), instance.folder());
        ProxyView first = files.look();
        first.problems().forEach(this::complain);
        if (first.processes().isEmpty())
        {
            throw InstanceException.withoutFile(instance);
        }
        return files::look;
    }

    /** @return the same, as snapshots. */
    final Supplier<Snapshot> snapshots() throws InstanceException, IOException
    {
        Supplier<ProxyView> views = views();
        return () -> Snapshot.of(views.get(), SystemEpochClock.INSTANCE.time());
    }
}
