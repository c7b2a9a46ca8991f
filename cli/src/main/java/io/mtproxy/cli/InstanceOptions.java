// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceFinder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which a verb is told which proxy it is about; a mixin. */
final class InstanceOptions
{
    @Option(names = "--status-dir", paramLabel = "FOLDER",
        description = "status directory of the proxy (default: where proxies of this user keep it, then those of root)") private @Nullable Path statusDirectory;

    @Option(names = "--instance", paramLabel = "NAME",
        description = "the proxy's name there, its first client port unless it was given one " +
            "(default: the only proxy that runs, else the only one there is)") private @Nullable String instance;

    /** @return what finds it. */
    InstanceFinder finder(Terminal terminal)
    {
        return InstanceFinder.of(statusDirectory, instance, terminal.environment());
    }
}
