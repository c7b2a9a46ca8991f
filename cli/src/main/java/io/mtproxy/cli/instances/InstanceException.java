// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.instances;

import java.io.Serial;

/** There is no proxy to look at, or it is not clear which; the message is one line for the operator. */
public final class InstanceException extends Exception
{
    /** Several proxies, and no name was given: the usage was wrong. */
    public static final int EXIT_USAGE = 2;
    /** No proxy to look at. */
    public static final int EXIT_NO_PROXY = 3;

    @Serial private static final long serialVersionUID = 1L;

    private final int exitCode;

    InstanceException(int exitCode, String line)
    {
        super(line);
        this.exitCode = exitCode;
    }

    /** @return what is said when a proxy has a folder and nothing else. */
    public static InstanceException withoutFile(Instance instance)
    {
        return new InstanceException(EXIT_NO_PROXY, "proxy \"" + instance.name() + "\" has no status file in " +
            instance.folder() + (instance.isAlive() ? " that can be read" : " — it never served"));
    }

    /** @return with which a verb ends. */
    public int exitCode()
    {
        return exitCode;
    }

    /** @return what to print on stderr. */
    public String line()
    {
        return String.valueOf(getMessage());
    }
}
