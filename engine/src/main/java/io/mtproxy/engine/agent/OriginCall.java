// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.transport.FlightSizes;
import io.mtproxy.engine.transport.OriginAnswer;
import io.mtproxy.engine.transport.OriginProfile;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/** One hello to a domain, and all that it answers until it falls silent, as it then waits for the client. Blocks. */
final class OriginCall
{
    /**
     * Silence after which an answer is taken to be over; so short that twenty hellos are through in five seconds with a
     * server that serves one connection after the other.
     */
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final int ANSWER_LENGTH_MAX = 64 * 1024;

    private final InetSocketAddress address;
    private final NanoClock clock;

    OriginCall(InetSocketAddress address, NanoClock clock)
    {
        this.address = address;
        this.clock = clock;
    }

    /**
     * What one hello has brought.
     *
     * @param answer  null where it cannot be used.
     * @param delayUs from the connection attempt to the first byte of the answer.
     * @param problem why the answer cannot be used; empty otherwise.
     */
    record Reply(@Nullable Answer answer, int delayUs, String problem)
    {
        static Reply problem(String problem)
        {
            return new Reply(null, 0, problem);
        }
    }

    /** An answer that can be equalled. */
    record Answer(OriginProfile.HelloShape hello, FlightSizes.Flight flight)
    {
    }

    /** Says hello; what goes wrong is part of the reply. */
    Reply say(byte[] hello, long deadlineNs)
    {
        long startNs = clock.nanoTime();
        try (Socket socket = new Socket())
        {
            socket.setTcpNoDelay(true);
            socket.connect(address, millisUntil(deadlineNs));
            socket.getOutputStream().write(hello);
            return read(socket, hello, startNs, deadlineNs);
        }
        catch (IOException e)
        {
            return Reply.problem("it cannot be reached: " + e.getMessage());
        }
    }

    private Reply read(Socket socket, byte[] hello, long startNs, long deadlineNs) throws IOException
    {
        InputStream in = socket.getInputStream();
        byte[] answer = new byte[ANSWER_LENGTH_MAX];
        OriginAnswer reader = new OriginAnswer();
        OriginAnswer.Result result = OriginAnswer.Result.NEED_MORE;
        int length = 0;
        long delayNs = 0;
        while (length < answer.length)
        {
            long quietNs = clock.nanoTime() + QUIET_NS;
            boolean isComplete = result == OriginAnswer.Result.COMPLETE;
            socket.setSoTimeout(millisUntil(isComplete ? Math.min(quietNs, deadlineNs) : deadlineNs));
            int run = readSome(in, answer, length);
            if (run <= 0)
            {
                return isComplete ?
                    new Reply(new Answer(reader.hello(), reader.flight()), (int)TimeUnit.NANOSECONDS.toMicros(delayNs),
                        "") :
                    Reply.problem(run == 0 ?
                        "it did not answer in time" :
                        "it closed the connection in the middle of its answer");
            }
            delayNs = length == 0 ? clock.nanoTime() - startNs : delayNs;
            length += run;
            result = reader.read(answer, length, hello);
            if (result == OriginAnswer.Result.UNUSABLE)
            {
                return Reply.problem(reader.problem());
            }
        }
        return Reply.problem("its answer is longer than " + ANSWER_LENGTH_MAX + " bytes");
    }

    /** @return 0 for silence. */
    private static int readSome(InputStream in, byte[] answer, int length) throws IOException
    {
        try
        {
            return in.read(answer, length, answer.length - length);
        }
        catch (SocketTimeoutException e)
        {
            return 0;
        }
    }

    private int millisUntil(long deadlineNs)
    {
        return (int)Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.nanoTime()));
    }
}
