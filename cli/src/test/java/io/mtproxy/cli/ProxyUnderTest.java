// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program that takes the arguments of mtproto-proxy: ours or, where an operator names one, the reference.
 *
 * @param name    shown in test names and messages.
 * @param command to which the arguments are added.
 */
record ProxyUnderTest(String name, List<String> command)
{
    private static final String REFERENCE = "reference";
    private static final String STATUS_DIR = "--status-dir";
    private static final String MAIN_CLASS = "io.mtproxy.cli.MtProxy";
    private static final List<String> JVM_FLAG_PREFIXES =
        List.of("--add-opens", "--add-exports", "--enable-native-access", "--sun-misc-unsafe-memory-access",
            "-XX:+Use");

    /**
     * Our proxy: the command that the environment variable MTPROXY names, else the main class on this class path, run
     * with the JVM that runs the tests and its flags. Empty while neither is there.
     */
    static Optional<ProxyUnderTest> ours()
    {
        final String launcher = System.getenv("MTPROXY");
        if (launcher != null && !launcher.isBlank())
        {
            return Optional.of(new ProxyUnderTest("mtproto-proxy", List.of(launcher)));
        }
        if (ProxyUnderTest.class.getClassLoader().getResource(MAIN_CLASS.replace('.', '/') + ".class") == null)
        {
            return Optional.empty();
        }
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> JVM_FLAG_PREFIXES.stream().anyMatch(flag::startsWith))
            .forEach(command::add);
        command.addAll(List.of("-ea", "-cp", System.getProperty("java.class.path"), MAIN_CLASS));
        return Optional.of(new ProxyUnderTest("mtproto-proxy", List.copyOf(command)));
    }

    /** The reference program, where the environment variable MTPROXY_REFERENCE names its binary. */
    static Optional<ProxyUnderTest> reference()
    {
        final String binary = System.getenv("MTPROXY_REFERENCE");
        return binary == null || binary.isBlank() ?
            Optional.empty() :
            Optional.of(new ProxyUnderTest(REFERENCE, List.of(binary)));
    }

    /**
     * Starts the program on a free port of 127.0.0.1.
     *
     * @param folder        for its files.
     * @param configuration text of proxy-multi.conf.
     * @param datacenterKey content of the --aes-pwd file.
     * @param arguments     others than the client port, the connection limit, the user and the two files.
     */
    ProxyProcess start(
        final Path folder, final String configuration, final byte[] datacenterKey, final List<String> arguments)
        throws IOException, InterruptedException
    {
        Files.createDirectories(folder);
        final Path configurationFile = Files.writeString(folder.resolve("proxy-multi.conf"), configuration);
        final Path keyFile = Files.write(folder.resolve("proxy-secret"), datacenterKey);
        final int port = FreePorts.next();
        final List<String> line = new ArrayList<>(command);
        line.addAll(List.of("-u", System.getProperty("user.name"), "-c", "1000", "-H", Integer.toString(port)));
        line.addAll(List.of("--aes-pwd", keyFile.toString()));
        line.addAll(arguments);
        line.addAll(keptIn(folder, arguments));
        line.add(configurationFile.toString());
        return ProxyProcess.start(line, port, folder.resolve("proxy.log"));
    }

    /**
     * @param folder    of the test.
     * @param arguments that the program gets.
     * @return more of them, so that it leaves nothing outside of the folder and sees no proxy of another test.
     */
    List<String> keptIn(final Path folder, final List<String> arguments)
    {
        return name.equals(REFERENCE) || arguments.contains(STATUS_DIR) ?
            List.of() :
            List.of(STATUS_DIR, folder.resolve("status").toString());
    }

    @Override
    public String toString()
    {
        return name;
    }
}
