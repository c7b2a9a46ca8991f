// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What a {@link ClientSwarm} does; start from {@link #of}.
 *
 * @param proxy            client port of the proxy.
 * @param clients          connections at a time.
 * @param transports       dealt to the clients in turn.
 * @param secrets          dealt likewise; empty for a proxy without secrets.
 * @param dcIds            dealt likewise.
 * @param mode             of the {@link DatacenterServer} behind the proxy: ECHO, SINK or SOURCE.
 * @param lengthMin        of payloads.
 * @param lengthMax        of payloads; lengths spread evenly in the logarithm between the two.
 * @param ratePerClient    messages a second that each client means to send; 0 sends the next when the last is answered.
 * @param window           messages that a client has under way at most.
 * @param quickAckEvery    every how many messages ask for a quick acknowledgement; 0 is never (SINK: always).
 * @param connectsPerSecond at most so many connections are opened in a second.
 * @param messagesPerConnection a client connects anew after so many; 0 is never.
 * @param duration         of sending; what is under way then has {@code drain} to come back.
 * @param drain            see there.
 * @param seed             of everything drawn, and of the load pattern that the datacenter must share.
 */
public record SwarmSettings(
    InetSocketAddress proxy, int clients, List<Transport> transports, List<byte[]> secrets, List<Integer> dcIds,
    DatacenterSettings.Mode mode, int lengthMin, int lengthMax, double ratePerClient, int window, int quickAckEvery,
    int connectsPerSecond, int messagesPerConnection, Duration duration, Duration drain, long seed)
{
    public SwarmSettings
    {
        Objects.requireNonNull(proxy, "proxy");
        transports = List.copyOf(transports);
        secrets = List.copyOf(secrets);
        dcIds = List.copyOf(dcIds);
        if (clients < 1 || transports.isEmpty() || dcIds.isEmpty() || window < 1 || connectsPerSecond < 1)
        {
            throw new IllegalArgumentException("a swarm needs clients, transports, DC ids and a window");
        }
        if (lengthMin < LoadPattern.LENGTH_MIN || lengthMax < lengthMin || lengthMax > ClientPeer.PACKET_LENGTH_MAX)
        {
            throw new IllegalArgumentException("lengths " + lengthMin + ".." + lengthMax + " are outside 56..1044480");
        }
        if (mode == DatacenterSettings.Mode.MTPROTO)
        {
            throw new IllegalArgumentException("the swarm speaks no MTProto");
        }
        if (!(ratePerClient >= 0) || quickAckEvery < 0 || messagesPerConnection < 0)
        {
            throw new IllegalArgumentException("negative number in swarm settings");
        }
    }

    /** All transports, all lengths, one message under way at a time, echoed. */
    public static SwarmSettings of(InetSocketAddress proxy, List<byte[]> secrets, int clients, Duration duration)
    {
        return new SwarmSettings(
            proxy, clients, List.of(Transport.values()), secrets, List.of(2), DatacenterSettings.Mode.ECHO,
            LoadPattern.LENGTH_MIN, ClientPeer.PACKET_LENGTH_MAX, 0, 1, 4, 500, 0, duration, Duration.ofSeconds(60), 1);
    }

    public SwarmSettings withTransports(List<Transport> value)
    {
        return new SwarmSettings(
            proxy, clients, value, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window, quickAckEvery,
            connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withDcIds(List<Integer> value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, value, mode, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withMode(DatacenterSettings.Mode value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, value, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withLengths(int min, int max)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, min, max, ratePerClient, window, quickAckEvery,
            connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withRate(double messagesPerSecond, int messagesUnderWay)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, messagesPerSecond,
            messagesUnderWay, quickAckEvery, connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withQuickAckEvery(int value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window, value,
            connectsPerSecond, messagesPerConnection, duration, drain, seed);
    }

    public SwarmSettings withConnections(int perSecond, int messagesEach)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, perSecond, messagesEach, duration, drain, seed);
    }

    public SwarmSettings withDuration(Duration value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, connectsPerSecond, messagesPerConnection, value, drain, seed);
    }

    public SwarmSettings withDrain(Duration value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, connectsPerSecond, messagesPerConnection, duration, value, seed);
    }

    public SwarmSettings withSeed(long value)
    {
        return new SwarmSettings(
            proxy, clients, transports, secrets, dcIds, mode, lengthMin, lengthMax, ratePerClient, window,
            quickAckEvery, connectsPerSecond, messagesPerConnection, duration, drain, value);
    }

    @Override
    public String toString()
    {
        return "SwarmSettings[" + clients + " clients to " + proxy + ", " + transports + ", " + secrets.size() +
            " secrets, DCs " + dcIds + ", " + mode + ", " + lengthMin + ".." + lengthMax + " bytes, " +
            ratePerClient + "/s each, window " + window + ", " + duration + ", seed " + seed + "]";
    }
}
