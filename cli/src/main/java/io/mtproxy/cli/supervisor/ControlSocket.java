// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * {@code control.sock} in the folder of a running proxy, by which verbs speak to its supervisor; mode 0600, so that only
 * its user and root can connect. (architecture, "Status directory")
 *
 * <pre>
 *   verb        one line: the name of the command, ASCII, at most 128 bytes
 *   supervisor  any number of lines "note TEXT"
 *               one line "ok TEXT" or "failed TEXT", the last one; then it closes
 * </pre>
 *
 * Lines end with LF, text is UTF-8. Who does not ask within some seconds, or does not read, is closed; a command goes on
 * when its caller has gone. Outside the data path.
 */
public final class ControlSocket implements AutoCloseable
{
    /** Name of the socket in the folder of a proxy. */
    public static final String NAME = "control.sock";

    static final String NOTE = "note";
    static final String OK = "ok";
    static final String FAILED = "failed";

    private static final int REQUEST_LENGTH_MAX = 128;
    private static final int CALLER_COUNT_MAX = 8;
    private static final int BACKLOG = 8;
    private static final long REQUEST_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long ACCEPT_PAUSE_MS = 100;

    private final Path path;
    private final ServerSocketChannel channel;
    private final Map<String, Command> commands;
    private final Semaphore places = new Semaphore(CALLER_COUNT_MAX);

    private ControlSocket(Path path, ServerSocketChannel channel, Map<String, Command> commands)
    {
        this.path = path;
        this.channel = channel;
        this.commands = commands;
    }

    /** What a verb may ask for. */
    @FunctionalInterface
    public interface Command
    {
        /**
         * Carries it out, on a thread of its own.
         *
         * @param notes gets lines that the caller is to see meanwhile.
         * @return the last line.
         * @throws IOException with the reason when it could not be done.
         */
        String execute(Consumer<String> notes) throws IOException, InterruptedException;
    }

    /**
     * Opens the socket; one that an ended process has left there is replaced.
     *
     * @param folder   of this proxy, which it holds the lock of.
     * @param commands by name.
     */
    public static ControlSocket open(Path folder, Map<String, Command> commands) throws IOException
    {
        Path path = folder.resolve(NAME);
        // nobody can connect before the mode is right
        Path hidden = folder.resolve(NAME + ".new");
        Files.deleteIfExists(hidden);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try
        {
            channel.bind(UnixDomainSocketAddress.of(hidden), BACKLOG);
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-------"));
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        catch (IOException e)
        {
            channel.close();
            Files.deleteIfExists(hidden);
            throw e;
        }
        ControlSocket socket = new ControlSocket(path, channel, Map.copyOf(commands));
        Thread.ofPlatform().daemon().name("control").start(socket::acceptAll);
        return socket;
    }

    private void acceptAll()
    {
        while (channel.isOpen())
        {
            try
            {
                SocketChannel caller = channel.accept();
                if (places.tryAcquire())
                {
                    Thread.ofVirtual().name("control-caller").start(() -> serve(caller));
                }
                else
                {
                    caller.close();
                }
            }
            catch (ClosedChannelException e)
            {
                return;
            }
            catch (IOException e)
            {
                pause();
            }
        }
    }

    private static void pause()
    {
        try
        {
            TimeUnit.MILLISECONDS.sleep(ACCEPT_PAUSE_MS);
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel caller)
    {
        try (caller)
        {
            caller.configureBlocking(false);
            answer(caller, readRequest(caller));
        }
        catch (IOException e)
        {
            // it has gone, or has not asked for anything in time
        }
        finally
        {
            places.release();
        }
    }

    private void answer(SocketChannel caller, String request)
    {
        Command command = commands.get(request);
        if (command == null)
        {
            say(caller, FAILED, "there is no such command");
            return;
        }
        try
        {
            say(caller, OK, command.execute(text -> say(caller, NOTE, text)));
        }
        catch (IOException e)
        {
            say(caller, FAILED, String.valueOf(e.getMessage()));
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }

    /** @return the first line. */
    private static String readRequest(SocketChannel caller) throws IOException
    {
        ByteBuffer buffer = ByteBuffer.allocate(REQUEST_LENGTH_MAX);
        long deadlineNs = System.nanoTime() + REQUEST_TIMEOUT_NS;
        try (Selector selector = Selector.open())
        {
            caller.register(selector, SelectionKey.OP_READ);
            while (true)
            {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                if (leftMs <= 0 || selector.select(leftMs) == 0)
                {
                    throw new IOException("nothing was asked in time");
                }
                selector.selectedKeys().clear();
                int end = caller.read(buffer);
                for (int i = 0; i < buffer.position(); i++)
                {
                    if (buffer.get(i) == '\n')
                    {
                        return new String(buffer.array(), 0, i, StandardCharsets.US_ASCII);
                    }
                }
                if (end < 0 || !buffer.hasRemaining())
                {
                    throw new IOException("no line was asked");
                }
            }
        }
    }

    /** Never waits: a caller that does not read its few lines gets no more of them. */
    private static void say(SocketChannel caller, String word, String text)
    {
        String line = word + " " + text.replaceAll("\\p{Cntrl}", " ") + "\n";
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        try
        {
            caller.write(bytes);
            if (bytes.hasRemaining())
            {
                caller.close();
            }
        }
        catch (IOException e)
        {
            // it has gone
        }
    }

    /** Answers nobody any more and removes the socket. Never throws. */
    @Override
    public void close()
    {
        try
        {
            channel.close();
            Files.deleteIfExists(path);
        }
        catch (IOException e)
        {
            // who connects is refused all the same
        }
    }
}
