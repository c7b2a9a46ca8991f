// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.instances;

import io.mtproxy.engine.status.StatusDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the proxy that a verb is about: the one that is named, else the only one that runs, else the only one there is
 * (architecture, "Status directory").
 */
public final class InstanceFinder
{
    private final List<Path> roots;
    private final @Nullable String name;

    /**
     * @param roots status directories; the first one with a proxy in it counts.
     * @param name  of the proxy, or null for the only one.
     */
    public InstanceFinder(List<Path> roots, @Nullable String name)
    {
        this.roots = List.copyOf(roots);
        this.name = name;
    }

    /**
     * @param root        {@code --status-dir}, or null for those where proxies are by default: of this user, then of root.
     * @param name        {@code --instance}, or null.
     * @param environment variables of this process.
     */
    public static InstanceFinder of(@Nullable Path root, @Nullable String name, Map<String, String> environment)
    {
        if (root != null)
        {
            return new InstanceFinder(List.of(root), name);
        }
        Set<Path> roots = new LinkedHashSet<>();
        roots.add(StatusDirectory.defaultRoot(environment, StatusDirectory.currentUid()));
        roots.add(StatusDirectory.defaultRoot(environment, 0));
        return new InstanceFinder(List.copyOf(roots), name);
    }

    /**
     * Finds a proxy to look at, running or not.
     *
     * @throws InstanceException when there is none, or several of which none is named.
     * @throws IOException       when a status directory cannot be read.
     */
    public Instance find() throws InstanceException, IOException
    {
        return find(all());
    }

    /**
     * Finds a proxy to speak to.
     *
     * @throws InstanceException when none runs, or several of which none is named.
     * @throws IOException       when a status directory cannot be read.
     */
    public Instance findLiving() throws InstanceException, IOException
    {
        List<Instance> all = all();
        if (name == null && !all.isEmpty() && living(all).isEmpty())
        {
            throw new InstanceException(InstanceException.EXIT_NO_PROXY, "no proxy runs, there are: " + list(all));
        }
        Instance found = find(all);
        if (!found.isAlive())
        {
            throw new InstanceException(InstanceException.EXIT_NO_PROXY,
                "proxy \"" + found.name() + "\" in " + found.folder().getParent() + " does not run");
        }
        return found;
    }

    /** @return all proxies of the first status directory that has any, in order of their names. */
    public List<Instance> all() throws IOException
    {
        List<Instance> found = new ArrayList<>();
        for (Path root : roots)
        {
            for (Path folder : StatusDirectory.instances(root))
            {
                found.add(new Instance(String.valueOf(folder.getFileName()), folder, StatusDirectory.isLive(folder)));
            }
            if (!found.isEmpty())
            {
                break;
            }
        }
        return found;
    }

    private Instance find(List<Instance> all) throws InstanceException
    {
        if (name != null)
        {
            return named(all);
        }
        List<Instance> living = living(all);
        List<Instance> candidates = living.isEmpty() ? all : living;
        if (candidates.isEmpty())
        {
            throw none("");
        }
        if (candidates.size() > 1)
        {
            throw new InstanceException(InstanceException.EXIT_USAGE,
                "there are several proxies, choose one with --instance: " + list(all));
        }
        return candidates.getFirst();
    }

    private Instance named(List<Instance> all) throws InstanceException
    {
        for (Instance instance : all)
        {
            if (instance.name().equals(name))
            {
                return instance;
            }
        }
        throw none(all.isEmpty() ? "" : ", there are: " + list(all));
    }

    private static List<Instance> living(List<Instance> all)
    {
        return all.stream().filter(Instance::isAlive).toList();
    }

    private InstanceException none(String others)
    {
        String where = roots.stream().map(Path::toString).collect(Collectors.joining(" or "));
        return new InstanceException(InstanceException.EXIT_NO_PROXY,
            "no proxy " + (name == null ? "" : "\"" + name + "\" ") + "in " + where + others +
                (others.isEmpty() ? " — start one, or name its status directory with --status-dir" : ""));
    }

    private static String list(List<Instance> instances)
    {
        return instances.stream()
            .map(instance -> instance.name() + (instance.isAlive() ? " (runs)" : " (ended)"))
            .collect(Collectors.joining(", "));
    }
}
