// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A proxy on the JVM at full load: how long does it stand still, and does its heap grow? */
public final class PauseRun
{
    private static final Pattern USED = Pattern.compile("used (\\d+)K");
    private static final Pattern GENERATION = Pattern.compile(".*\\btotal \\d+K, used \\d+K.*");

    private PauseRun()
    {
    }

    /**
     * Both answers.
     *
     * @param load       as ever.
     * @param pauses     while it was measured.
     * @param heapBefore used when measuring began, in KB; -1 where {@code jcmd} does not say.
     * @param heapAfter  used when it ended.
     */
    public record Result(LoadResult load, PauseLog pauses, long heapBefore, long heapAfter)
    {
    }

    /**
     * Starts our proxy, whose launcher takes flags for the JVM from MTPROXY_JAVA_OPTS, and measures. What connecting and
     * warming up cost the JVM is not in it.
     */
    public static Result run(
        ProxyCommand command, LoadGenerator generator, Laboratory laboratory, LoadScenario scenario)
        throws IOException, InterruptedException
    {
        Path log = Files.createTempFile("mtproxy-lab-", ".log");
        try (ProxyProcess proxy = ProxyProcess.start(command, generator, 1, 0, scenario.wire(),
            Map.of("MTPROXY_JAVA_OPTS", PauseLog.SELECTION + log + ":uptime,tags:filecount=0")))
        {
            Window window = new Window(proxy, log);
            LoadResult load = laboratory.run(scenario, proxy, window);
            return new Result(load, PauseLog.parse(window.lines), window.heapBefore, window.heapAfter);
        }
        finally
        {
            Files.deleteIfExists(log);
        }
    }

    /** What the JVM says between the beginning and the end of measuring. */
    private static final class Window implements Laboratory.Probe
    {
        private final ProxyProcess proxy;
        private final Path log;
        private List<String> lines = List.of();
        private int skipped;
        private long heapBefore;
        private long heapAfter;

        private Window(ProxyProcess proxy, Path log)
        {
            this.proxy = proxy;
            this.log = log;
        }

        @Override
        public void begin() throws IOException, InterruptedException
        {
            heapBefore = heapUsedKb(proxy);
            skipped = PauseRun.lines(log).size();
        }

        @Override
        public void end() throws IOException, InterruptedException
        {
            List<String> all = PauseRun.lines(log);
            lines = all.subList(Math.min(skipped, all.size()), all.size());
            heapAfter = heapUsedKb(proxy);
        }
    }

    private static List<String> lines(Path log) throws IOException
    {
        return Files.readAllLines(log, StandardCharsets.UTF_8);
    }

    private static long heapUsedKb(ProxyProcess proxy) throws IOException, InterruptedException
    {
        Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            Long.toString(proxy.pids().getFirst()), "GC.heap_info").redirectErrorStream(true).start();
        jcmd.getOutputStream().close();
        String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return jcmd.waitFor() == 0 ? usedKb(text) : -1;
    }

    /** @return kilobytes of all generations together. */
    static long usedKb(String heapInfo)
    {
        return heapInfo.lines().filter(line -> GENERATION.matcher(line).matches()).mapToLong(line ->
        {
            Matcher used = USED.matcher(line);
            return used.find() ? Long.parseLong(used.group(1)) : 0;
        }).sum();
    }
}
