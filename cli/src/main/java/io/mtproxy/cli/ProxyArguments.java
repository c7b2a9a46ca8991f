// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.Instance;
import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The argument line of a proxy that runs on this machine, as its system shows it to its user and to root: so a verb knows
 * what the proxy was told without being told it again.
 */
final class ProxyArguments
{
    private static final Path PROC = Path.of("/proc");
    private static final String MAIN_CLASS = MtProxy.class.getName();

    private ProxyArguments()
    {
    }

    /** @return what the first process of the instance that has an argument line was told; empty if none may be read. */
    static Optional<ArgumentLine> of(Instance instance, String program)
    {
        for (ProcessView process : new ProxyFiles(instance.name(), instance.folder()).look().processes())
        {
            if (process.isAlive())
            {
                long pid = process.reader().pid();
                Optional<ArgumentLine> found = read(pid, program).or(() -> parent(pid).flatMap(up -> read(up,
                    program)));
                if (found.isPresent())
                {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** A worker was told everything over a socket; its master has the line. */
    private static Optional<Long> parent(long pid)
    {
        return ProcessHandle.of(pid).flatMap(ProcessHandle::parent).map(ProcessHandle::pid);
    }

    private static Optional<ArgumentLine> read(long pid, String program)
    {
        try
        {
            Path folder = PROC.resolve(Long.toString(pid));
            String all = Files.readString(folder.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            List<String> words = Arrays.asList(all.split("\0", -1));
            int main = words.indexOf(MAIN_CLASS);
            if (main < 0 || main + 2 >= words.size())
            {
                return Optional.empty();
            }
            List<String> arguments = new ArrayList<>(words.subList(main + 1, words.size() - 1));
            Path workingFolder = Files.readSymbolicLink(folder.resolve("cwd"));
            return Optional.of(new ArgumentLine(program).parse(absolute(arguments, workingFolder)));
        }
        catch (IOException | OptionException unreadable)
        {
            return Optional.empty();
        }
    }

    /** Files of secrets are named from where the proxy was started. */
    private static String[] absolute(List<String> arguments, Path workingFolder)
    {
        String option = "--mtproto-secret-file";
        for (int i = 0; i < arguments.size(); i++)
        {
            String word = arguments.get(i);
            if (word.equals(option) && i + 1 < arguments.size())
            {
                arguments.set(i + 1, workingFolder.resolve(arguments.get(i + 1)).toString());
            }
            else if (word.startsWith(option + "="))
            {
                arguments.set(i, option + "=" + workingFolder.resolve(word.substring(option.length() + 1)));
            }
        }
        return arguments.toArray(String[]::new);
    }
}
