// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command sees of the world it was started in.
 *
 * @param out              what was asked for.
 * @param err              everything else.
 * @param environment      variables.
 * @param workingDirectory where relative names begin.
 * @param program          name by which the command was called.
 */
record Terminal(PrintStream out, PrintStream err, Map<String, String> environment, Path workingDirectory,
    String program)
{
    private static final String NAME_PROPERTY = "mtproxy.argv0";
    private static final String NAME_DEFAULT = "mtproto-proxy";

    /** @return that of this process. */
    static Terminal ofProcess()
    {
        return new Terminal(System.out, System.err, System.getenv(), Path.of(""),
            System.getProperty(NAME_PROPERTY, NAME_DEFAULT));
    }
}
