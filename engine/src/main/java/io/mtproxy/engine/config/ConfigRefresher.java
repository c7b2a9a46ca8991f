// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads, checks and resolves everything that a reload may change, completely and before anything is applied. It works
 * with the rights that the process has at that moment. [C-REL-10] [C-REL-14]
 */
public final class ConfigRefresher
{
    private final String fileName;
    private final Supplier<? extends HostResolver> resolvers;
    private final SecretSource secrets;

    /**
     * @param fileName  of the configuration, as the operator gave it.
     * @param resolvers makes the resolver of one load, with its time limit. [C-CFG-24]
     * @param secrets   of the clients. [C-CLI-74]
     */
    public ConfigRefresher(String fileName, Supplier<? extends HostResolver> resolvers, SecretSource secrets)
    {
        this.fileName = fileName;
        this.resolvers = resolvers;
        this.secrets = secrets;
    }

    /** @return name of the configuration file, as the operator gave it. */
    public String fileName()
    {
        return fileName;
    }

    /**
     * Reads files and resolves names; may take as long as the resolver may.
     *
     * @throws ConfigurationException with the problems of all files: nothing is to be applied then. [C-REL-11]
     */
    public Fresh read() throws ConfigurationException
    {
        ProxyMultiConf conf;
        try
        {
            conf = ProxyMultiConf.load(fileName, resolvers.get());
        }
        catch (ConfigurationException e)
        {
            List<String> lines = new ArrayList<>(e.lines());
            lines.addAll(problemsOfSecrets());
            throw new ConfigurationException(e.exitCode(), lines);
        }
        return new Fresh(conf, secrets.load());
    }

    private List<String> problemsOfSecrets()
    {
        try
        {
            secrets.load();
            return List.of();
        }
        catch (ConfigurationException e)
        {
            return e.lines();
        }
    }

    /**
     * What was read and found good.
     *
     * @param conf    servers by DC, resolved.
     * @param secrets of the clients.
     */
    public record Fresh(ProxyMultiConf conf, SecretList secrets)
    {
        /** @return one line each, for the operator. */
        public List<String> warnings()
        {
            List<String> lines = new ArrayList<>(conf.warnings());
            lines.addAll(secrets.warnings());
            return lines;
        }
    }
}
