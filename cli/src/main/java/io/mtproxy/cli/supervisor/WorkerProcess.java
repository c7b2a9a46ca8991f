// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One worker. Its standard input is one end of a Unix socket pair: over it come the listening sockets, the settings and
 * later orders; it answers with one byte once it serves, or with the reason why it cannot; its end says that the master
 * is gone. [C-LIFE-12] [C-LIFE-14]
 * <p>
 * Started and asked by the supervisor's thread; a thread of its own writes to it, as that may block.
 */
final class WorkerProcess
{
    /** Signals that end a JVM before its handlers stand; the worker takes them as soon as these do. [C-SIG-04] [C-SIG-05] */
    private static final List<String> SHIELD = List.of("/bin/sh", "-c", "trap '' HUP USR1; exec \"$@\"", "worker");
    private static final int REASON_LENGTH_MAX = 1000;
    private static final byte END = 0;
    /** Beyond this an exit code is a signal. */
    private static final int SIGNALLED = 128;

    private final int number;
    private final Process process;
    private final long startNs = System.nanoTime();
    private final BlockingQueue<Byte> orders = new LinkedBlockingQueue<>();
    private volatile boolean isReady;
    private volatile boolean isHeard;
    private volatile String reason = "";

    private WorkerProcess(int number, Process process)
    {
        this.number = number;
        this.process = process;
    }

    /**
     * Starts it. The standard input of this process is {@code /dev/null} afterwards.
     *
     * @param number   by which it and its status file are named.
     * @param sockets  that it listens on.
     * @param settings handed to it and then zeroed.
     */
    static WorkerProcess start(int number, List<String> command, List<Integer> sockets, byte[] settings)
        throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();
        Process process;
        try
        {
            List<String> shielded = new ArrayList<>(SHIELD);
            shielded.addAll(command);
            // the one descriptor that a process started by Java inherits as it is
            LinuxDescriptors.duplicate(pair[1], LinuxDescriptors.STDIN);
            process = new ProcessBuilder(shielded).inheritIO().start();
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
        WorkerProcess worker = new WorkerProcess(number, process);
        CompletableFuture<Void> _ = process.onExit().thenRun(() -> worker.orders.add(END));
        Thread.ofPlatform().daemon().name("worker-" + number + "-link").start(() -> worker.talk(pair[0], sockets,
            settings));
        return worker;
    }

    private void talk(int link, List<Integer> sockets, byte[] settings)
    {
        try
        {
            hand(link, sockets, settings);
            hear(link);
            isHeard = true;
            for (byte order = orders.take(); order != END; order = orders.take())
            {
                LinuxDescriptors.write(link, new byte[]{order});
            }
        }
        catch (IOException e)
        {
            // it has ended meanwhile, which the supervisor sees
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
        finally
        {
            isHeard = true;
            // open until now, as its end would end the worker
            LinuxDescriptors.close(link);
        }
    }

    private static void hand(int link, List<Integer> sockets, byte[] settings)
    {
        try
        {
            LinuxDescriptors.write(link, ByteBuffer.allocate(Integer.BYTES).putInt(sockets.size()).array());
            LinuxDescriptors.send(link, sockets);
            LinuxDescriptors.write(link, settings);
        }
        catch (IOException e)
        {
            // it has ended without having read all of it, and may have said why
        }
        finally
        {
            Arrays.fill(settings, (byte)0);
        }
    }

    /** Waits until the worker serves, or has said why it cannot and is gone. */
    private void hear(int link) throws IOException
    {
        int first = LinuxDescriptors.read(link);
        if (first == WorkerLink.PREPARED)
        {
            // what was asked for since its settings were made comes before the first client
            for (Byte order = orders.poll(); order != null && order != END; order = orders.poll())
            {
                LinuxDescriptors.write(link, new byte[]{order});
            }
            LinuxDescriptors.write(link, new byte[]{WorkerOrder.ACCEPT.code()});
            first = LinuxDescriptors.read(link);
        }
        if (first == WorkerLink.SERVES)
        {
            isReady = true;
            return;
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int next = first; next >= 0; next = LinuxDescriptors.read(link))
        {
            if (text.size() < REASON_LENGTH_MAX)
            {
                text.write(next);
            }
        }
        reason = text.toString(StandardCharsets.UTF_8);
    }

    private static void closeStdin() throws IOException
    {
        int nowhere = LinuxDescriptors.openNull();
        LinuxDescriptors.duplicate(nowhere, LinuxDescriptors.STDIN);
        LinuxDescriptors.close(nowhere);
    }

    int number()
    {
        return number;
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

    /** @return whether it has ended, and all that it had to say about that has been heard. */
    boolean hasEnded()
    {
        return isHeard && !process.isAlive();
    }

    /** @return whether it has ended as SIGTERM and SIGINT end it, before or after its handlers stood. */
    boolean isStoppedBySignal()
    {
        if (process.isAlive())
        {
            return false;
        }
        int code = process.exitValue();
        return code == 0 || code == SIGNALLED + LinuxSignals.SIGTERM || code == SIGNALLED + LinuxSignals.SIGINT;
    }

    /** @return milliseconds since it was started. */
    long ageMs()
    {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    /** Asks it for something, once it serves; an order to one that has ended does nothing. For any thread. */
    void order(WorkerOrder order)
    {
        orders.add(order.code());
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
        return this + (code > SIGNALLED ?
            " was killed by signal " + (code - SIGNALLED) :
            " ended with exit code " + code) +
            (isReady ? "" : " before it could serve") + (reason.isEmpty() ? "" : ": " + reason);
    }

    @Override
    public String toString()
    {
        return "worker " + number + " (pid " + pid() + ")";
    }
}
