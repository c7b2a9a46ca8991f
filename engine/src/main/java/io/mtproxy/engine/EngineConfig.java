// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.engine.client.ClientLimits;
import io.mtproxy.engine.client.FrontPolicy;
import io.mtproxy.engine.config.NatRules;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.transport.FakeTlsDomains;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is told: values only, by topic. Each topic has the defaults of an unset command line.
 *
 * @param listening     client ports.
 * @param clients       who may connect, and how many.
 * @param middleProxies where their packets go.
 * @param buffers       memory.
 * @param threads       how the work is spread.
 * @param fronting      domains behind which the proxy hides.
 */
public record EngineConfig(Listening listening, Clients clients, MiddleProxies middleProxies, Buffers buffers,
    Threads threads, Fronting fronting)
{
    /** @throws IllegalArgumentException for domains without a secret. [C-EXIT-16] */
    public EngineConfig
    {
        if (fronting.isTlsOnly() && clients.secrets().size() == 0)
        {
            throw new IllegalArgumentException("domains without a secret: nobody could connect — give one with -S");
        }
    }

    /** A configuration without domains: every transport is served. */
    public EngineConfig(Listening listening, Clients clients, MiddleProxies middleProxies, Buffers buffers,
        Threads threads)
    {
        this(listening, clients, middleProxies, buffers, threads, Fronting.NONE);
    }

    /**
     * Domains behind which the proxy hides. With one or more of them only fake-TLS is served, and everything else is
     * passed on. [C-CLI-59] [C-CLT-20]
     *
     * @param domains  {@code -D}, in order; the first is the default. [P-TLS-01]
     * @param policy   {@code --front-policy}.
     * @param delayMax {@code --front-delay}: most that an answer waits, to take as long as the domain; zero is never.
     */
    public record Fronting(List<String> domains, FrontPolicy policy, Duration delayMax)
    {
        /** Default of {@code --front-delay}: nobody notices it at a connection that stays for minutes. */
        public static final Duration DELAY_MAX_DEFAULT = Duration.ofMillis(50);
        /** No domain. */
        public static final Fronting NONE = new Fronting(List.of());

        /** Domains with the defaults of the rest. */
        public Fronting(List<String> domains)
        {
            this(domains, FrontPolicy.SPLICE_ALL, DELAY_MAX_DEFAULT);
        }

        /** @throws IllegalArgumentException for a name that cannot be probed for. [P-TLS-51] */
        public Fronting
        {
            domains = List.copyOf(domains);
            if (!domains.isEmpty())
            {
                new FakeTlsDomains(domains);
            }
        }

        /** @return whether only fake-TLS is served. */
        public boolean isTlsOnly()
        {
            return !domains.isEmpty();
        }
    }

    /**
     * Client ports.
     *
     * @param ports       1..65535, 0 lets the system choose. [C-CLI-62]
     * @param ipv6        listen on {@code ::}. [C-CLI-41]
     * @param address     IPv4 address of the ports and of outgoing IPv4 connections; null is any. [C-CLI-54]
     * @param backlog     of connections not yet accepted. [C-CLI-37]
     * @param windowClamp bytes. [C-CLI-61]
     */
    public record Listening(List<Integer> ports, boolean ipv6, @Nullable InetAddress address, int backlog,
        int windowClamp)
    {
        /** Default of {@code -b}. */
        public static final int BACKLOG_DEFAULT = 8192;
        /** Default of {@code -W} in plain mode. [P-NET-04] */
        public static final int WINDOW_CLAMP_DEFAULT = 128 * 1024;

        /** @return defaults for these ports. */
        public static Listening on(Integer... ports)
        {
            return new Listening(List.of(ports), false, null, BACKLOG_DEFAULT, WINDOW_CLAMP_DEFAULT);
        }
    }

    /**
     * Who may connect, and how many.
     *
     * @param secrets            in the order they are tried; none is legal. [P-OBF-03]
     * @param proxyTag           16 bytes as 32 hex digits, or empty. [C-CLI-58]
     * @param connectionCountMax {@code -c}. [C-CLI-38]
     * @param clientCountMax     {@code -C}; 0 is no limit. [C-CLI-60]
     * @param acceptRateMax      a second; 0 is no limit. [C-CLI-46]
     * @param limits             of a single client.
     */
    public record Clients(SecretList secrets, String proxyTag, int connectionCountMax, int clientCountMax,
        int acceptRateMax, ClientLimits limits)
    {
        /** Default of {@code -c} and {@code -C}. */
        public static final int COUNT_MAX_DEFAULT = 65536;
        /** Default of {@code --client-buffer}. */
        public static final int CLIENT_BUFFER_DEFAULT = 32 * 1024 * 1024;
        /** Default of {@code --handshake-timeout}. */
        public static final Duration HANDSHAKE_TIMEOUT_DEFAULT = Duration.ofSeconds(60);
        /** Time that a client closed by the middle proxy has to take what is queued for it. */
        private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(10);

        /** @return defaults with these secrets. */
        public static Clients with(SecretList secrets)
        {
            return new Clients(secrets, "", COUNT_MAX_DEFAULT, COUNT_MAX_DEFAULT, 0,
                limits(CLIENT_BUFFER_DEFAULT, HANDSHAKE_TIMEOUT_DEFAULT));
        }

        /** @return limits with what an operator can choose. */
        public static ClientLimits limits(int clientBufferLength, Duration handshakeTimeout)
        {
            return new ClientLimits(clientBufferLength, handshakeTimeout.toNanos(), FLUSH_TIMEOUT.toNanos());
        }

        @Override
        public String toString()
        {
            return "Clients[" + secrets.size() + " secrets, tag " + (proxyTag.isEmpty() ? "unset" : "set") +
                ", connections " + connectionCountMax + ", clients " + clientCountMax + ", accept rate " +
                acceptRateMax + ", " + limits + "]";
        }
    }

    /**
     * Where packets go.
     *
     * @param conf             servers by DC, resolved.
     * @param secret           shared with them, or null: then no link can become ready. [C-EXIT-09]
     * @param natRules         {@code --nat-info}. [C-CLI-53]
     * @param statsPort        {@code -p}, which is part of our process id; {@link ProcessId#NO_PORT} without. [P-RPC-32]
     * @param linkBufferLength {@code --link-buffer}.
     * @param drainTimeout     {@code --drain-timeout}.
     */
    public record MiddleProxies(ProxyMultiConf conf, @Nullable ProxySecretFile secret, NatRules natRules, int statsPort,
        int linkBufferLength, Duration drainTimeout)
    {
        /** Default of {@code --link-buffer}. */
        public static final int LINK_BUFFER_DEFAULT = 4 * 1024 * 1024;
        /** Default of {@code --drain-timeout}. */
        public static final Duration DRAIN_TIMEOUT_DEFAULT = Duration.ofSeconds(60);

        /** @return defaults for these servers. */
        public static MiddleProxies of(ProxyMultiConf conf, @Nullable ProxySecretFile secret)
        {
            return new MiddleProxies(conf, secret, NatRules.NONE, ProcessId.NO_PORT, LINK_BUFFER_DEFAULT,
                DRAIN_TIMEOUT_DEFAULT);
        }
    }

    /**
     * Memory.
     *
     * @param messageBuffersLength {@code --msg-buffers-size}: all chunks of the process. [C-CLI-36]
     * @param ringLength           of each ring between two agents; a power of two. A ring is swept through its whole
     *                             length, so more costs cache.
     */
    public record Buffers(long messageBuffersLength, int ringLength)
    {
        /** Defaults: 256 MiB, and rings of 512 KiB. */
        public static final Buffers DEFAULT = new Buffers(256L * 1024 * 1024, 512 * 1024);
    }

    /**
     * How the work is spread.
     *
     * @param clientAgentCount     1 or more; each has listening sockets of its own.
     * @param datacenterAgentCount 1 or more.
     * @param isBusySpin           {@code --idle-strategy busy-spin} in place of {@code auto}.
     * @param cpus                 of {@code --cpus}, numbered from 0, to which the agents' threads are tied: one for each
     *                             thread, client agents first; empty for any.
     */
    public record Threads(int clientAgentCount, int datacenterAgentCount, boolean isBusySpin, List<Integer> cpus)
    {
        /** One of each, waiting when idle. */
        public static final Threads DEFAULT = new Threads(1, 1, false);

        public Threads
        {
            cpus = List.copyOf(cpus);
        }

        /** Threads that run where the system puts them. */
        public Threads(int clientAgentCount, int datacenterAgentCount, boolean isBusySpin)
        {
            this(clientAgentCount, datacenterAgentCount, isBusySpin, List.of());
        }
    }
}
