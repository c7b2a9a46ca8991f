// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a distribution, with a JDK that only prints how it was called. */
class LauncherTest
{
    private static final Path ROOT = Path.of(System.getProperty("mtproxy.root", ".."));

    @TempDir private Path folder;
    private Path home;
    private Path launcher;
    private Path jdk;

    @BeforeEach
    void layOutDistribution() throws IOException
    {
        home = Files.createDirectories(folder.resolve("a folder"));
        launcher = Files.createDirectories(home.resolve("bin")).resolve("mtproto-proxy");
        Files.copy(ROOT.resolve("mtproto-proxy"), launcher);
        Files.createFile(home.resolve("jvm.flags"));
        Files.createDirectories(home.resolve("lib"));
        Files.createFile(home.resolve("lib/a.jar"));
        Files.createFile(home.resolve("lib/b.jar"));
        jdk = newJdk("a jdk", "25.0.1");
    }

    @Test
    void shouldPassArgumentsUnchanged() throws Exception
    {
        List<String> arguments = List.of("-v", "", "two words", "*", "$HOME", "'\"", "@file", "-S=ff", "--", "\\");

        List<String> called = run(arguments, Map.of()).lines();

        assertEquals(arguments, called.subList(called.indexOf("io.mtproxy.cli.MtProxy") + 1, called.size()));
    }

    @Test
    void shouldGiveFlagsNameAndClassPath() throws Exception
    {
        List<String> called = run(List.of(), Map.of("MTPROXY_JAVA_OPTS", "-Xmx64m -Dx=*")).lines();

        assertEquals(List.of("@" + home + "/jvm.flags", "-Xmx64m", "-Dx=*", "-Dmtproxy.argv0=" + launcher,
            "-Dmtproxy.home=" + home, "-cp", home + "/lib/a.jar:" + home + "/lib/b.jar", "io.mtproxy.cli.MtProxy"),
            called);
    }

    /** What a supervisor asks before it starts workers of a new build. */
    @Test
    void shouldPrintCommandInsteadOfRunningIt() throws Exception
    {
        List<String> printed = run(List.of(), Map.of("MTPROXY_JAVA_OPTS", "-Dx=*", "MTPROXY_PRINT_COMMAND", "1"))
            .lines();

        assertEquals(List.of(jdk + "/bin/java", "@" + home + "/jvm.flags", "-Dx=*", "-Dmtproxy.argv0=" + launcher,
            "-Dmtproxy.home=" + home, "-cp", home + "/lib/a.jar:" + home + "/lib/b.jar", "io.mtproxy.cli.MtProxy"),
            printed);
    }

    @Test
    void shouldUseAotCacheOnlyWhenThere() throws Exception
    {
        Files.createFile(home.resolve("mtproto-proxy.aot"));

        List<String> called = run(List.of(), Map.of()).lines();

        assertTrue(called.containsAll(List.of("-XX:AOTCache=" + home + "/mtproto-proxy.aot",
            "-Xlog:aot*=off,cds*=off")), called::toString);
    }

    @Test
    void shouldFollowLinksToItself() throws Exception
    {
        Path link = Files.createSymbolicLink(folder.resolve("link"), launcher);

        List<String> called = start(List.of(link.toString()), Map.of()).lines();

        assertTrue(called.contains("-Dmtproxy.home=" + home), called::toString);
        assertTrue(called.contains("-Dmtproxy.argv0=" + link), called::toString);
    }

    @Test
    void shouldRefuseOlderJdk() throws Exception
    {
        Outcome outcome = run(List.of(), Map.of("MTPROXY_JAVA_HOME", newJdk("old", "17.0.2").toString()));

        assertEquals(1, outcome.exitCode());
        assertEquals(1, outcome.lines().size());
        assertTrue(outcome.lines().getFirst().endsWith("is Java 17, JDK 25 is needed"), outcome::toString);
    }

    @Test
    void shouldSayWhenNamedJdkIsNotThere() throws Exception
    {
        Outcome outcome = run(List.of(), Map.of("MTPROXY_JAVA_HOME", "/nowhere"));

        assertEquals(new Outcome(1, List.of("mtproto-proxy: no bin/java in MTPROXY_JAVA_HOME=/nowhere")), outcome);
    }

    @Test
    void shouldPassByOlderJavaHome() throws Exception
    {
        Outcome outcome = run(List.of(), Map.of("MTPROXY_JAVA_HOME", "", "JAVA_HOME", newJdk("old", "17").toString(),
            "PATH", jdk + "/bin:" + System.getenv("PATH")));

        assertEquals(0, outcome.exitCode());
        assertTrue(outcome.lines().contains("io.mtproxy.cli.MtProxy"), outcome::toString);
    }

    @Test
    void shouldOpenClosedDescriptors() throws Exception
    {
        Path seen = folder.resolve("seen");
        Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\nls /proc/$$/fd >'" + seen + "'\n");

        start(List.of("sh", "-c", "exec \"$0\" <&- >&- 2>&-", launcher.toString()), Map.of());

        assertTrue(Files.readAllLines(seen).containsAll(List.of("0", "1", "2")));
    }

    @Test
    void shouldLeaveNothingInHome() throws Exception
    {
        Path user = Files.createDirectory(folder.resolve("user"));

        run(List.of(), Map.of("HOME", user.toString()));

        try (var files = Files.list(user))
        {
            assertFalse(files.findAny().isPresent());
        }
    }

    private Path newJdk(String name, String version) throws IOException
    {
        Path made = folder.resolve(name);
        Path java = Files.createDirectories(made.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(made.resolve("release"), "IMPLEMENTOR=\"none\"\nJAVA_VERSION=\"" + version + "\"\n");
        return made;
    }

    private Outcome run(List<String> arguments, Map<String, String> environment) throws Exception
    {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(arguments);
        return start(command, environment);
    }

    private Outcome start(List<String> command, Map<String, String> environment) throws Exception
    {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("MTPROXY_JAVA_HOME", jdk.toString());
        builder.environment().remove("MTPROXY_JAVA_OPTS");
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        List<String> lines = new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
        return new Outcome(process.waitFor(), lines);
    }

    private record Outcome(int exitCode, List<String> lines)
    {
    }
}
