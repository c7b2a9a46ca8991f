// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.LegacyOptions;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.io.linux.LinuxProcess;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Where descriptors 1 and 2 of this process lead: what Java prints and what the JVM itself says both go there. {@code -l}
 * is opened at the start, with the rights that are left then, and anew at each SIGUSR1. [C-LOG-05] [C-LOG-06] [C-LOG-07]
 */
final class LogOutput
{
    private final @Nullable String file;
    private final boolean isDaemon;
    private final boolean isStdinKept;
    private final LogLines log;

    /** @param isStdinKept whether the standard input is something else than what the starter gave, and must stay. */
    LogOutput(LegacyOptions options, boolean isStdinKept, LogLines log)
    {
        this.isStdinKept = isStdinKept;
        this.file = options.logFile();
        this.isDaemon = options.isDaemon();
        this.log = log;
    }

    /** Goes over to the file of {@code -l}, if there is one. */
    void open() throws ConfigurationException
    {
        try
        {
            openFile();
        }
        catch (IOException e)
        {
            throw ProxyStart.failed("log file " + file + " cannot be opened: " + e.getMessage() +
                " — the user of -u must be allowed to write it");
        }
    }

    /**
     * The file was renamed, so begins a new one of its name; when that cannot be had the old one stays. Nothing is read any
     * more. [C-LOG-06]
     */
    void reopen()
    {
        try
        {
            leaveStdin();
            openFile();
        }
        catch (IOException e)
        {
            log.warn("log file " + file + " cannot be opened anew: " + e.getMessage() + " — going on with the old one");
        }
    }

    /**
     * With {@code -d}, leaves the terminal at the end of the start: a session of its own, nothing to read, and output to
     * nowhere unless there is a log file. [C-LIFE-20]
     */
    void detach()
    {
        if (!isDaemon)
        {
            return;
        }
        LinuxProcess.newSession();
        try
        {
            leaveStdin();
            if (file == null)
            {
                leadTo(LinuxDescriptors.openNull(), LinuxDescriptors.STDOUT, LinuxDescriptors.STDERR);
            }
        }
        catch (IOException e)
        {
            log.warn("cannot leave the terminal: " + e.getMessage());
        }
    }

    private void openFile() throws IOException
    {
        if (file == null)
        {
            return;
        }
        leadTo(LinuxDescriptors.openLog(file), LinuxDescriptors.STDOUT, LinuxDescriptors.STDERR);
    }

    private void leaveStdin() throws IOException
    {
        if (!isStdinKept)
        {
            leadTo(LinuxDescriptors.openNull(), LinuxDescriptors.STDIN);
        }
    }

    /** Lets descriptors lead to what another one leads to, which is closed. */
    private static void leadTo(int descriptor, int... others) throws IOException
    {
        try
        {
            for (int other : others)
            {
                LinuxDescriptors.duplicate(descriptor, other);
            }
        }
        finally
        {
            LinuxDescriptors.close(descriptor);
        }
    }
}
