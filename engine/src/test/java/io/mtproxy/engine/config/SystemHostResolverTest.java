// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SystemHostResolverTest
{
    private final List<String> asked = new ArrayList<>();

    @TempDir Path folder;

    @Test
    @DisplayName("[C-CFG-20] hosts file first: IPv4 entries only, the first of a name, comments left out")
    void shouldLookIntoTheHostsFileFirst() throws IOException
    {
        Path hosts = Files.writeString(folder.resolve("hosts"), """
            # 10.0.0.9 commented.example
            ::1            localhost six.example
            10.0.0.1       mtproxy-one  one.example # uno.example
            10.0.0.2       one.example

            bad line
            10.0.0.300     bad.example
            """);
        SystemHostResolver resolver = resolver(SystemHostResolver.readHosts(hosts));

        assertEquals(address("10.0.0.1"), resolver.resolve("mtproxy-one"));
        assertEquals(address("10.0.0.1"), resolver.resolve("one.example"));
        assertEquals(List.of(), asked);
        for (String other : new String[]{"six.example", "uno.example", "commented.example", "bad.example"})
        {
            assertThrows(UnknownHostException.class, () -> resolver.resolve(other));
        }
        assertEquals(4, asked.size());
        assertEquals(Map.of(), SystemHostResolver.readHosts(folder.resolve("missing")));
    }

    @Test
    @DisplayName("[C-CFG-20] names of 128 characters are not looked for in the hosts file")
    void shouldNotLookForLongNames() throws UnknownHostException
    {
        String shorter = "a".repeat(127);
        String longer = "a".repeat(128);
        SystemHostResolver resolver = resolver(Map.of(shorter, address("10.0.0.1"), longer, address("10.0.0.1")));
        assertEquals(address("10.0.0.1"), resolver.resolve(shorter));
        assertThrows(UnknownHostException.class, () -> resolver.resolve(longer));
    }

    @Test
    @DisplayName("[C-CFG-20] the system's resolver: IPv4 before IPv6, the first one of them")
    void shouldPreferIpv4() throws UnknownHostException
    {
        SystemHostResolver resolver = resolver(Map.of());
        assertEquals(address("10.0.0.5"), resolver.resolve("both.example"));
        assertEquals(address("2001:db8::5"), resolver.resolve("six-only.example"));
        assertEquals(List.of("both.example", "six-only.example"), asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "2130706433", "mtproxy-one", "0x7f000001"})
    @DisplayName("[C-CFG-21] a name without a dot, a bare number too, is never sent to the resolver")
    void shouldNotAskForNamesWithoutADot(String host)
    {
        UnknownHostException refused =
            assertThrows(UnknownHostException.class, () -> resolver(Map.of()).resolve(host));
        assertTrue(refused.getMessage().contains("without a dot"));
        assertEquals(List.of(), asked);
    }

    @ParameterizedTest
    @CsvSource({"127.1, 127.0.0.1", "10.1.2, 10.1.0.2", "10.0.0.1, 10.0.0.1", "0x0a.1, 10.0.0.1", "010.1, 8.0.0.1",
        "10.65537, 10.1.0.1", "255.255.255.255, 255.255.255.255", "1.16777215, 1.255.255.255"})
    @DisplayName("[C-CFG-21] short IPv4 forms with a dot work without the resolver")
    void shouldTakeShortForms(String host, String address) throws UnknownHostException
    {
        assertEquals(address(address), resolver(Map.of()).resolve(host));
        assertEquals(List.of(), asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"256.1", "1.2.3.4.5", "1..2", "1.16777216", "1.2.3.256", ".1", "1.", "09.1", "127.0.0.08",
        "99999999999999999999.1"})
    @DisplayName("[C-CFG-21] what is only digits and dots and no address is no name either")
    void shouldNotAskForNumbers(String host)
    {
        assertThrows(UnknownHostException.class, () -> resolver(Map.of()).resolve(host));
        assertEquals(List.of(), asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x.1", "1.-1", "1.2.3.4a"})
    @DisplayName("[C-CFG-21] what is no address is a name")
    void shouldAskForWhatIsNoAddress(String host)
    {
        assertThrows(UnknownHostException.class, () -> resolver(Map.of()).resolve(host));
        assertEquals(List.of(host), asked);
    }

    @Test
    @DisplayName("[C-CFG-24] a silent resolver costs a bounded time for one name and for all of a load")
    void shouldLimitTheTime()
    {
        CountDownLatch never = new CountDownLatch(1);
        AtomicLong nowNs = new AtomicLong();
        // each look at the clock is 30 ms after the one before, so that each name takes just that
        NanoClock clock = () -> nowNs.addAndGet(Duration.ofMillis(30).toNanos());
        SystemHostResolver resolver = new SystemHostResolver(Map.of(), clock, host ->
        {
            try
            {
                never.await();
            }
            catch (InterruptedException e)
            {
                Thread.currentThread().interrupt();
            }
            return new InetAddress[0];
        }, Duration.ofMillis(30), Duration.ofMillis(50));

        assertTrue(failure(resolver, "a.example").contains("did not answer in time"));
        assertTrue(failure(resolver, "b.example").contains("did not answer in time"));
        assertTrue(failure(resolver, "c.example").contains("time for names of this load is used up"));
    }

    private static String failure(HostResolver resolver, String host)
    {
        return assertThrows(UnknownHostException.class, () -> resolver.resolve(host)).getMessage();
    }

    private SystemHostResolver resolver(Map<String, InetAddress> hosts)
    {
        return new SystemHostResolver(hosts, SystemNanoClock.INSTANCE, host ->
        {
            asked.add(host);
            return switch (host)
            {
                case "both.example" -> new InetAddress[]{address("2001:db8::5"), address("10.0.0.5"),
                    address("10.0.0.6")};
                case "six-only.example" -> new InetAddress[]{address("2001:db8::5"), address("2001:db8::6")};
                default -> throw new UnknownHostException(host);
            };
        }, Duration.ofSeconds(5), Duration.ofSeconds(20));
    }

    private static InetAddress address(String literal)
    {
        return InetAddress.ofLiteral(literal);
    }
}
