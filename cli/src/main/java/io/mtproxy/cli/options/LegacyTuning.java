// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * Options of the C program about its threads, its timers and its RPC server. Those that had no effect there, or shaped
 * threads that do not exist here, are accepted as they were, and named at verbosity 1. [C-BUG-14]
 */
public final class LegacyTuning
{
    private static final int THREADS_MAX = 64;

    private final List<String> withoutEffect = new ArrayList<>();
    private final OptionReader reader = new OptionReader();
    private boolean isSkipDhAllowed;
    private int dhAcceptRateMax;
    private boolean isTcpDisabled;

    /** Says which command these options belong to; before any is read. */
    void command(CommandLine value)
    {
        reader.command(value);
    }

    @Option(names = "--allow-skip-dh",
        description = "the RPC server on the stats port also takes key exchanges without DH")
    void allowSkipDh(boolean ignored)
    {
        isSkipDhAllowed = true;
    }

    @Option(names = "--max-dh-accept-rate", paramLabel = "<arg>",
        description = "most key exchanges with DH a second on the stats port, 0 for no limit (default 0)")
    void maxDhAcceptRate(@Nullable String text)
    {
        dhAcceptRateMax = Math.max(0, integer("--max-dh-accept-rate", text));
    }

    @Option(names = "--disable-tcp", description = "does not open the stats port")
    void disableTcp(boolean ignored)
    {
        isTcpDisabled = true;
    }

    @Option(names = "--crc32c", description = "no effect: CRC32C is always offered to middle proxies")
    void crc32c(boolean ignored)
    {
        withoutEffect.add("--crc32c");
    }

    @Option(names = "--force-dh", description = "no effect")
    void forceDh(boolean ignored)
    {
        withoutEffect.add("--force-dh");
    }

    @Option(names = {"-T", "--ping-interval"}, paramLabel = "<arg>", description = "no effect: no pings are sent")
    void pingInterval(@Nullable String ignored)
    {
        withoutEffect.add("--ping-interval");
    }

    @Option(names = "--multithread", arity = "0..1", paramLabel = "{arg}", fallbackValue = "",
        description = "no effect: see --threads")
    void multithread(@Nullable String text)
    {
        if (text != null)
        {
            withoutEffect.add("--multithread");
        }
    }

    @Option(names = "--cpu-threads", paramLabel = "<arg>", description = "no effect: see --threads")
    void cpuThreads(@Nullable String text)
    {
        threads("--cpu-threads", text);
    }

    @Option(names = "--io-threads", paramLabel = "<arg>", description = "no effect: see --threads")
    void ioThreads(@Nullable String text)
    {
        threads("--io-threads", text);
    }

    @Option(names = "--tcp-cpu-threads", paramLabel = "<arg>", description = "no effect: see --threads")
    void tcpCpuThreads(@Nullable String text)
    {
        threads("--tcp-cpu-threads", text);
    }

    @Option(names = "--tcp-iothreads", paramLabel = "<arg>", description = "no effect: see --threads")
    void tcpIoThreads(@Nullable String text)
    {
        threads("--tcp-iothreads", text);
    }

    /** [C-CLI-49] 0 and negative mean the default; more than C documents is refused. */
    private void threads(String option, @Nullable String text)
    {
        reader.read(option, text, value ->
        {
            int count = OptionValues.integer(value);
            if (count > THREADS_MAX)
            {
                throw new IllegalArgumentException(count + " is outside 1.." + THREADS_MAX);
            }
            return count;
        });
        withoutEffect.add(option);
    }

    private int integer(String option, @Nullable String text)
    {
        return reader.read(option, text, OptionValues::integer);
    }

    /** @return whether the RPC server takes exchanges without DH. [C-CLI-44] */
    public boolean isSkipDhAllowed()
    {
        return isSkipDhAllowed;
    }

    /** @return most exchanges with DH a second, 0 for no limit. [C-CLI-47] */
    public int dhAcceptRateMax()
    {
        return dhAcceptRateMax;
    }

    /** @return whether the stats port stays closed. [C-CLI-42] */
    public boolean isTcpDisabled()
    {
        return isTcpDisabled;
    }

    /** @return options given that change nothing, in their order. [C-BUG-14] */
    public List<String> withoutEffect()
    {
        return List.copyOf(withoutEffect);
    }
}
