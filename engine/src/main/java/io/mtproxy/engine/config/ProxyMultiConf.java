// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration file {@code proxy-multi.conf}, checked and resolved: which middle proxies serve which DC.
 * [P-CON-01] [C-CFG-32]
 *
 * @param servers   each server once, in the order of the file. [P-CON-11]
 * @param clusters  by DC id: its servers in the order of the file, one listed twice being there twice. [C-CFG-07]
 * @param defaultDc whose cluster serves the DCs that have none. [C-CFG-05]
 * @param length    of the file in bytes.
 * @param md5Hex    of the file.
 * @param warnings  one line each, for the operator.
 */
public record ProxyMultiConf(List<Server> servers, Map<Integer, List<Server>> clusters, int defaultDc, int length,
    String md5Hex, List<String> warnings)
{
    /** Longest file. [C-CFG-10] */
    public static final int LENGTH_MAX = 16 * 1024 * 1024;
    /** Most server lines. [C-LIM-07] */
    public static final int SERVER_COUNT_MAX = 4096;
    /** Most DC ids. [C-LIM-07] */
    public static final int CLUSTER_COUNT_MAX = 1024;
    /** Most connections to one server. [C-CFG-08] */
    public static final int CONNECTIONS_MAX = 1000;

    private static final int EXIT_MISSING = 1;
    private static final int EXIT_UNREADABLE = 2;

    /** Copies what it is given; the order of the clusters stays. */
    public ProxyMultiConf
    {
        servers = List.copyOf(servers);
        Map<Integer, List<Server>> copy = new LinkedHashMap<>();
        clusters.forEach((dc, list) -> copy.put(dc, List.copyOf(list)));
        clusters = Collections.unmodifiableMap(copy);
        warnings = List.copyOf(warnings);
    }

    /**
     * One middle proxy.
     *
     * @param host           as it is written.
     * @param address        resolved address and port; by this a server is the same or another.
     * @param minConnections links kept open. [C-CFG-08]
     * @param maxConnections most links at once.
     */
    public record Server(String host, InetSocketAddress address, int minConnections, int maxConnections)
    {
    }

    /**
     * Reads, checks and resolves a file, completely or not at all.
     *
     * @throws ConfigurationException with a line for each problem (at most 20) and one that nothing was applied.
     */
    public static ProxyMultiConf load(String fileName, HostResolver resolver) throws ConfigurationException
    {
        return parse(fileName, read(fileName), resolver);
    }

    /** Checks and resolves the text of a file. */
    public static ProxyMultiConf parse(String fileName, byte[] text, HostResolver resolver)
        throws ConfigurationException
    {
        return new ProxyMultiConfParser(fileName, text, resolver).parse();
    }

    /**
     * Finds the servers for the id in a client's header: exactly that id, else the default cluster. [P-CON-10]
     *
     * @return never null; empty when there is no target.
     */
    public List<Server> lookup(int dc)
    {
        List<Server> none = List.of();
        return clusters.getOrDefault(dc, clusters.getOrDefault(defaultDc, none));
    }

    /** [C-EXIT-04] [C-EXIT-05] */
    private static byte[] read(String fileName) throws ConfigurationException
    {
        if (fileName.isEmpty())
        {
            throw refuse(EXIT_MISSING, fileName, "the name is empty");
        }
        Path file;
        try
        {
            file = Path.of(fileName);
        }
        catch (InvalidPathException e)
        {
            throw refuse(EXIT_MISSING, fileName, "no file can have this name");
        }
        byte[] text;
        try (InputStream in = Files.newInputStream(file))
        {
            text = in.readNBytes(LENGTH_MAX + 1);
        }
        catch (NoSuchFileException e)
        {
            throw refuse(EXIT_MISSING, fileName, "there is no such file");
        }
        catch (AccessDeniedException e)
        {
            throw refuse(EXIT_MISSING, fileName, "this user may not read it");
        }
        catch (IOException e)
        {
            throw refuse(EXIT_UNREADABLE, fileName,
                Files.isDirectory(file) ? "it is a directory" : "read error: " + e.getMessage());
        }
        if (text.length > LENGTH_MAX)
        {
            throw refuse(EXIT_UNREADABLE, fileName, "it is longer than " + LENGTH_MAX + " bytes");
        }
        return text;
    }

    private static ConfigurationException refuse(int exitCode, String fileName, String reason)
    {
        List<String> lines = new ArrayList<>();
        lines.add("cannot read the configuration file \"" + fileName + "\": " + reason +
            " — fetch https://core.telegram.org/getProxyConfig and name the file as the last argument");
        lines.add(ProxyMultiConfParser.notApplied(fileName));
        return new ConfigurationException(exitCode, lines);
    }
}
