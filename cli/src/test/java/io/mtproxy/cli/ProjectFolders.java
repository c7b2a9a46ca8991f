// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where tests find files of the project, whatever folder they were started in. */
final class ProjectFolders
{
    private ProjectFolders()
    {
    }

    /** The folder of this module. */
    static Path cli()
    {
        return root().resolve("cli");
    }

    /** The folder of the project: named by the build, else the nearest one above that holds this module. */
    private static Path root()
    {
        final String named = System.getProperty("mtproxy.root");
        Path folder = Path.of(named == null ? "" : named).toAbsolutePath();
        while (!Files.exists(folder.resolve(Path.of("cli", "src", "test", "interop"))))
        {
            folder = folder.getParent();
            if (folder == null)
            {
                throw new IllegalStateException("no folder of the project above " + Path.of("").toAbsolutePath());
            }
        }
        return folder;
    }
}
