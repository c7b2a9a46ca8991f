// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image's own part of its file tree, laid out by the lines of the Dockerfile without an engine, and started. The
 * packages of Debian are those of the machine.
 */
class ImageTreeIT
{
    private static final Path ROOT = Path.of(System.getProperty("mtproxy.root", ".."));
    private static final Path DIST = ROOT.resolve("cli/target/dist");
    private static final long TIME_LIMIT_SECONDS = 60;

    @TempDir private static Path image;
    private static List<String> instructions = List.of();

    @BeforeAll
    static void layOut() throws Exception
    {
        String text = Files.readString(ROOT.resolve("docker/Dockerfile")).replace("\\\n", "");
        instructions = text.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
        for (String instruction : finalStage())
        {
            switch (instruction.substring(0, instruction.indexOf(' ')))
            {
                case "COPY" -> copy(List.of(instruction.split(" +")));
                case "RUN" -> run(instruction.substring("RUN ".length()));
                default ->
                    {
                    }
            }
        }
    }

    @Test
    @DisplayName("[C-DOCK-19] base, packages and command; no port, volume or user; a health check is added [C-DOCK-20]")
    void shouldBeImageOfContract()
    {
        List<String> stage = finalStage();
        assertTrue(instructions.contains("ARG BASE_IMAGE=debian:bookworm-slim"));
        assertEquals("FROM ${BASE_IMAGE}", stage.getFirst());
        String packages = stage.stream().filter(line -> line.startsWith("RUN apt-get")).findFirst().orElse("");
        assertTrue(List.of(packages.split("[ &]+")).containsAll(
            Set.of("bash", "ca-certificates", "curl", "procps", "net-tools", "iproute2")), packages);
        assertEquals("CMD [\"/bin/sh\", \"-c\", \"exec /bin/bash /run.sh\"]", stage.getLast());
        assertEquals(List.of("COPY", "ENV", "FROM", "HEALTHCHECK", "RUN", "CMD").stream().sorted().toList(),
            stage.stream().map(line -> line.split(" ", 2)[0]).distinct().sorted().toList());
    }

