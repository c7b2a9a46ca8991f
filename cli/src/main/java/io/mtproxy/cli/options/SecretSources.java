// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.config.SecretSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The client secrets of an argument line, in the order in which options and files were given; files are read anew for each
 * reload. [C-CLI-71] [C-CLI-74]
 */
final class SecretSources implements SecretSource
{
    private static final int EXIT_FAILED = 1;

    private final List<Source> sources = new ArrayList<>();

    /** One option. */
    private sealed interface Source
    {
    }

    private record Given(byte[] bytes) implements Source
    {
    }

    private record InFile(String name) implements Source
    {
    }

    void add(Secret secret)
    {
        byte[] bytes = new byte[Secret.LENGTH];
        secret.copyTo(bytes, 0);
        sources.add(new Given(bytes));
    }

    void addFile(String name)
    {
        sources.add(new InFile(name));
    }

    @Override
    public SecretList load() throws ConfigurationException
    {
        List<Secret> secrets = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Source source : sources)
        {
            switch (source)
            {
                case Given given -> secrets.add(Secret.of(given.bytes(), 0));
                case InFile file -> read(file.name(), secrets, problems);
            }
        }
        if (secrets.size() > SecretList.COUNT_MAX)
        {
            problems.add(secrets.size() + " client secrets in all, " + SecretList.COUNT_MAX + " are possible");
        }
        if (!problems.isEmpty())
        {
            throw new ConfigurationException(EXIT_FAILED, problems);
        }
        return SecretList.of(secrets);
    }

    private static void read(String name, List<Secret> into, List<String> problems)
    {
        try
        {
            into.addAll(SecretFile.read(name));
        }
        catch (IllegalArgumentException e)
        {
            problems.add(String.valueOf(e.getMessage()));
        }
    }
}
