// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Takes an argument line apart as {@code getopt_long} of the GNU library does, which picocli does not, and writes it anew
 * in the one form that means the same to both: {@code --name}, {@code --name=value}, {@code --}, operands.
 * [C-CLI-01] [C-CLI-02] [C-CLI-05] [C-CLI-06] [C-CLI-07] [C-CLI-08] [C-CLI-09]
 */
final class GnuArguments
{
    private static final String LONG_PREFIX = "--";

    private final CommandLine command;
    private final CommandSpec spec;
    private final Collection<OptionSpec> additive;
    private final String program;
    private final List<String> options = new ArrayList<>();
    private final List<String> operands = new ArrayList<>();
    private @Nullable OptionException error;
    /** An option was there behind which nothing counts. */
    private boolean isEnded;

    /**
     * @param command  whose options count.
     * @param additive of them, those that are only known by their full name.
     * @param program  name at the start of messages.
     */
    GnuArguments(CommandLine command, Collection<OptionSpec> additive, String program)
    {
        this.command = command;
        this.spec = command.getCommandSpec();
        this.additive = additive;
        this.program = program;
    }

    /** Reads up to the end, to an error, or to an option that ends everything. Called once. */
    GnuArguments read(String[] arguments)
    {
        for (int i = 0; i < arguments.length && error == null && !isEnded; i++)
        {
            String argument = arguments[i];
            if (argument.equals(LONG_PREFIX))
            {
                operands.addAll(List.of(arguments).subList(i + 1, arguments.length));
                break;
            }
            boolean isOption = argument.length() > 1 && argument.charAt(0) == '-';
            if (!isOption)
            {
                operands.add(argument);
                continue;
            }
            boolean isNextTaken = argument.startsWith(LONG_PREFIX) ?
                readLong(argument, i + 1 < arguments.length ? arguments[i + 1] : null) :
                readShort(argument, i + 1 < arguments.length ? arguments[i + 1] : null);
            if (isNextTaken)
            {
                i++;
            }
        }
        return this;
    }

    /** @return the options for picocli, in their order, up to the error if there is one. [C-CLI-10] */
    String[] options()
    {
        return options.toArray(String[]::new);
    }

    /** @return what is no option, in its order. */
    List<String> operands()
    {
        return operands;
    }

    /** @return what is wrong with the line itself; options before it count first. */
    Optional<OptionException> error()
    {
        return Optional.ofNullable(error);
    }

    /** @return whether the next argument was used as a value. */
    private boolean readLong(String argument, @Nullable String next)
    {
        int equals = argument.indexOf('=');
        String written = equals < 0 ? argument : argument.substring(0, equals);
        OptionSpec option = findLong(written);
        if (option == null)
        {
            return false;
        }
        String name = option.longestName();
        if (equals >= 0)
        {
            if (option.arity().max() == 0)
            {
                fail("option '" + name + "' doesn't allow an argument");
                return false;
            }
            options.add(name + argument.substring(equals));
            return false;
        }
        if (option.arity().min() == 0)
        {
            addWithoutValue(option);
            return false;
        }
        if (next == null)
        {
            fail("option '" + name + "' requires an argument");
            return false;
        }
        options.add(name + '=' + next);
        return true;
    }

    private boolean readShort(String cluster, @Nullable String next)
    {
        for (int i = 1; i < cluster.length() && !isEnded; i++)
        {
            char letter = cluster.charAt(i);
            OptionSpec option = spec.findOption(letter);
            if (option == null)
            {
                fail("invalid option -- '" + letter + "'", "unknown option -" + letter + help());
                return false;
            }
            String name = option.longestName();
            if (option.arity().min() == 0)
            {
                addWithoutValue(option);
                continue;
            }
            if (i + 1 < cluster.length())
            {
                options.add(name + '=' + cluster.substring(i + 1));
                return false;
            }
            if (next == null)
            {
                fail("option requires an argument -- '" + letter + "'");
                return false;
            }
            options.add(name + '=' + next);
            return true;
        }
        return false;
    }

    /** @param written without a value, as that may be a secret. */
    private @Nullable OptionSpec findLong(String written)
    {
        OptionSpec exact = spec.optionsMap().get(written);
        if (exact != null)
        {
            return exact;
        }
        List<String> candidates = new ArrayList<>();
        spec.options().stream().filter(option -> !additive.contains(option)).map(OptionSpec::longestName)
            .forEach(candidates::add);
        candidates.removeIf(name -> !name.startsWith(written));
        if (candidates.size() > 1)
        {
            // picocli has them in the order of reflection, which is none
            Collections.sort(candidates);
            fail("option '" + written + "' is ambiguous; possibilities: '" + String.join("' '", candidates) + "'");
            return null;
        }
        if (candidates.isEmpty())
        {
            fail("unrecognized option '" + written + "'", "unknown option " + written + help());
            return null;
        }
        return spec.optionsMap().get(candidates.getFirst());
    }

    private void addWithoutValue(OptionSpec option)
    {
        options.add(option.longestName());
        isEnded = option.usageHelp() || option.versionHelp();
    }

    private static String help()
    {
        return " — the usage lists all there are";
    }

    private void fail(String... lines)
    {
        String[] named = new String[lines.length];
        for (int i = 0; i < lines.length; i++)
        {
            named[i] = program + ": " + lines[i];
        }
        error = OptionException.usage(command, named);
    }
}