    @Test
    @DisplayName("[C-DOCK-06] [C-DOCK-19] the paths of the contract; nothing of Telegram's is shipped")
    void shouldHavePathsOfContract() throws Exception
    {
        assertTrue(Files.isExecutable(image.resolve("usr/local/bin/mtproto-proxy")));
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(image.resolve(
            "run.sh"))));
        assertTrue(Files.isDirectory(image.resolve("data")));
        try (Stream<Path> files = Files.list(image.resolve("etc/telegram")))
        {
            assertEquals(List.of(), files.toList());
        }
        try (Stream<Path> files = Files.list(ROOT.resolve("docker")))
        {
            assertEquals(
                Set.of("Dockerfile", "Dockerfile.dockerignore", "README.md", "compose.yaml", "healthcheck.sh",
                    "observability", "run.sh"),
                new TreeSet<>(files.map(file -> file.getFileName().toString()).toList()));
        }
    }

    @Test
    @DisplayName("[C-DOCK-19] the program starts from the image's files alone, with the image's Java")
    void shouldStart() throws Exception
    {
        Process process = command(Map.of(), image.resolve("usr/local/bin/mtproto-proxy").toString(), "--version");

        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.startsWith("mtproto-proxy "), output);
    }

    @Test
    @DisplayName("[C-DOCK-10] [C-DOCK-17] [C-DOCK-18] run.sh starts the program, which serves, is healthy and ends with 0 at SIGTERM")
    void shouldServe() throws Exception
    {
        Files.writeString(inImage("/etc/telegram/backend.conf"), "default 2;\nproxy_for 2 127.0.0.1:9;\n");
        Files.write(inImage("/etc/telegram/hello-explorers-how-are-you-doing"), new byte[128]);
        int port;
        int statsPort;
        try (ServerSocket one = listen(); ServerSocket other = listen())
        {
            port = one.getLocalPort();
            statsPort = other.getLocalPort();
        }
        Process process = command(Map.of("MTPROXY_ROOT", image.toString(), "MTPROXY_OFFLINE", "1",
            "MTPROXY_EXTERNAL_IP",
            "192.0.2.1", "MTPROXY_INTERNAL_IP", "127.0.0.1", "MTPROXY_PORT", "" + port, "MTPROXY_STATS_PORT",
            "" + statsPort, "WORKERS", "1", "SECRET", "00112233445566778899aabbccddeeff", "TAG", "ab".repeat(16)),
            "/bin/bash", image.resolve("run.sh").toString());
        try
        {
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIME_LIMIT_SECONDS);
            while (health(statsPort, port) != 0)
            {
                assertTrue(process.isAlive() && System.nanoTime() - deadlineNs < 0, () -> "not healthy: " + text(
                    process));
            }
            process.toHandle().destroy();
            String output = text(process);

            assertEquals(0, process.waitFor(), output);
            assertTrue(output.contains("[+] Starting the proxy.\n"), output);
            assertTrue(output.contains("terminated by SIGTERM"), output);
            assertTrue(output.contains("Link 1: tg://proxy?server=192.0.2.1&port=" + port), output);
        }
        finally
        {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            for (String file : new String[]{"backend.conf", "hello-explorers-how-are-you-doing"})
            {
                Files.delete(inImage("/etc/telegram/" + file));
            }
        }
    }

    private static String text(Process process)
    {
        try
        {
            return new String(process.getInputStream().readAllBytes(), UTF_8);
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("the image's Java has every module that the program's jars refer to")
    void shouldHaveModulesOfProgram() throws Exception
    {
        StringWriter output = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of("--multi-release", "25", "--ignore-missing-deps",
            "--print-module-deps", "-cp", DIST + "/lib/*"));
        try (Stream<Path> jars = Files.list(DIST.resolve("lib")))
        {
            jars.map(Path::toString).forEach(arguments::add);
        }

        int exitCode = ToolProvider.findFirst("jdeps").orElseThrow()
            .run(new PrintWriter(output), new PrintWriter(output), arguments.toArray(String[]::new));

        assertEquals(0, exitCode, output::toString);
        String needed = output.toString().lines().filter(line -> line.matches("java\\.base[a-z.,]*"))
            .findFirst().orElseThrow(() -> new AssertionError(output.toString()));
        assertTrue(modules().containsAll(List.of(needed.split(","))), () -> needed + " of " + modules());
    }

    @Test
    @DisplayName("[C-DOCK-20] the health check takes the stats page, or the client port where nobody serves the page")
    void shouldCheckHealth() throws Exception
    {
        int free;
        try (ServerSocket port = listen())
        {
            free = port.getLocalPort();
        }
        try (ServerSocket port = listen(); ServerSocket stats = listen())
        {
            assertEquals(0, health(free, port.getLocalPort()));
            assertEquals(1, health(free, free));
            assertEquals(0, healthAnswered(stats, "HTTP/1.1 200 OK"));
            assertEquals(1, healthAnswered(stats, "HTTP/1.1 500 Broken"));
        }
    }

    private static int healthAnswered(ServerSocket stats, String status) throws Exception
    {
        Thread server = Thread.ofPlatform().daemon().start(() ->
        {
            try (var client = stats.accept())
            {
                String request = new String(client.getInputStream().readNBytes("GET /stats ".length()), UTF_8);
                client.getOutputStream().write((("GET /stats ".equals(request) ? status : "HTTP/1.1 404 Not Found") +
                    "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").getBytes(UTF_8));
                client.shutdownOutput();
                client.getInputStream().readAllBytes();
            }
            catch (IOException e)
            {
                throw new UncheckedIOException(e);
            }
        });
        int exitCode = health(stats.getLocalPort(), stats.getLocalPort());
        server.join(TimeUnit.SECONDS.toMillis(TIME_LIMIT_SECONDS));
        return exitCode;
    }

    private static int health(int statsPort, int port) throws Exception
    {
        Process process = command(Map.of("MTPROXY_STATS_PORT", "" + statsPort, "MTPROXY_PORT", "" + port),
            "/bin/bash", image.resolve("healthcheck.sh").toString());
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private static ServerSocket listen() throws IOException
    {
        ServerSocket socket = new ServerSocket();
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), 0));
        return socket;
    }

    /** A command with the environment of a container of the image, and nothing else. */
    private static Process command(Map<String, String> environment, String... command) throws IOException
    {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(image.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        for (String instruction : finalStage())
        {
            if (instruction.startsWith("ENV "))
            {
                String[] pair = instruction.substring("ENV ".length()).split("=", 2);
                builder.environment().put(pair[0], pair[1].startsWith("/") ? inImage(pair[1]).toString() : pair[1]);
            }
        }
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static List<String> finalStage()
    {
        int from = 0;
        for (int i = 0; i < instructions.size(); i++)
        {
            from = instructions.get(i).startsWith("FROM ") ? i : from;
        }
        return instructions.subList(from, instructions.size());
    }

    /** {@code COPY [--from=STAGE] [--chmod=MODE] SOURCE TARGET} */
    private static void copy(List<String> words) throws Exception
    {
        String source = words.get(words.size() - 2);
        Path target = inImage(words.getLast());
        Files.createDirectories(target.getParent());
        switch (words.get(1))
        {
            case "--from=dist" ->
            {
                assertEquals("/dist/", source);
                copyTree(DIST, target);
            }
            case "--from=runtime" -> jlink(source, target);
            case "--chmod=0755" ->
            {
                Files.copy(ROOT.resolve(source), target);
                Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            default -> throw new AssertionError("unknown: " + words);
        }
    }

    /** {@code mkdir -p}, {@code ln -s} and commands of the image; the packages are those of the machine. */
    private static void run(String line) throws Exception
    {
        if (line.startsWith("apt-get "))
        {
            return;
        }
        if (line.startsWith("/opt/"))
        {
            Process process = command(Map.of(), inImage(line).toString());
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertEquals(0, process.waitFor(), output);
            return;
        }
        for (String command : line.split(" *&& *"))
        {
            List<String> words = List.of(command.strip().split(" +"));
            switch (words.get(0) + " " + words.get(1))
            {
                case "mkdir -p" ->
                {
                    for (String folder : words.subList(2, words.size()))
                    {
                        Files.createDirectories(inImage(folder));
                    }
                }
                case "ln -s" ->
                {
                    Files.createDirectories(inImage(words.get(3)).getParent());
                    Files.createSymbolicLink(inImage(words.get(3)), inImage(words.get(2)));
                }
                default -> throw new AssertionError("unknown: " + command);
            }
        }
    }

    /** The Dockerfile's own call, to another folder and without the archive that only makes starts faster. */
    private static void jlink(String made, Path target) throws Exception
    {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "jlink").toString());
        for (String word : jlinkWords())
        {
            if (!"--generate-cds-archive".equals(word))
            {
                command.add((word + "/").equals(made) ? target.toString() : word);
            }
        }
        assertTrue(command.contains(target.toString()), command::toString);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0, output);
    }

    private static List<String> jlinkWords()
    {
        String line = instructions.stream().filter(instruction -> instruction.startsWith("RUN jlink "))
            .findFirst().orElseThrow();
        List<String> words = Arrays.asList(line.split(" +"));
        return words.subList(2, words.size());
    }

    private static List<String> modules()
    {
        return List.of(jlinkWords().getLast().split(","));
    }

    private static void copyTree(Path source, Path target) throws IOException
    {
        try (Stream<Path> files = Files.walk(source))
        {
            for (Path file : files.toList())
            {
                Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
        }
    }

    private static Path inImage(String path)
    {
        return image.resolve(path.substring(1));
    }
}
