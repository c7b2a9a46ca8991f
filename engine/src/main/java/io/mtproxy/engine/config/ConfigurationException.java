// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.io.Serial;
import java.util.List;

/** The operator's input is wrong: lines that say what, where and what to do, and the exit code that goes with it. */
public final class ConfigurationException extends Exception
{
    @Serial private static final long serialVersionUID = 1L;

    private final String[] lines;
    private final int exitCode;

    /**
     * @param exitCode with which a start ends; a reload goes on with what it has. [C-REL-11]
     * @param lines    one for each problem, in the order of the file.
     */
    public ConfigurationException(int exitCode, List<String> lines)
    {
        super(String.join("\n", lines));
        this.lines = lines.toArray(String[]::new);
        this.exitCode = exitCode;
    }

    /** @return what to print, line by line. */
    public List<String> lines()
    {
        return List.of(lines);
    }

    /** @return with which a start ends. */
    public int exitCode()
    {
        return exitCode;
    }
}
