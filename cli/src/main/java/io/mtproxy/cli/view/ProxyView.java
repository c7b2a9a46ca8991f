// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All processes of one proxy, put together. Totals are those of every process that ever counted into the proxy's folder,
 * as a worker that died has counted too; gauges are those of the {@link #current} ones.
 * <p>
 * A view is of the moment in which it was taken as to who lives; numbers are read at each call.
 */
public final class ProxyView
{
    /** What ended with the last one that ended was running with it. */
    private static final long ENDED_TOGETHER_MS = 5_000;

    private final String name;
    private final List<ProcessView> processes;
    private final List<ProcessView> current;
    private final List<String> problems;

    /**
     * @param name      of the proxy.
     * @param processes living or not.
     * @param problems  lines about files that could not be read.
     */
    public ProxyView(String name, List<ProcessView> processes, List<String> problems)
    {
        this.name = name;
        this.processes = List.copyOf(processes);
        this.problems = List.copyOf(problems);
        List<ProcessView> living = this.processes.stream().filter(ProcessView::isAlive).toList();
        long last = lastSeenEpochMs();
        this.current = !living.isEmpty() ?
            living :
            this.processes.stream()
                .filter(process -> process.reader().heartbeatEpochMs() >= last - ENDED_TOGETHER_MS)
                .toList();
    }

    /** @return name of the proxy. */
    public String name()
    {
        return name;
    }

    /** @return every process that has a file, in the order of their names. */
    public List<ProcessView> processes()
    {
        return processes;
    }

    /** @return those that live; when none does, those that were there at the end. */
    public List<ProcessView> current()
    {
        return current;
    }

    /** @return lines about files that could not be read. */
    public List<String> problems()
    {
        return problems;
    }

    /** @return whether a process of it lives. */
    public boolean isAlive()
    {
        return processes.stream().anyMatch(ProcessView::isAlive);
    }

    /** @return when a process of it last said that it lives, ms since 1970; 0 when there is none. */
    public long lastSeenEpochMs()
    {
        return processes.stream().mapToLong(process -> process.reader().heartbeatEpochMs()).max().orElse(0);
    }

    /** @return when the oldest of the current processes began, ms since 1970; 0 when there is none. */
    public long startEpochMs()
    {
        return current.stream().mapToLong(process -> process.reader().startEpochMs()).min().orElse(0);
    }

    /** @return since when totals count, over all restarts, ms since 1970; 0 when there is no process. */
    public long countedSinceEpochMs()
    {
        return processes.stream().mapToLong(process -> process.reader().firstStartEpochMs()).min().orElse(0);
    }

    /** @return the value over all processes. */
    public long get(ProxyCounter counter)
    {
        return switch (counter.kind())
        {
            case TOTAL -> sum(processes, counter);
            case GAUGE -> sum(current, counter);
            case MAXIMUM -> max(current, counter);
        };
    }

    /** @return everything but plain counters. */
    public StatusReport report()
    {
        return new StatusReport(processes.stream().map(ProcessView::reader).toList(),
            current.stream().map(ProcessView::reader).toList());
    }

    /** @return the configuration that was applied last; zeros when none is known. */
    public ConfigState configState()
    {
        return current.stream()
            .map(process -> ConfigState.of(process.reader().configuration()))
            .max(Comparator.comparingLong(ConfigState::loadedAtEpochMs))
            .orElseGet(() -> ConfigState.of(Map.of()));
    }

    /** @return what a process says of itself, the first of them that says it; empty when none does. */
    public String description(String key)
    {
        return current.stream()
            .map(process -> process.reader().description().getOrDefault(key, ""))
            .filter(value -> !value.isEmpty())
            .findFirst()
            .orElse("");
    }

    /** @return distinct errors, the one that happened last in front. */
    public List<ErrorView> errors()
    {
        Map<String, ErrorView> byText = new LinkedHashMap<>();
        for (ProcessView process : processes)
        {
            process.reader().readErrors((count, firstMs, lastMs, text) -> byText.merge(text, new ErrorView(count,
                firstMs,
                lastMs, text), ErrorView::plus));
        }
        List<ErrorView> errors = new ArrayList<>(byText.values());
        errors.sort(Comparator.comparingLong(ErrorView::lastEpochMs).reversed());
        return errors;
    }

    private static long sum(List<ProcessView> of, ProxyCounter counter)
    {
        long sum = 0;
        for (ProcessView process : of)
        {
            sum += process.reader().get(counter);
        }
        return sum;
    }

    private static long max(List<ProcessView> of, ProxyCounter counter)
    {
        long max = 0;
        for (ProcessView process : of)
        {
            max = Math.max(max, process.reader().get(counter));
        }
        return max;
    }
}
