// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A stats port over a status file in memory, and clients of it that see every byte. */
final class StatsFixture implements AutoCloseable
{
    static final long NOW_MS = 1_795_600_000_000L;
    /** So long a server says nothing that has nothing to say. */
    private static final int SILENCE_MS = 400;
    /** Longer than any answer takes. */
    private static final int PATIENCE_MS = 60_000;
    static final String TUPLE = "[192.0.2.2:40000:77:1795599000]";
    static final String VERSION = "mtproto-proxy test on Java";

    final StatusFile status = StatusFile.inMemory(List.of("client-0", "datacenter-0"), "", () -> NOW_MS);
    final AtomicLong epochMs = new AtomicLong(NOW_MS);
    final AtomicLong nanos = new AtomicLong(1);
    final List<String> log = new CopyOnWriteArrayList<>();
    final byte[] secret = new byte[64];
    final StatsContext context;
    private final List<StatusFile> workers = new ArrayList<>();
    private @Nullable StatsServer server;

    StatsFixture()
    {
        for (int i = 0; i < secret.length; i++)
        {
            secret[i] = (byte)(i + 1);
        }
        status.state(StatusState.SERVING);
        context = new StatsContext()
            .sources(() -> StatsSources.single(status.reader(), List.of()))
            .configState(() -> new ConfigState(1_795_599_001_999L, 98, "0123abcd", 3, 4, 2))
            .settings(new ProxySettings("proxy-multi.conf", 4000, 600, 0, 256 << 20, 131072, 0, true))
            .processTuple(() -> TUPLE)
            .version(VERSION)
            .rpcAccess(new RpcAccess(ProxySecretFile.of(secret), false, 0))
            .epochClock(epochMs::get)
            .nanoClock(nanos::get)
            .log(log::add);
    }

