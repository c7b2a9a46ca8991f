// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.FaultPlan.AnswerFault;
import io.mtproxy.soak.FaultPlan.CloseAt;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The server over real sockets, with a proxy's half of one link against it. */
@Timeout(180)
class DatacenterServerTest
{
    private static final byte[] SECRET = new byte[32];
    private static final int ABRIDGED = 0x4002_1000;
    private static final byte[] PAYLOAD = Payloads.encrypted(7, 64, new SplittableRandom(1));

    @Test
    @DisplayName("[P-RPC-62] [P-RPC-66] ECHO answers with the payload and acknowledges when asked")
    void shouldEcho() throws Exception
    {
        try (DatacenterServer server = start(Mode.ECHO, FaultPlan.NONE); Link link = new Link(server))
        {
            link.request(ABRIDGED | 0x8000_0000, PAYLOAD);
            List<byte[]> frames = link.read(2);

            assertEquals(DatacenterPeer.RPC_SIMPLE_ACK, LittleEndian.getInt(frames.get(0), 0));
            assertTrue(LittleEndian.getInt(frames.get(0), 12) < 0);
            assertArrayEquals(PAYLOAD, Arrays.copyOfRange(frames.get(1), 16, frames.get(1).length));
            assertEquals(1, server.snapshot().linksReady());
        }
    }

    @Test
    void shouldSpeakMtproto() throws Exception
    {
        try (DatacenterServer server = start(Mode.MTPROTO, FaultPlan.NONE); Link link = new Link(server))
        {
            byte[] request = Payloads.reqPqMulti(new SplittableRandom(1));
            link.request(ABRIDGED | 2, request);
            byte[] frame = link.read(1).getFirst();

            assertEquals(0x05162463, LittleEndian.getInt(frame, 16 + 20));
            assertArrayEquals(Arrays.copyOfRange(request, 24, 40), Arrays.copyOfRange(frame, 40, 56));
        }
    }

    @ParameterizedTest
    @EnumSource(value = CloseAt.class, names = {"NEVER", "ANSWER"}, mode = EnumSource.Mode.EXCLUDE)
    void shouldCloseAtEachStep(CloseAt step) throws Exception
    {
        try (DatacenterServer server = start(Mode.ECHO, FaultPlan.NONE.withCloseAt(step).withLinksAffected(1)))
        {
            assertThrows(IOException.class, () ->
            {
                try (Link link = new Link(server))
                {
                    link.request(ABRIDGED, PAYLOAD);
                    link.read(1);
                }
            });
            try (Link link = new Link(server))
            {
                link.request(ABRIDGED, PAYLOAD);
                assertEquals(1, link.read(1).size());
            }
        }
    }

    @Test
    void shouldSendFaultyAnswers() throws Exception
    {
        FaultPlan faults = FaultPlan.NONE.withAnswerFault(AnswerFault.CLOSE_EXTERNAL, 2);
        try (DatacenterServer server = start(Mode.ECHO, faults); Link link = new Link(server))
        {
            link.request(ABRIDGED, PAYLOAD);
            link.request(ABRIDGED, PAYLOAD);
            List<byte[]> frames = link.read(3);

            assertEquals(DatacenterPeer.RPC_CLOSE_EXT, LittleEndian.getInt(frames.get(2), 0));
        }
    }

    @Test
    @DisplayName("[P-CON-53] a server that reads no more makes its proxy wait")
    void shouldStopReading() throws Exception
    {
        FaultPlan faults = FaultPlan.NONE.withReadLimit(44 + 48 + 160);
        try (DatacenterServer server = start(Mode.ECHO, faults); Link link = new Link(server))
        {
            link.request(ABRIDGED, PAYLOAD);
            assertEquals(1, link.read(1).size());
            link.request(ABRIDGED, PAYLOAD);
            link.socket.setSoTimeout(200);

            assertThrows(IOException.class, () -> link.read(1));
            assertEquals(1, server.snapshot().requests());
        }
    }

    @Test
    void shouldReportViolations() throws Exception
    {
        try (DatacenterServer server = start(Mode.ECHO, FaultPlan.NONE); Link link = new Link(server))
        {
            link.request(0x1000, PAYLOAD);
            link.read(1);

            assertEquals("P-RPC-41", server.violations().getFirst().clause());
        }
    }

    @Test
    void shouldListenOnLoopbackOnly()
    {
        DatacenterSettings settings = DatacenterSettings.of(SECRET, Mode.ECHO);

        assertThrows(
            IllegalArgumentException.class, () -> settings.withAddress(new InetSocketAddress("0.0.0.0", 0)));
        assertFalse(settings.toString().contains("[B@"));
    }

    private static DatacenterServer start(Mode mode, FaultPlan faults) throws IOException
    {
        return DatacenterServer.start(DatacenterSettings.of(SECRET, mode).withFaults(faults));
    }

    /** A link that is ready, or an IOException. */
    private static final class Link implements AutoCloseable
    {
        final Socket socket;
        private final ProxyLink rpc;

        Link(DatacenterServer server) throws IOException
        {
            socket = new Socket(server.address().getAddress(), server.port());
            socket.setSoTimeout(60_000);
            rpc = new ProxyLink(
                SECRET,
                new LinkEnds(
                    (InetSocketAddress)socket.getRemoteSocketAddress(),
                    (InetSocketAddress)socket.getLocalSocketAddress()),
                (int)(System.currentTimeMillis() / 1000));
            socket.getOutputStream().write(rpc.nonce());
            socket.getOutputStream().write(rpc.handshake(readExactly(44), new byte[12]));
            rpc.receive(readExactly(48));
            rpc.useCrc32c();
        }

        void request(int flags, byte[] payload) throws IOException
        {
            socket.getOutputStream().write(rpc.send(ProxyLink.request(flags, 5, payload)));
        }

        List<byte[]> read(int count) throws IOException
        {
            List<byte[]> frames = new ArrayList<>();
            while (frames.size() < count)
            {
                frames.addAll(rpc.receive(readExactly(16)));
            }
            return frames;
        }

        private byte[] readExactly(int length) throws IOException
        {
            InputStream in = socket.getInputStream();
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length)
            {
                throw new IOException("closed after " + bytes.length + " of " + length + " bytes");
            }
            return bytes;
        }

        @Override
        public void close() throws IOException
        {
            socket.close();
        }
    }
}
