// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.io.linux.LinuxProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One worker. Its standard input is one end of a Unix socket pair: over it come the listening sockets and the settings,
 * it answers with one byte once it serves, and its end says that the master is gone. [C-LIFE-12] [C-LIFE-14]
 * <p>
 * Started and asked by the supervisor's thread; a thread of its own writes to it, as that may block.
 */
final class WorkerProcess
{
    private final int index;
    private final Process process;
    private final long startNs = System.nanoTime();
    private volatile boolean isReady;

    private WorkerProcess(int index, Process process)
    {
        this.index = index;
        this.process = process;
    }

    /**
     * Starts it. The standard input of this process is {@code /dev/null} afterwards.
     *
     * @param sockets  that it listens on.
     * @param settings handed to it and then zeroed.
     */
    static WorkerProcess start(int index, List<String> command, List<Integer> sockets, byte[] settings)
        throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();
        Process process;
        try
        {
            // the one descriptor that a process started by Java inherits as it is
            LinuxDescriptors.duplicate(pair[1], LinuxDescriptors.STDIN);
            process = new ProcessBuilder(command).inheritIO().start();
        }
        catch (IOException | RuntimeException e)
        {
            LinuxDescriptors.close(pair[0]);
            throw e;
        }
        finally
        {
            closeStdin();
            LinuxDescriptors.close(pair[1]);
        }
        WorkerProcess worker = new WorkerProcess(index, process);
        Thread.ofPlatform().daemon().name("worker-" + index + "-link").start(() -> worker.talk(pair[0], sockets,
            settings));
        return worker;
    }

    private void talk(int link, List<Integer> sockets, byte[] settings)
    {
        try
        {
            LinuxDescriptors.write(link, ByteBuffer.allocate(Integer.BYTES).putInt(sockets.size()).array());
            LinuxDescriptors.send(link, sockets);
            LinuxDescriptors.write(link, settings);
            isReady = LinuxDescriptors.read(link) >= 0;
            while (LinuxDescriptors.read(link) >= 0)
            {
                // nothing else is said; the end is waited for, so that this end stays open until then
            }
        }
        catch (IOException e)
        {
            // it has ended meanwhile, which the supervisor sees
        }
        finally
        {
            Arrays.fill(settings, (byte)0);
            LinuxDescriptors.close(link);
        }
    }

    private static void closeStdin() throws IOException
    {
        int nowhere = LinuxDescriptors.openNull();
        LinuxDescriptors.duplicate(nowhere, LinuxDescriptors.STDIN);
        LinuxDescriptors.close(nowhere);
    }

    int index()
    {
        return index;
    }

    long pid()
    {
        return process.pid();
    }

    /** @return whether it serves, or did before it ended. */
    boolean isReady()
    {
        return isReady;
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    /** @return milliseconds since it was started. */
    long ageMs()
    {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    void signal(int number)
    {
        if (process.isAlive())
        {
            LinuxProcess.signal(process.pid(), number);
        }
    }

    /** How it ended. */
    String describeEnd()
    {
        int code = process.exitValue();
        return this + (code > 128 ? " was killed by signal " + (code - 128) : " ended with exit code " + code);
    }

    @Override
    public String toString()
    {
        return "worker " + index + " (pid " + pid() + ")";
    }
}
