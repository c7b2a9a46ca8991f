// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A verb's end of {@link ControlSocket}. */
public final class ControlClient
{
    private static final int LINE_COUNT_MAX = 10_000;

    private ControlClient()
    {
    }

    /** How a command has ended. */
    public record Outcome(boolean isDone, String text)
    {
    }

    /**
     * Lets the supervisor of a proxy carry out a command and waits for its end.
     *
     * @param socket  of that proxy.
     * @param command its name.
     * @param notes   gets what is told meanwhile.
     * @throws IOException when nobody answers there, or stops before the end.
     */
    public static Outcome ask(Path socket, String command, Consumer<String> notes) throws IOException
    {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket)))
        {
            channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII)));
            BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            for (int i = 0; i < LINE_COUNT_MAX; i++)
            {
                String line = lines.readLine();
                if (line == null)
                {
                    break;
                }
                String word = line.split(" ", -1)[0];
                String text = line.substring(Math.min(line.length(), word.length() + 1));
                switch (word)
                {
                    case ControlSocket.OK ->
                    {
                        return new Outcome(true, text);
                    }
                    case ControlSocket.FAILED ->
                    {
                        return new Outcome(false, text);
                    }
                    default -> notes.accept(text);
                }
            }
        }
        throw new IOException("the proxy has not answered to the end");
    }
}
