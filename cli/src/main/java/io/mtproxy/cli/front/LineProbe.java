// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Sends bytes to one address, each time on a connection of its own, and tells what comes back and how that ends. */
public final class LineProbe
{
    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int FIRST_BYTE_TIMEOUT_MS = 4_000;
    /** A server that has sent its flight waits for the client; silence for so long is the end of it. */
    private static final int QUIET_MS = 250;
    private static final int ANSWER_LENGTH_MAX = 256 * 1024;

    private final InetSocketAddress address;
    private final int quietMs;

    /** How a connection ended. */
    public enum End
    {
        /** It did not, while it was watched. */
        OPEN("stays open"),
        /** By a FIN. */
        CLOSED("is closed"),
        /** By a RST. */
        RESET("is reset"),
        /** It never began. */
        UNREACHABLE("cannot be reached");

        private final String words;

        End(String words)
        {
            this.words = words;
        }

        @Override
        public String toString()
        {
            return words;
        }
    }

    /**
     * What came back.
     *
     * @param bytes   all of it.
     * @param delayUs microseconds from the last byte sent to the first one received; -1 if there is none.
     */
    public record Answer(byte[] bytes, long delayUs, End end)
    {
        /** The bytes as records. */
        public ServerFlight flight()
        {
            return ServerFlight.read(bytes);
        }
    }

    public LineProbe(InetSocketAddress address)
    {
        this(address, QUIET_MS);
    }

    /** @param quietMs silence after an answer that is taken for its end. */
    public LineProbe(InetSocketAddress address, int quietMs)
    {
        this.address = address;
        this.quietMs = quietMs;
    }

    /** Sends once, and reads until nothing comes for a moment. */
    public Answer ask(byte[] sent)
    {
        return ask(sent, FIRST_BYTE_TIMEOUT_MS, quietMs);
    }

    /** Sends once, and reads the first bytes only. */
    public Answer askForFirstByte(byte[] sent)
    {
        return ask(sent, FIRST_BYTE_TIMEOUT_MS, 1);
    }

    /** Sends nothing for a time. */
    public Answer beSilent(int timeoutMs)
    {
        return ask(new byte[0], timeoutMs, quietMs);
    }

    /** Sends each on a connection of its own, all at once. */
    public List<Answer> askAtOnce(List<byte[]> all) throws InterruptedException
    {
        List<Callable<Answer>> calls = new ArrayList<>();
        for (byte[] sent : all)
        {
            calls.add(() -> ask(sent));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor())
        {
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> future : threads.invokeAll(calls))
            {
                answers.add(future.get());
            }
            return answers;
        }
        catch (ExecutionException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private Answer ask(byte[] sent, int firstTimeoutMs, int thenMs)
    {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        long delayUs = -1;
        try (Socket socket = new Socket())
        {
            socket.connect(address, CONNECT_TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            End end;
            try
            {
                socket.getOutputStream().write(sent);
                long sentNs = System.nanoTime();
                InputStream in = socket.getInputStream();
                byte[] run = new byte[16 * 1024];
                socket.setSoTimeout(firstTimeoutMs);
                int length = in.read(run);
                while (length >= 0 && received.size() < ANSWER_LENGTH_MAX)
                {
                    delayUs = delayUs < 0 ? TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sentNs) : delayUs;
                    received.write(run, 0, length);
                    socket.setSoTimeout(thenMs);
                    length = in.read(run);
                }
                end = length < 0 ? End.CLOSED : End.OPEN;
            }
            catch (SocketTimeoutException quiet)
            {
                end = End.OPEN;
            }
            catch (IOException reset)
            {
                end = End.RESET;
            }
            return new Answer(received.toByteArray(), delayUs, end);
        }
        catch (IOException unreachable)
        {
            return new Answer(received.toByteArray(), delayUs, received.size() > 0 ? End.RESET : End.UNREACHABLE);
        }
    }
}