    /** Turns the process into a master of so many workers, each with an agent. */
    List<StatusFile> workers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            workers.add(StatusFile.inMemory(List.of("client-0", "datacenter-0"), "", () -> NOW_MS));
        }
        context.sources(() -> StatsSources.master(workers.stream().map(StatusFile::reader).toList(), List.of()));
        context.settings(new ProxySettings("proxy-multi.conf", 4000, 600, 0, 256 << 20, 131072, count, true));
        return workers;
    }

    /** Has the first agent of a process show the addresses and keys 1, 2 and so on under the second secret or the first. */
    static void showDistinct(StatusFile process, int secretIndex, int addresses, int keys)
    {
        process.secretOrder(new long[]{1001, 1002});
        AgentStatus agent = process.agent(0);
        SecretRow row = agent.secrets().take(1001 + secretIndex);
        for (int i = 1; i <= addresses; i++)
        {
            agent.distinct().addAddress(row, i);
        }
        for (int i = 1; i <= keys; i++)
        {
            agent.distinct().addKey(row, i);
        }
    }

    StatsFixture start() throws IOException
    {
        server = StatsServer.start(StatsPort.open(0, 0), context);
        return this;
    }

    int port()
    {
        return server.port();
    }

    /** Sends bytes and reads until the server closes, or has answered and says nothing more for a while. */
    Reply send(String bytes) throws IOException
    {
        return send(port(), "127.0.0.1", bytes);
    }

    static Reply send(int port, String from, String bytes) throws IOException
    {
        return send(port, from, bytes.getBytes(ISO_8859_1));
    }

    static Reply send(int port, String from, byte[] bytes) throws IOException
    {
        try (Socket socket = connect(port, from))
        {
            socket.getOutputStream().write(bytes);
            return Reply.read(socket);
        }
    }

    static Socket connect(int port, String from) throws IOException
    {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), PATIENCE_MS);
        socket.setSoTimeout(SILENCE_MS);
        return socket;
    }

    /** @return the report by key, in order. */
    Map<String, String> report() throws IOException
    {
        return rows(send("GET /stats HTTP/1.1\r\n\r\n").body());
    }

    static Map<String, String> rows(String report)
    {
        Map<String, String> rows = new LinkedHashMap<>();
        for (String line : report.split("\n"))
        {
            String[] parts = line.split("\t", -1);
            if (parts.length != 2 || rows.put(parts[0], parts[1]) != null)
            {
                throw new AssertionError("not a row, or twice: " + line);
            }
        }
        return rows;
    }

    /** Lines of docs/spec/stats-keys.tsv as columns by name. */
    static List<Map<String, String>> specification() throws IOException
    {
        List<String> lines = Files.readAllLines(root().resolve("docs/spec/stats-keys.tsv"));
        String[] names = lines.getFirst().split("\t");
        List<Map<String, String>> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size()))
        {
            String[] cells = line.split("\t", -1);
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < names.length; i++)
            {
                row.put(names[i], cells[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    static Path root()
    {
        String named = System.getProperty("mtproxy.root");
        Path folder = Path.of(named == null ? "" : named).toAbsolutePath().normalize();
        while (!Files.exists(folder.resolve("docs/spec/stats-keys.tsv")))
        {
            folder = folder.getParent();
        }
        return folder;
    }

    @Override
    public void close()
    {
        if (server != null)
        {
            server.close();
        }
        status.close();
    }

    /**
     * All that came back.
     *
     * @param text     as it came.
     * @param isClosed whether the server ended the connection.
     */
    record Reply(String text, boolean isClosed)
    {
        private static final Pattern LENGTH = Pattern.compile("\r\nContent-Length: (\\d+)");

        /** Reads until the server closes, or has answered and says nothing more for a while. */
        static Reply read(Socket socket) throws IOException
        {
            return read(socket, Reply::isWhole);
        }

        /** The same, where a server that stays open may have said anything: this much ends the wait before its time. */
        static Reply read(Socket socket, String summary) throws IOException
        {
            return read(socket, reply -> reply.summary().equals(summary));
        }

        /** Reads until the server closes. */
        static Reply readToEnd(Socket socket) throws IOException
        {
            return read(socket, reply -> false);
        }

        /** A busy machine answers late, so silence alone is no answer. */
        private static Reply read(Socket socket, Predicate<Reply> isEnough) throws IOException
        {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] bytes = new byte[16384];
            long startNs = System.nanoTime();
            socket.setSoTimeout(SILENCE_MS);
            while (true)
            {
                try
                {
                    for (int count; (count = socket.getInputStream().read(bytes)) >= 0;)
                    {
                        out.write(bytes, 0, count);
                    }
                    return new Reply(out.toString(ISO_8859_1), true);
                }
                catch (SocketTimeoutException e)
                {
                    Reply soFar = new Reply(out.toString(ISO_8859_1), false);
                    if (isEnough.test(soFar) || System.nanoTime() - startNs > PATIENCE_MS * 1_000_000L)
                    {
                        return soFar;
                    }
                }
                catch (java.net.SocketException e)
                {
                    return new Reply(out.toString(ISO_8859_1), true);
                }
            }
        }

        /** @return whether it is one answer or several, each with the body that its head tells of. */
        private boolean isWhole()
        {
            int at = 0;
            while (at < text.length())
            {
                int end = text.indexOf("\r\n\r\n", at);
                Matcher length = LENGTH.matcher(text).region(at, Math.max(at, end));
                if (end < 0 || !length.find())
                {
                    return false;
                }
                at = end + 4 + Integer.parseInt(length.group(1));
            }
            return at == text.length() && at > 0;
        }

        /** @return codes of all answers. */
        String codes()
        {
            StringBuilder codes = new StringBuilder();
            Matcher matcher = Pattern.compile("HTTP/1\\.1 (\\d+) [^\r]*\r\n").matcher(
                text);
            while (matcher.find())
            {
                codes.append(codes.isEmpty() ? "" : " ").append(matcher.group(1));
            }
            return codes.toString();
        }

        String head()
        {
            int end = text.indexOf("\r\n\r\n");
            return end < 0 ? "" : text.substring(0, end);
        }

        String body()
        {
            return text.substring(text.indexOf("\r\n\r\n") + 4);
        }

        /** @return codes, whether it goes on, and the connection header of the first answer, for tables. */
        String summary()
        {
            String connection = head().contains("Connection: keep-alive") ?
                " keep" :
                head().contains("Connection: close") ? " close" : "";
            String bare = text.isEmpty() ? "nothing" : codes().isEmpty() ? "bare" : codes();
            return bare + connection + (isClosed ? " end" : " open");
        }
    }
}
