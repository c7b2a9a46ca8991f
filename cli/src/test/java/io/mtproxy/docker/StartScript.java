// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code docker/run.sh} in a folder that stands for an image, with stand-ins for the commands by which it reaches the
 * world: {@code curl} answers from files, {@code ip} and {@code sleep} do as told, the proxy writes down how it was
 * called.
 */
final class StartScript
{
    static final String CONFIGURATION_URL = "https://core.telegram.org/getProxyConfig";
    static final String PROXY_SECRET_URL = "https://core.telegram.org/getProxySecret";
    static final String ADDRESS_URL = "https://digitalresistance.dog/myIp";
    static final String SECRET = "0123456789abcdef0123456789abcdef";
    static final String CONFIGURATION = "# made up\r\ndefault 2;\nproxy_for 1 192.0.2.1:8888;\nproxy_for -2 " +
        "[2001:db8::2]:443;\nproxy dc.example.org:443 ;\n";
    static final int PROXY_EXIT_CODE = 7;
    private static final long TIME_LIMIT_SECONDS = 60;

    private static final String CURL = """
        #!/bin/sh
        echo "$@" >>"$STAND_INS/curl.calls"
        while [ $# -gt 0 ]
        do
            case $1 in
                -o) output=$2; shift ;;
                -f) fail=yes ;;
                https:*) url=${1##*/} ;;
            esac
            shift
        done
        [ ! -f "$STAND_INS/$url.exit" ] || exit "$(cat "$STAND_INS/$url.exit")"
        [ ! -f "$STAND_INS/$url.error" ] || [ -z "$fail" ] || exit 22
        [ -f "$STAND_INS/$url" ] || exit 7
        cat "$STAND_INS/$url" >"${output:-/dev/stdout}"
        """;
    private static final String IP = """
        #!/bin/sh
        [ "$*" = "-4 route get 8.8.8.8" ] || exit 9
        cat "$STAND_INS/route"
        """;
    /** The pause before the start is over at once; of others the first, and the next one ends the loop. */
    private static final String SLEEP = """
        #!/bin/sh
        echo "$1" >>"$STAND_INS/sleep.calls"
        [ "$1" != 1 ] || exit 0
        mkdir "$STAND_INS/slept" 2>/dev/null
        """;
    private static final String PROXY = """
        #!/bin/sh
        printf '%s\\n' "$@" >"$STAND_INS/proxy.arguments"
        echo $$ >"$STAND_INS/proxy.pid"
        if [ -f "$STAND_INS/wait-for-reload" ]
        then
            trap 'exit 7' HUP
            while :
            do
                /bin/sleep 0.05
            done
        fi
        exit 7
        """;

    private final Path script;
    private final Path root;
    private final Path standIns;
    private final Map<String, String> environment = new TreeMap<>();

    /** What came of a run; without arguments when the proxy was not reached. */
    record Outcome(int exitCode, long pid, List<String> lines, String errors, List<String> arguments)
    {
        String line(String prefix)
        {
            return lines.stream().filter(line -> line.startsWith(prefix)).findFirst().orElse("");
        }
    }

    StartScript(Path script, Path folder) throws IOException
    {
        this.script = script;
        this.root = folder.resolve("image");
        this.standIns = Files.createDirectories(folder.resolve("stand-ins"));
        Files.createDirectories(root.resolve("data"));
        Files.createDirectories(root.resolve("etc/telegram"));
        command(standIns.resolve("curl"), CURL);
        command(standIns.resolve("ip"), IP);
        // a loop that stays would run into the next test
        environment.put("MTPROXY_REFRESH_INTERVAL", "0");
        command(standIns.resolve("sleep"), SLEEP);
        command(Files.createDirectories(root.resolve("usr/local/bin")).resolve("mtproto-proxy"), PROXY);
        answer(CONFIGURATION_URL, CONFIGURATION);
        answer(PROXY_SECRET_URL, proxySecret());
        answer(ADDRESS_URL, "198.51.100.7\n");
        route("8.8.8.8 via 172.17.0.1 dev eth0 src 172.17.0.2 uid 0 \n    cache \n");
        with("SECRET", SECRET);
    }

    /** 128 made up bytes, zeros among them, one character each. */
    static String proxySecret()
    {
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < 128; i++)
        {
            bytes.append((char)(i * 37 & 0xff));
        }
        return bytes.toString();
    }

    StartScript with(String variable, String value)
    {
        environment.put(variable, value);
        return this;
    }

    StartScript without(String variable)
    {
        environment.remove(variable);
        return this;
    }

    /** A service answers, a character a byte. */
    StartScript answer(String url, String body) throws IOException
    {
        Files.deleteIfExists(standIn(url, ".exit"));
        Files.deleteIfExists(standIn(url, ".error"));
        Files.writeString(standIn(url, ""), body, ISO_8859_1);
        return this;
    }

    /** A service answers with the status of an error and a page. */
    StartScript answerError(String url, String page) throws IOException
    {
        answer(url, page);
        Files.createFile(standIn(url, ".error"));
        return this;
    }

    StartScript noConnection(String url) throws IOException
    {
        Files.writeString(standIn(url, ".exit"), "28");
        return this;
    }

    StartScript route(String text) throws IOException
    {
        Files.writeString(standIns.resolve("route"), text);
        return this;
    }

    /** The proxy runs until it is asked to reload. */
    StartScript proxyWaitsForReload() throws IOException
    {
        Files.createFile(standIns.resolve("wait-for-reload"));
        return this;
    }

    StartScript file(String name, String content) throws IOException
    {
        Files.writeString(root.resolve(name), content, ISO_8859_1);
        return this;
    }

    Path path(String name)
    {
        return root.resolve(name);
    }

    /** The content of a file of the image, nothing where it is missing. */
    String read(String name) throws IOException
    {
        return Files.exists(root.resolve(name)) ? Files.readString(root.resolve(name), ISO_8859_1) : "";
    }

    /** How a stand-in was called, a line a call. */
    List<String> calls(String command) throws IOException
    {
        Path calls = standIns.resolve(command + ".calls");
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    Outcome run() throws IOException, InterruptedException
    {
        return run("/bin/bash", script.toString());
    }

    Outcome run(String... command) throws IOException, InterruptedException
    {
        Path output = standIns.resolve("output");
        Path errors = standIns.resolve("errors");
        Path arguments = standIns.resolve("proxy.arguments");
        Files.deleteIfExists(arguments);
        // under nohup HUP is ignored from the start, and a shell cannot take it back
        List<String> line = new ArrayList<>(List.of("env", "--default-signal=HUP"));
        line.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(line)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("PATH", standIns + ":" + System.getenv("PATH"));
        builder.environment().put("STAND_INS", standIns.toString());
        builder.environment().put("MTPROXY_ROOT", root.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS))
        {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new IllegalStateException("the script did not end: " + Files.readString(output));
        }
        return new Outcome(process.exitValue(), process.pid(), inImage(Files.readString(output, UTF_8)).lines()
            .toList(),
            Files.readString(errors, UTF_8),
            Files.exists(arguments) ? inImage(Files.readString(arguments)).lines().toList() : List.of());
    }

    long proxyPid() throws IOException
    {
        return Long.parseLong(Files.readString(standIns.resolve("proxy.pid")).strip());
    }

    static void command(Path file, String text) throws IOException
    {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Paths as they are in an image. */
    private String inImage(String text)
    {
        return text.replace(root.toString(), "");
    }

    private Path standIn(String url, String suffix)
    {
        return standIns.resolve(url.substring(url.lastIndexOf('/') + 1) + suffix);
    }
}
