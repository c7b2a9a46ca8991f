// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.ConfigTimes;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a master hands to its workers comes out as it went in. [C-LIFE-10] [C-LIFE-12] */
class WorkerSettingsTest
{
    private static final String CONF =
        "default 2; min_connections 3; proxy_for 2 10.0.0.1:443; proxy_for -2 10.0.0.1:443; proxy_for 4 [::1]:80;" +
            "proxy_for 4 10.0.0.2:1; proxy_for 4 10.0.0.1:443;";
    private static final String DIGITS = "00112233445566778899aabbccddeeff";

    @Test
    void shouldKeepEverything() throws Exception
    {
        ProxyMultiConf conf = ProxyMultiConf.parse("conf", CONF.getBytes(StandardCharsets.US_ASCII),
            InetAddress::ofLiteral);
        byte[] proxySecret = new byte[64];
        proxySecret[3] = 7;
        WorkerSettings settings = new WorkerSettings(List.of("-v", "", "ü \n", "conf"), conf,
            SecretList.of(List.of(Secret.parse(DIGITS), Secret.parse(DIGITS.replace('0', '1')))),
            ProxySecretFile.of(proxySecret), 8888, "/a/b", true, new ConfigTimes(1_795_600_000_123L, 7), 3);

        WorkerSettings read = readBack(settings);

        assertEquals(settings.arguments(), read.arguments());
        assertEquals(conf, read.conf());
        assertEquals(List.copyOf(conf.clusters().keySet()), List.copyOf(read.conf().clusters().keySet()));
        assertEquals(2, read.secrets().size());
        assertEquals(settings.secrets().get(1), read.secrets().get(1));
        ProxySecretFile readSecret = read.proxySecret();
        assertNotNull(readSecret);
        assertArrayEquals(proxySecret, readSecret.bytes());
        assertEquals(8888, read.statsPort());
        assertEquals("/a/b", read.statusFile());
        assertTrue(read.isReplacement());
        assertEquals(settings.configTimes(), read.configTimes());
        assertEquals(3, read.place());
        assertFalse(settings.toString().contains("conf"));
    }

    @Test
    void shouldKeepWhatIsNotThere() throws Exception
    {
        ProxyMultiConf conf = new ProxyMultiConf(List.of(), Map.of(), 1, 0, "", List.of());

        WorkerSettings read = readBack(new WorkerSettings(List.of(), conf, SecretList.empty(), null, 0, "", false,
            null, 0));

        assertNull(read.proxySecret());
        assertEquals(0, read.secrets().size());
        assertEquals("", read.statusFile());
        assertNull(read.configTimes(), "of a master that did not know it");
    }

    @Test
    void shouldRefuseSomethingElse()
    {
        byte[] other = new byte[]{0, 0, 0, 1, -1, -1, -1, -1};

        assertThrows(IOException.class, () -> WorkerSettings.read(new DataInputStream(new ByteArrayInputStream(
            other))));
    }

    /** After an upgrade a master of another build may know more, or say all of it in another way. */
    @Test
    void shouldReadWhatAnotherBuildWrote() throws Exception
    {
        ProxyMultiConf conf = new ProxyMultiConf(List.of(), Map.of(), 1, 0, "", List.of());
        byte[] written = new WorkerSettings(List.of("conf"), conf, SecretList.empty(), null, 7, "file", true, null, 1)
            .toBytes();
        byte[] longer = ByteBuffer.allocate(written.length + 5).put(written).putInt(4, written.length - 8 + 5).array();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(longer));

        WorkerSettings read = WorkerSettings.read(in);

        assertEquals("file", read.statusFile());
        assertEquals(-1, in.read(), "orders come next");
        written[3] = 2;
        IOException refused = assertThrows(IOException.class,
            () -> WorkerSettings.read(new DataInputStream(new ByteArrayInputStream(written))));
        assertTrue(refused.getMessage().contains("of form 2, this build reads 1 — restart the proxy"),
            refused::getMessage);
    }

    private static WorkerSettings readBack(WorkerSettings settings) throws IOException
    {
        return WorkerSettings.read(new DataInputStream(new ByteArrayInputStream(settings.toBytes())));
    }
}
