// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What verbs and a supervisor say to each other, and what others may do to the socket. */
@Timeout(180)
class ControlSocketTest
{
    @TempDir private Path folder;

    private ControlSocket open() throws IOException
    {
        return ControlSocket.open(folder, Map.of("work", notes ->
        {
            notes.accept("one\nof two");
            notes.accept("two");
            return "done";
        }, "fail", notes ->
        {
            throw new IOException("no room");
        }, "talk", notes ->
        {
            String line = "x".repeat(1000);
            for (int i = 0; i < 5000; i++)
            {
                notes.accept(line);
            }
            return "talked";
        }));
    }

    @Test
    void shouldBeForItsUserOnly() throws Exception
    {
        try (ControlSocket ignored = open())
        {
            assertEquals(PosixFilePermissions.fromString("rw-------"),
                Files.getPosixFilePermissions(folder.resolve("control.sock")), ignored::toString);
            try (var files = Files.list(folder))
            {
                assertEquals(1, files.count());
            }
        }
        assertFalse(Files.exists(folder.resolve("control.sock")));
    }

    @Test
    void shouldCarryOutCommands() throws Exception
    {
        try (ControlSocket ignored = open())
        {
            List<String> notes = new ArrayList<>();

            assertEquals(new ControlClient.Outcome(true, "done"), ask("work", notes), ignored::toString);
            assertEquals(List.of("one of two", "two"), notes);
            assertEquals(new ControlClient.Outcome(false, "no room"), ask("fail", notes));
            assertEquals(new ControlClient.Outcome(false, "there is no such command"), ask("dance", notes));
        }
    }

    /** What an ended process has left does not keep a new one from its place. */
    @Test
    void shouldReplaceWhatWasLeft() throws Exception
    {
        Files.writeString(folder.resolve("control.sock"), "");
        Files.writeString(folder.resolve("control.sock.new"), "");
        try (ControlSocket ignored = open())
        {
            assertTrue(ask("work", new ArrayList<>()).isDone(), ignored::toString);
        }
    }

    /** Nobody is answered who asks for too much, or for nothing; others are, meanwhile. */
    @Test
    void shouldBoundWhatIsAsked() throws Exception
    {
        try (ControlSocket ignored = open();
            SocketChannel silent = connect();
            SocketChannel endless = connect();
            SocketChannel deaf = connect())
        {
            endless.write(ByteBuffer.wrap("x".repeat(128).getBytes(StandardCharsets.US_ASCII)));
            assertEquals(-1, read(endless), ignored::toString);
            deaf.write(ByteBuffer.wrap("talk\n".getBytes(StandardCharsets.US_ASCII)));
            assertTrue(ask("work", new ArrayList<>()).isDone());
            assertEquals(-1, read(silent), "closed in the end");
        }
    }

    /** More than a few at once are sent away, so that nobody can take all threads or descriptors. */
    @Test
    void shouldBoundNumberOfCallers() throws Exception
    {
        List<SocketChannel> callers = new ArrayList<>();
        try (ControlSocket ignored = open())
        {
            for (int i = 0; i < 8; i++)
            {
                callers.add(connect());
            }
            try (SocketChannel onceMore = connect())
            {
                assertEquals(-1, read(onceMore), ignored::toString);
            }
        }
        finally
        {
            for (SocketChannel caller : callers)
            {
                caller.close();
            }
        }
    }

    @Test
    void shouldSayThatNobodyIsThere()
    {
        assertThrows(IOException.class, () -> ask("work", new ArrayList<>()));
    }

    private ControlClient.Outcome ask(String command, List<String> notes) throws IOException
    {
        return ControlClient.ask(folder.resolve("control.sock"), command, notes::add);
    }

    private SocketChannel connect() throws IOException
    {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("control.sock")));
    }

    private static int read(SocketChannel channel)
    {
        try
        {
            return Channels.newInputStream(channel).read();
        }
        catch (IOException e)
        {
            return -1;
        }
    }
}
