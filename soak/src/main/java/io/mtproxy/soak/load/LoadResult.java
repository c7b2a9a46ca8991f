// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One scenario measured once.
 *
 * @param scenario  as asked for.
 * @param wire      of the clients.
 * @param proxy     its command as asked for.
 * @param unit      of the price.
 * @param seconds   that were measured.
 * @param cpu       of all of the proxy's processes in that time.
 * @param generator of clients and datacenter together.
 * @param clients   what they did.
 * @param mismatches that the datacenter found.
 * @param memory    growth of the proxy since before the clients came, and their number.
 * @param callsPerUnit system calls of the proxy for each unit; NaN where they were not counted.
 */
public record LoadResult(
    String scenario, Wire wire, String proxy, LoadScenario.Unit unit, double seconds, ProcFiles.Cpu cpu,
    ProcFiles.Cpu generator,
    LoadSnapshot clients, long mismatches, Growth memory, double callsPerUnit)
{
    private static final double NS_A_MS = 1e6;

    /**
     * Memory that connections cost.
     *
     * @param residentKb     growth of resident memory.
     * @param proportionalKb growth of the proportional share.
     * @param connections    that stood.
     * @param processKb      proportional share before the first connection.
     */
    public record Growth(long residentKb, long proportionalKb, int connections, long processKb)
    {
    }

    /** Whether nothing broke. */
    public boolean isClean()
    {
        return clients.errors() == 0 && mismatches == 0 && (unit == LoadScenario.Unit.SECOND || clients.answers() > 0);
    }

    /** @return the same under another name of its proxy. */
    LoadResult named(String name)
    {
        return new LoadResult(scenario, wire, name, unit, seconds, cpu, generator, clients, mismatches, memory,
            callsPerUnit);
    }

    /** Requests, GB, connections or seconds, as the unit has it. */
    double count()
    {
        return count(unit, clients, seconds);
    }

    static double count(LoadScenario.Unit unit, LoadSnapshot clients, double seconds)
    {
        return switch (unit)
        {
            case PAIR -> clients.answers();
            case GB_DOWN -> clients.answerBytes() / 1e9;
            case GB_UP -> clients.requestBytes() / 1e9;
            case CONNECT -> clients.connects();
            case SECOND -> seconds;
        };
    }

    /** Requests answered a second; connections where each has one. */
    public double ratePerSecond()
    {
        return clients.answers() / seconds;
    }

    /** CPU of the proxy for one unit, as {@link LoadScenario.Unit#label} says. */
    public double price()
    {
        return unit.price(cpu.seconds(), count());
    }

    /** The metrics by name, in the order in which they are shown. */
    public Map<String, Double> metrics()
    {
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("CPU, " + unit.label(), price());
        metrics.put("of it in the kernel", unit.price(cpu.systemSeconds(), count()));
        if (unit == LoadScenario.Unit.SECOND)
        {
            metrics.put("KB resident a connection", memory.residentKb / (double)memory.connections);
            metrics.put("KB proportional a connection", memory.proportionalKb / (double)memory.connections);
            metrics.put("MB proportional without connections", memory.processKb / 1024.0);
        }
        else
        {
            metrics.put(switch (unit)
            {
                case PAIR -> "pairs a second";
                case GB_DOWN -> "GB a second down";
                case GB_UP -> "GB a second up";
                case CONNECT -> "connections a second";
                case SECOND -> "seconds";
            }, count() / seconds);
            metrics.put("p50, ms", clients.latencyNs().getValueAtPercentile(50) / NS_A_MS);
            metrics.put("p99, ms", clients.latencyNs().getValueAtPercentile(99) / NS_A_MS);
            metrics.put("p99.9, ms", clients.latencyNs().getValueAtPercentile(99.9) / NS_A_MS);
            metrics.put("max, ms", clients.latencyNs().getMaxValue() / NS_A_MS);
        }
        if (wire == Wire.FAKE_TLS_HYBRID && unit == LoadScenario.Unit.CONNECT)
        {
            metrics.put("answers by X25519MLKEM768, %", 100.0 * clients.hybrids() / clients.connects());
        }
        if (!Double.isNaN(callsPerUnit))
        {
            metrics.put("system calls, " + unit.label().replaceFirst("^\\S+ ", ""), callsPerUnit);
        }
        metrics.put("generator's CPU, " + unit.label(), unit.price(generator.seconds(), count()));
        return metrics;
    }
}
