// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.agrona.concurrent.NanoClock;

/**
 * The order in which C looks for a host: the hosts file, a number, the system's resolver; the last one with a time
 * limit for one name and one for all names of a load. Made anew for each load. [C-CFG-20] [C-CFG-21] [C-CFG-24]
 */
public final class SystemHostResolver implements HostResolver
{
    /** The system's hosts file. */
    public static final Path HOSTS_FILE = Path.of("/etc/hosts");
    /** Longest that one name may take. */
    public static final Duration NAME_TIME_LIMIT = Duration.ofSeconds(5);
    /** Longest that all names of one load may take together. */
    public static final Duration LOAD_TIME_LIMIT = Duration.ofSeconds(20);

    /** Names from this length on are not looked for in the hosts file. [C-CFG-20] */
    private static final int HOSTS_NAME_LENGTH_LIMIT = 128;

    private final Map<String, InetAddress> hosts;
    private final NanoClock clock;
    private final Lookup lookup;
    private final long nameLimitNs;
    private long leftNs;

    /** Asks the system, with the limits above. */
    public SystemHostResolver(NanoClock clock)
    {
        this(readHosts(HOSTS_FILE), clock, InetAddress::getAllByName, NAME_TIME_LIMIT, LOAD_TIME_LIMIT);
    }

    SystemHostResolver(
        Map<String, InetAddress> hosts, NanoClock clock, Lookup lookup, Duration nameLimit, Duration loadLimit)
    {
        this.hosts = hosts;
        this.clock = clock;
        this.lookup = lookup;
        this.nameLimitNs = nameLimit.toNanos();
        this.leftNs = loadLimit.toNanos();
    }

    @Override
    public InetAddress resolve(String host) throws UnknownHostException
    {
        InetAddress listed = host.length() < HOSTS_NAME_LENGTH_LIMIT ? hosts.get(host) : null;
        if (listed != null)
        {
            return listed;
        }
        if (host.indexOf('.') < 0)
        {
            throw new UnknownHostException(
                "a name without a dot is looked for in the hosts file only and is not there");
        }
        long ipv4 = Ipv4Text.parseShort(host);
        if (ipv4 >= 0)
        {
            return toAddress((int)ipv4);
        }
        if (host.chars().allMatch(character -> character == '.' || character >= '0' && character <= '9'))
        {
            // Java would read 127.0.0.08 as decimal
            throw new UnknownHostException("it is not an IPv4 address");
        }
        return askSystem(host);
    }

    /** Reads the IPv4 entries of a hosts file; a file that cannot be read has none. [C-CFG-20] */
    static Map<String, InetAddress> readHosts(Path file)
    {
        Map<String, InetAddress> found = new HashMap<>();
        try
        {
            Files.readString(file, StandardCharsets.ISO_8859_1).lines().forEach(line -> addHosts(line, found));
        }
        catch (IOException e)
        {
            return Map.of();
        }
        return Map.copyOf(found);
    }

    private static void addHosts(String line, Map<String, InetAddress> found)
    {
        int comment = line.indexOf('#');
        String[] words = (comment < 0 ? line : line.substring(0, comment)).trim().split("\\s+", -1);
        long address = Ipv4Text.parseDotted(words[0]);
        for (int i = 1; i < words.length && address >= 0; i++)
        {
            found.putIfAbsent(words[i], toAddress((int)address));
        }
    }

    private InetAddress askSystem(String host) throws UnknownHostException
    {
        if (leftNs <= 0)
        {
            throw new UnknownHostException("the time for names of this load is used up");
        }
        FutureTask<InetAddress[]> answer = new FutureTask<>(() -> lookup.addressesOf(host));
        Thread.ofPlatform().daemon().name("resolve-" + host).start(answer);
        long beginNs = clock.nanoTime();
        try
        {
            return first(answer.get(Math.min(nameLimitNs, leftNs), TimeUnit.NANOSECONDS));
        }
        catch (ExecutionException e)
        {
            throw unknown("the system's resolver does not know it", e);
        }
        catch (TimeoutException e)
        {
            throw unknown("the system's resolver did not answer in time", e);
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            throw unknown("interrupted while waiting for the system's resolver", e);
        }
        finally
        {
            answer.cancel(true);
            leftNs -= clock.nanoTime() - beginNs;
        }
    }

    /** IPv4 first, IPv6 if there is no IPv4; the first of them. [C-CFG-20] */
    private static InetAddress first(InetAddress[] addresses) throws UnknownHostException
    {
        for (InetAddress address : addresses)
        {
            if (address instanceof Inet4Address)
            {
                return address;
            }
        }
        if (addresses.length == 0)
        {
            throw new UnknownHostException("the system's resolver knows no address of it");
        }
        return addresses[0];
    }

    private static InetAddress toAddress(int ipv4)
    {
        try
        {
            return InetAddress.getByAddress(
                new byte[]{(byte)(ipv4 >>> 24), (byte)(ipv4 >>> 16), (byte)(ipv4 >>> 8), (byte)ipv4});
        }
        catch (UnknownHostException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static UnknownHostException unknown(String why, Throwable cause)
    {
        UnknownHostException e = new UnknownHostException(why);
        e.initCause(cause);
        return e;
    }

    /** The system's resolver. */
    @FunctionalInterface
    interface Lookup
    {
        InetAddress[] addressesOf(String host) throws UnknownHostException;
    }
}
