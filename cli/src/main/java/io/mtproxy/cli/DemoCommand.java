// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

/** {@code demo}. */
final class DemoCommand
{
    static final String NAME = "demo";

    DemoCommand(Terminal terminal, LogLines log)
    {
    }

    int execute(String... arguments)
    {
        return 1;
    }

    static void printUsage(Terminal terminal)
    {
    }
}
