// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.FreePorts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is made once so that starts take less time: used when it fits, and never in the way. */
@EnabledOnOs(OS.LINUX)
class AotCacheIT
{
    private static final String READY = "main loop begins";
    private static final String CACHE = "mtproto-proxy.aot";
    private static final String PRINTED = "\\[\\d+]\\[[-0-9:. ]+ local] .*";
    private static final long MAKE_TIMEOUT_S = 180;

    @TempDir private Path folder;

    @Test
    void shouldUseCacheThatFitsAndDoWithoutAnother() throws Exception
    {
        Path home = copyOfDistribution();
        Path cache = home.resolve(CACHE);
        assertEquals(List.of(), make(home, 0));
        assertTrue(Files.size(cache) > 0);
        assertEquals(true, isMapped(home));

        // another jar than the one that it was made of
        try (Stream<Path> jars = Files.list(home.resolve("lib")))
        {
            Files.setLastModifiedTime(jars.findFirst().orElseThrow(), FileTime.fromMillis(1));
        }
        assertEquals(false, isMapped(home));
        Files.writeString(cache, "not a cache");
        assertEquals(false, isMapped(home));
        Files.delete(cache);
        assertEquals(false, isMapped(home));
    }

    @Test
    void shouldSayWhyThereIsNoCache() throws Exception
    {
        Path home = Files.createDirectories(folder.resolve("home"));
        Files.createDirectory(home.resolve("bin"));
        Files.copy(DistRun.home().resolve("bin/make-aot-cache"), home.resolve("bin/make-aot-cache"));

        List<String> told = make(home, 1);

        assertEquals(1, told.size(), told::toString);
        assertTrue(told.getFirst().startsWith("make-aot-cache: the proxy does not start: "), told::toString);
    }

    private static List<String> make(Path home, int exitCode) throws Exception
    {
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/make-aot-cache").toString())
            .redirectErrorStream(true);
        builder.environment().put("MTPROXY_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("MTPROXY_JAVA_OPTS", "-ea");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(MAKE_TIMEOUT_S, TimeUnit.SECONDS), output);
        assertEquals(exitCode, process.exitValue(), output);
        return output.lines().toList();
    }

    /** @return whether a proxy that starts without a word about it has mapped the cache. */
    private boolean isMapped(Path home) throws Exception
    {
        Path conf = Files.writeString(folder.resolve("proxy-multi.conf"), "default 2;\nproxy_for 2 127.0.0.1:9;\n");
        Path secret = Files.write(folder.resolve("proxy-secret"), new byte[64]);
        try (DistRun proxy = DistRun.start(folder, home.resolve("bin/mtproto-proxy"), List.of(), new ArrayList<>(List
            .of(
                "-u", "root", "-c", "100", "-H", String.valueOf(FreePorts.next()), "--status-dir",
                folder.resolve("status").toString(), "--aes-pwd", secret.toString(), conf.toString()))))
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            boolean isMapped = Files.readString(Path.of("/proc", String.valueOf(proxy.pid()), "maps")).contains(CACHE);
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
            assertEquals("", proxy.out());
            assertTrue(proxy.err().lines().allMatch(line -> line.matches(PRINTED)), proxy.err());
            return isMapped;
        }
    }

    private Path copyOfDistribution() throws Exception
    {
        Path home = folder.resolve("home");
        try (Stream<Path> files = Files.walk(DistRun.home()))
        {
            for (Path file : files.toList())
            {
                Path target = home.resolve(DistRun.home().relativize(file).toString());
                if (!file.endsWith(CACHE))
                {
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return home;
    }
}
