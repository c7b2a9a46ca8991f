// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkListTest
{
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "10.0.0.0/8 | 10.255.255.255 | true",
        "10.0.0.0/8 | 11.0.0.0 | false",
        "10.0.0.0/8 | 9.255.255.255 | false",
        "10.1.2.0/23 | 10.1.3.255 | true",
        "10.1.2.0/23 | 10.1.4.0 | false",
        "192.0.2.1 | 192.0.2.1 | true",
        "192.0.2.1 | 192.0.2.2 | false",
        "192.0.2.1/32 | 192.0.2.0 | false",
        "0.0.0.0/0 | 203.0.113.9 | true",
        "0.0.0.0/0 | 2001:db8::1 | false",
        "::/0 | 2001:db8::1 | true",
        "::/0 | 192.0.2.1 | false",
        "2001:db8::/33 | 2001:db8:7fff::1 | true",
        "2001:db8::/33 | 2001:db8:8000::1 | false",
        "::1 | ::1 | true",
        "10.0.0.0/8 , 192.0.2.1 | 192.0.2.1 | true",
        "10.0.0.0/8 | ::ffff:10.1.1.1 | true"})
    void shouldKnowWhoIsInside(String list, String address, boolean isInside)
    {
        assertEquals(isInside, NetworkList.parse(list).contains(InetAddress.ofLiteral(address)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.0.0.0/8,", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.1/8", "10.1/16", "10",
        "localhost", "fd00::/129", "fd00::1/8", "10.0.0.0/8 192.0.2.1", "1.2.3.256"})
    void shouldRefuse(String list)
    {
        String message = assertThrows(IllegalArgumentException.class, () -> NetworkList.parse(list)).getMessage();
        assertTrue(message.startsWith("\""), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "192.0.2.1:9100 | /192.0.2.1:9100",
        "0.0.0.0:0 | /0.0.0.0:0",
        "[::1]:65535 | /[0:0:0:0:0:0:0:1]:65535"})
    void shouldReadEndpoint(String text, String endpoint)
    {
        assertEquals(endpoint, Endpoints.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9100", ":9100", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x",
        "::1:9100",
        "[::1:9100", "[::1]", "localhost:9100", "[]:9100", "[1.2]:9100"})
    void shouldRefuseEndpoint(String text)
    {
        String message = assertThrows(IllegalArgumentException.class, () -> Endpoints.parse(text)).getMessage();
        assertTrue(message.startsWith("\"" + text + "\""), message);
    }
}
