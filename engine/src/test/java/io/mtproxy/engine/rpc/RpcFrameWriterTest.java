// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.crypto.Cipher;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RpcFrameWriterTest
{
    private static final byte[] KEY = new byte[32];
    private static final byte[] IV = new byte[16];

    private final CipherScratch scratch = new CipherScratch();
    private final ChunkPool pool = new ChunkPool(64L * 1024 * 1024);

    @Test
    @DisplayName("[P-RPC-01] [P-RPC-04] [P-RPC-05] [P-RPC-06] [P-RPC-07] the client's side of rpc_frames.json, byte-exact")
    void shouldWriteTheConnectionsOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("connections"))
        {
            Link link = new Link();
            int frames = 0;
            for (JsonNode step : vector.get("steps"))
            {
                if (step.get("dir").asText().equals("c2s"))
                {
                    for (byte[] payload : payloadsOf(RpcVectors.hex(step.get("plain"))))
                    {
                        link.write(payload, step.get("encrypted").asBoolean());
                        frames++;
                    }
                    if (frames == 1)
                    {
                        link.writer.startEncrypting(RpcVectors.hex(vector.get("client_to_server_key")),
                            RpcVectors.hex(vector.get("client_to_server_iv")));
                    }
                    if (frames == 2 && vector.get("crc_after_handshake").asText().equals("crc32c"))
                    {
                        link.writer.useCrc32c();
                    }
                    assertTrue(link.writer.flush());
                    assertEquals(step.get("wire").asText(), RpcVectors.toHex(link.drain()));
                }
            }
            assertTrue(frames > 4);
        }
    }

    @Test
    @DisplayName("[P-RPC-11] [P-RPC-31] what the C program sent: nonce frame in clear, then its handshake, byte-exact")
    void shouldWriteWhatCWrote()
    {
        JsonNode captured = RpcVectors.read("captured_from_c.json");
        for (String name : new String[]{"rpc_v4", "rpc_v6"})
        {
            JsonNode vector = captured.get(name);
            Link link = new Link();
            link.write(payloadsOf(RpcVectors.hex(vector.get("client_nonce_frame"))).getFirst(), false);
            assertEquals(0, link.writer.plainLength());
            assertEquals(vector.get("client_nonce_frame").asText(), RpcVectors.toHex(link.drain()));

            link.writer.startEncrypting(RpcVectors.hex(vector.get("c2s_key")), RpcVectors.hex(vector.get("c2s_iv")));
            for (byte[] payload : payloadsOf(RpcVectors.hex(vector.get("client_plain"))))
            {
                link.write(payload, true);
            }
            assertTrue(link.writer.flush());
            assertEquals(vector.get("client_encrypted").asText(), RpcVectors.toHex(link.drain()));
        }
    }

    @Test
    @DisplayName("[P-RPC-06] [P-RPC-07] links taking turns, frames in parts, flushes anywhere: each stream stays one chain")
    void shouldKeepLinksApart()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new Random(seed);
            List<Link> links = List.of(new Link(), new Link(), new Link());
            for (Link link : links)
            {
                link.open(seed % 2 == 0);
            }
            for (int i = 0; i < 300; i++)
            {
                Link link = links.get(random.nextInt(links.size()));
                switch (random.nextInt(6))
                {
                    case 0 -> assertTrue(link.writer.flush());
                    case 1 -> link.finish();
                    case 2 -> link.out.writeBytes(link.drain());
                    default -> link.step(random);
                }
            }
            for (Link link : links)
            {
                link.finish();
                assertTrue(link.writer.flush());
                assertEquals(0, link.writer.plainLength());
                link.out.writeBytes(link.drain());
                link.assertStream(seed % 2 == 0);
            }
            assertEquals(0, pool.usedCount());
        }
    }

    @Test
    @DisplayName("[P-RPC-07] padding stands once a flush and never inside a frame, at most three words")
    void shouldPadOnceAFlush()
    {
        for (int words = 1; words <= 8; words++)
        {
            Link link = new Link();
            link.open(false);
            link.writer.beginFrame(4 * words);
            assertTrue(link.writer.append(new UnsafeBuffer(new byte[4 * words]), 0, 4 * words));
            assertTrue(link.writer.flush());
            assertTrue(link.writer.isFrameOpen());
            assertTrue(link.writer.endFrame());
            assertTrue(link.writer.flush());
            assertTrue(link.writer.flush());
            byte[] plain = link.decryptAll(link.drain());
            assertEquals((4 * words + 12 + 15) / 16 * 16, plain.length);
            assertEquals(1, payloadsOf(plain).size());
        }
    }

    @Test
    @DisplayName("[P-RPC-06] a block may lie in two chunks, when a piece of the clear frame still waits")
    void shouldWriteBlocksAcrossChunks()
    {
        Link link = new Link();
        link.write(new byte[32], false);
        link.writer.startEncrypting(KEY, IV);
        byte[] payload = new byte[100_000];
        new Random(1).nextBytes(payload);
        link.write(payload, true);
        assertTrue(link.writer.flush());
        byte[] sent = link.drain();

        byte[] plain = RpcVectors.crypt(RpcVectors.cipher(Cipher.DECRYPT_MODE, KEY, IV),
            Arrays.copyOfRange(sent, 44, sent.length));
        assertArrayEquals(RpcVectors.pad(RpcVectors.frame(-1, payload, false)), plain);
    }

    @Test
    @DisplayName("[C-LIM-10] a pool that is used up is an answer, also when found while two links encrypt together")
    void shouldSayThatThePoolIsUsedUp()
    {
        ChunkPool small = new ChunkPool(0);
        Link link = new Link(small);
        Link other = new Link(small);
        link.open(false);
        other.open(false);
        int most = 16 * 1024 * (small.chunkCountMax() - 2);
        link.write(new byte[most - 12], true);
        assertTrue(other.writer.writeFrame(new UnsafeBuffer(new byte[4]), 0, 4));
        other.writer.pad();

        RpcFrameWriter.encryptTogether(link.writer, other.writer);

        assertTrue(link.writer.flush() ^ other.writer.flush(), "one chunk was left, for one of them");
        assertFalse(link.writer.writeFrame(new UnsafeBuffer(new byte[40_000]), 0, 40_000));
        assertFalse(link.writer.flush());
        assertFalse(link.writer.writeFrame(new UnsafeBuffer(new byte[4]), 0, 4));
        link.writer.close();
        link.chain.clear();
        other.writer.close();
        other.chain.clear();
        assertEquals(0, small.usedCount());
    }

    @Test
    @DisplayName("[P-RPC-06] two links that encrypt together send what each would send alone, whatever the lengths")
    void shouldEncryptTogether()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new Random(seed);
            List<Link> links = List.of(new Link(), new Link(), new Link());
            for (Link link : links)
            {
                link.open(seed % 2 == 0);
            }
            for (int i = 0; i < 200; i++)
            {
                Link link = links.get(random.nextInt(3));
                Link partner = links.get(random.nextInt(3));
                switch (random.nextInt(8))
                {
                    case 0 -> assertTrue(link.writer.flush());
                    case 1 -> link.writer.pad();
                    case 2 -> link.out.writeBytes(link.drain());
                    case 3 ->
                    {
                        if (link != partner)
                        {
                            RpcFrameWriter.encryptTogether(link.writer, partner.writer);
                            assertFalse(link.writer.hasBlocks() && partner.writer.hasBlocks());
                        }
                    }
                    default -> link.step(random);
                }
            }
            for (Link link : links)
            {
                link.finish();
                assertTrue(link.writer.flush());
                link.out.writeBytes(link.drain());
                link.assertStream(seed % 2 == 0);
            }
            assertEquals(0, pool.usedCount());
        }
    }

    @Test
    @DisplayName("a closed link leaves nothing for the next one")
    void shouldForgetWhatWasNotFlushed()
    {
        Link closed = new Link();
        closed.open(false);
        closed.writer.beginFrame(8);
        closed.writer.close();
        Link link = new Link();
        link.open(false);
        link.write(new byte[4], true);
        assertTrue(link.writer.flush());
        assertEquals(1, payloadsOf(link.decryptAll(link.drain())).size());
        assertFalse(closed.writer.flush());
        assertEquals(0, closed.chain.length());
    }

    @Test
    @DisplayName("writing allocates nothing after warm-up, with links taking turns")
    void shouldNotAllocate()
    {
        Link first = new Link();
        Link second = new Link();
        first.open(true);
        second.open(true);
        UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocateDirect(40_000));
        assertEquals(0, LeastAllocation.bytesOf(() -> writeMany(first, second, payload)));
    }

    private static void writeMany(Link first, Link second, UnsafeBuffer payload)
    {
        for (int i = 0; i < 1000; i++)
        {
            first.writer.writeFrame(payload, 0, 200);
            second.writer.writeFrame(payload, 0, i % 100 == 0 ? 40_000 : 84);
            if (i % 4 == 0)
            {
                RpcFrameWriter.encryptTogether(first.writer, second.writer);
                first.writer.flush();
                second.writer.flush();
                first.chain.clear();
                second.chain.clear();
            }
        }
    }

    private static List<byte[]> payloadsOf(byte[] plain)
    {
        List<byte[]> payloads = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining())
        {
            int length = in.getInt();
            if (length != 4)
            {
                byte[] payload = new byte[length - 12];
                in.getInt();
                in.get(payload);
                in.getInt();
                payloads.add(payload);
            }
        }
        return payloads;
    }

    /** One link with what it should have sent. */
    private final class Link
    {
        final ChunkChain chain;
        final RpcFrameWriter writer;
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final List<byte[]> payloads = new ArrayList<>();
        private byte[] open = {};
        private int openDone;

        Link()
        {
            this(pool);
        }

        Link(ChunkPool from)
        {
            chain = new ChunkChain(from);
            writer = new RpcFrameWriter(from, chain, new AesCbcStream(scratch));
        }

        void open(boolean crc32c)
        {
            write(new byte[4], false);
            drain();
            writer.startEncrypting(KEY, IV);
            if (crc32c)
            {
                writer.useCrc32c();
            }
        }

        void write(byte[] payload, boolean encrypted)
        {
            UnsafeBuffer buffer = RpcVectors.direct(payload);
            assertTrue(encrypted ?
                writer.writeFrame(buffer, 0, payload.length) :
                writer.writeClear(buffer, 0, payload.length));
        }

        /** Begins a frame, or appends to the open one, or ends it. */
        void step(Random random)
        {
            if (!writer.isFrameOpen())
            {
                open = new byte[4 * (1 + random.nextInt(random.nextInt(10) == 0 ? 10_000 : 100))];
                random.nextBytes(open);
                openDone = 0;
                writer.beginFrame(open.length);
            }
            int length = random.nextInt(open.length - openDone + 1);
            assertTrue(writer.append(RpcVectors.direct(open), openDone, length));
            openDone += length;
            if (openDone == open.length)
            {
                finish();
            }
        }

        void finish()
        {
            if (writer.isFrameOpen())
            {
                assertTrue(writer.append(RpcVectors.direct(open), openDone, open.length - openDone));
                assertTrue(writer.endFrame());
                payloads.add(open);
            }
        }

        byte[] drain()
        {
            byte[] bytes = new byte[chain.length()];
            chain.take(new UnsafeBuffer(bytes.length == 0 ? new byte[1] : bytes), 0, bytes.length);
            return bytes;
        }

        byte[] decryptAll(byte[] wire)
        {
            return RpcVectors.crypt(RpcVectors.cipher(Cipher.DECRYPT_MODE, KEY, IV), wire);
        }

        void assertStream(boolean crc32c)
        {
            byte[] plain = decryptAll(out.toByteArray());
            ByteBuffer in = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
            int sequence = -1;
            for (byte[] payload : payloads)
            {
                byte[] expected = RpcVectors.frame(sequence++, payload, crc32c);
                while (in.getInt(in.position()) == 4)
                {
                    in.getInt();
                }
                byte[] found = new byte[expected.length];
                in.get(found);
                assertArrayEquals(expected, found);
            }
            assertTrue(in.remaining() < 16);
        }
    }
}
