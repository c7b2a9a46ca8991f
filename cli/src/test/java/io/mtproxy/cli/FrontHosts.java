// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.status.StatusDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Names of this machine's loopback addresses that only one process believes in: it sees a hosts file of its own. So a proxy
 * finds its domain, and the domain's ports 443 and 80, without a network and without a change to this machine.
 */
final class FrontHosts
{
    private static final int PORT_TLS = 443;
    private static final long TIMEOUT_S = 60;

    private final Path file;

    private FrontHosts(Path file)
    {
        this.file = file;
    }

    /** Writes the hosts file: address by name. */
    static FrontHosts write(Path folder, Map<String, String> addresses) throws IOException
    {
        StringBuilder text = new StringBuilder("127.0.0.1 localhost\n");
        addresses.forEach((name, address) -> text.append(address).append(' ').append(name).append('\n'));
        return new FrontHosts(Files.writeString(folder.resolve("hosts"), text));
    }

    /** Skips the test where no port 443 can be opened, or no process can have a hosts file of its own. */
    static void assumePossible(Path folder, String address) throws IOException, InterruptedException
    {
        assumeTrue(StatusDirectory.currentUid() == 0,
            "skipped: not root, so no domain can be played on port 443 of a loopback address");
        FrontHosts probe = write(folder, Map.of("possible.test", address));
        Process process = new ProcessBuilder(probe.command(List.of("grep", "-q", "possible.test", "/etc/hosts")))
            .redirectErrorStream(true).redirectOutput(folder.resolve("unshare.txt").toFile()).start();
        boolean isEnded = process.waitFor(TIMEOUT_S, TimeUnit.SECONDS);
        assumeTrue(isEnded && process.exitValue() == 0,
            () -> "skipped: no mount namespace here, so no process can have its own hosts file");
        assumeFree(address, PORT_TLS);
    }

    /** Skips the test where this port cannot be opened. */
    static void assumeFree(String address, int port)
    {
        try (ServerSocket socket = new ServerSocket())
        {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(address), port));
        }
        catch (IOException e)
        {
            abort("skipped: port " + port + " of " + address + " cannot be opened: " + e.getMessage());
        }
    }

    /** The command that runs another one with these hosts, as the same process. */
    List<String> command(List<String> command)
    {
        List<String> line = new ArrayList<>(List.of(
            "unshare", "-m", "sh", "-c", "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"", "sh",
            file.toAbsolutePath().toString()));
        line.addAll(command);
        return line;
    }

    /** The same proxy, with these hosts. */
    ProxyUnderTest around(ProxyUnderTest proxy)
    {
        return new ProxyUnderTest(proxy.name(), command(proxy.command()));
    }
}
