// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The product verbs. One is only taken as such when it is the first argument. [C-CLI-05] */
final class Verbs
{
    /** In the order of {@code help}. */
    static final List<String> NAMES = List.of(DemoCommand.NAME, SoakCommand.NAME, StatCommand.NAME, TopCommand.NAME,
        ErrorsCommand.NAME, CountersCommand.NAME, StatsServerCommand.NAME, UpgradeCommand.NAME, DoctorCommand.NAME);

    private Verbs()
    {
    }

    /** @return the verb of that name, or null when there is none. */
    static @Nullable Verb find(String name, Terminal terminal, Supplier<StopWait> stops)
    {
        // a switch, so that the proxy itself loads none of them
        return switch (name)
        {
            case DemoCommand.NAME -> new DemoCommand(terminal, stops);
            case SoakCommand.NAME -> new SoakCommand(terminal);
            case StatCommand.NAME -> new StatCommand(terminal, stops);
            case TopCommand.NAME -> new TopCommand(terminal, stops);
            case ErrorsCommand.NAME -> new ErrorsCommand(terminal);
            case CountersCommand.NAME -> new CountersCommand(terminal);
            case UpgradeCommand.NAME -> new UpgradeCommand(terminal);
            case DoctorCommand.NAME -> new DoctorCommand(terminal);
            case StatsServerCommand.NAME -> new StatsServerCommand(terminal, stops);
            default -> null;
        };
    }
}
