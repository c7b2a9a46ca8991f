// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Jce;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The domain that the laboratory plays answers as proxies want it. [P-TLS-22] [P-TLS-52] */
class LocalOriginTest
{
    private static final int TIMEOUT_MS = 20_000;

    @ParameterizedTest
    @CsvSource({"false, 001d0020, 32", "true, 11ec0460, 1120"})
    void shouldAnswerByTheShareThatIsOffered(boolean isHybrid, String head, int shareLength) throws Exception
    {
        byte[] hello = FakeTlsClientPeer.unsignedHello("localhost", new SplittableRandom(1), 1790, "1301",
            isHybrid ? Jce.mlKem768PublicKey() : new byte[0]);
        try (LocalOrigin origin = LocalOrigin.open(0);
            Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), origin.port()))
        {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.getOutputStream().write(hello);
            InputStream in = socket.getInputStream();
            byte[] serverHello = record(in, 0x16);
            assertArrayEquals(new byte[]{1}, record(in, 0x14));
            assertEquals(LocalOrigin.RECORD_LENGTH, record(in, 0x17).length);

            assertEquals(90 + shareLength, serverHello.length);
            assertArrayEquals(Arrays.copyOfRange(hello, 44, 76), Arrays.copyOfRange(serverHello, 39, 71));
            assertEquals("1301", HexFormat.of().formatHex(serverHello, 71, 73));
            assertEquals("002b000203040033", HexFormat.of().formatHex(serverHello, 76, 84));
            assertEquals(head, HexFormat.of().formatHex(serverHello, 86, 90));
            origin.awaitLook(0);
            assertEquals(1, origin.connections());
        }
    }

    @Test
    void shouldSayThatItsPortIsTaken() throws Exception
    {
        try (LocalOrigin first = LocalOrigin.open(0))
        {
            IOException e = assertThrows(IOException.class, () -> LocalOrigin.open(first.port()));
            assertTrue(e.getMessage().contains("127.0.0.1:" + first.port()), e.getMessage());
        }
    }

    private static byte[] record(InputStream in, int type) throws IOException
    {
        byte[] header = in.readNBytes(5);
        assertEquals(type, header[0]);
        return in.readNBytes((header[3] & 0xff) << 8 | header[4] & 0xff);
    }
}
