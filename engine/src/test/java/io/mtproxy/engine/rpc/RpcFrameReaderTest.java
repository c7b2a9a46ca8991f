// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.engine.rpc.RpcFrameHandler.Action;
import io.mtproxy.engine.rpc.RpcFrameReader.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import javax.crypto.Cipher;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RpcFrameReaderTest
{
    private static final byte[] KEY = new byte[32];
    private static final byte[] IV = new byte[16];
    private static final byte[] PING = RpcVectors.hex("dfa23057efcdab8967452301");

    private final CipherScratch scratch = new CipherScratch();
    private final LentArray array = LentArray.forReaders();

    @Test
    @DisplayName("[P-RPC-01] [P-RPC-02] [P-RPC-05] [P-RPC-06] connections of rpc_frames.json, whole, byte by byte, cut anywhere")
    void shouldReadTheConnectionsOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("connections"))
        {
            byte[] wire = stream(vector, "wire");
            List<String> expected = payloadsOf(vector);
            assertTrue(expected.size() >= 6, "frames in the vector");

            assertEquals(expected, readConnection(vector, wire, new int[]{wire.length}));
            assertEquals(expected, readConnection(vector, wire, new int[]{1}));
            for (int cut = 1; cut < wire.length; cut++)
            {
                assertEquals(expected, readConnection(vector, wire, new int[]{cut, wire.length}));
            }
        }
    }

    @Test
    @DisplayName("[P-RPC-06] [P-RPC-33] what the C program was sent is decrypted byte-exact")
    void shouldReadWhatCWasSent()
    {
        JsonNode captured = RpcVectors.read("captured_from_c.json");
        for (String name : new String[]{"rpc_v4", "rpc_v6"})
        {
            JsonNode vector = captured.get(name);
            Recorder recorder = new Recorder();
            byte[] wire = RpcVectors.hex(vector.get("server_bytes"));
            RpcFrameReader reader = newReader();
            recorder.onNonce = () -> reader.startDecrypting(
                RpcVectors.hex(vector.get("s2c_key")), RpcVectors.hex(vector.get("s2c_iv")));
            int offset = 0;
            for (int length : new int[]{44, wire.length - 44})
            {
                assertEquals(Status.OK, reader.read(RpcVectors.direct(Arrays.copyOfRange(wire, offset, offset +
                    length)),
                    0, length, recorder));
                offset += length;
            }
            assertEquals(2, recorder.frames.size());
            assertTrue(recorder.frames.get(1).startsWith("f5ee8276"), "a handshake");
            assertEquals(0, reader.heldLength());
        }
    }

    @Test
    @DisplayName("[P-RPC-02] [P-RPC-03] [P-RPC-04] [P-RPC-05] stream_errors of rpc_frames.json end the link, however cut")
    void shouldEndAtTheStreamErrorsOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("stream_errors"))
        {
            byte[] plain = RpcVectors.hex(vector.get("plain"));
            String name = vector.get("name").asText();
            Status expected = name.startsWith("crc") ?
                Status.CRC_WRONG :
                name.startsWith("sequence") ? Status.SEQUENCE_WRONG : Status.LENGTH_MALFORMED;
            for (int run = 1; run <= plain.length; run++)
            {
                Recorder recorder = new Recorder();
                RpcFrameReader reader = ready(false, recorder);
                assertEquals(expected, readRuns(reader, encrypt(RpcVectors.pad(plain)), recorder, run), name);
                assertEquals(List.of(), recorder.frames, name);
                assertEquals(expected, reader.read(RpcVectors.direct(PING), 0, 1, recorder), "stays ended");
            }
        }
    }

    @Test
    @DisplayName("[P-RPC-04] sequence numbers count on their own from -2 and wrap as an i32 does; a wrong one ends")
    void shouldRefuseAWrongSequence()
    {
        for (int wrong : new int[]{-2, -1, 0, 2, Integer.MIN_VALUE, Integer.MAX_VALUE})
        {
            Recorder recorder = new Recorder();
            RpcFrameReader reader = ready(false, recorder);
            byte[] plain = RpcVectors.concat(RpcVectors.frame(0, PING, false), RpcVectors.frame(wrong, PING, false));
            assertEquals(Status.SEQUENCE_WRONG, readRuns(reader, encrypt(RpcVectors.pad(plain)), recorder, 7));
            assertEquals(1, recorder.frames.size());
        }
        Recorder recorder = new Recorder();
        assertEquals(Status.SEQUENCE_WRONG, newReader().read(
            RpcVectors.direct(RpcVectors.frame(-1, PING, false)), 0, 24, recorder), "[P-RPC-13] nonce");
    }

    @Test
    @DisplayName("[P-RPC-03] 16 MiB + 4096 bytes are read, one word more is malformed")
    void shouldBoundTheLength()
    {
        Recorder recorder = new Recorder();
        byte[] payload = random(16 * 1024 * 1024 + 4096 - 12, 3);
        byte[] longest = RpcVectors.frame(0, payload, false);
        assertEquals(Status.OK, readRuns(ready(false, recorder), encrypt(RpcVectors.pad(longest)), recorder, 256 *
            1024));
        assertArrayEquals(payload, recorder.longPayload());

        byte[] tooLong = RpcVectors.frame(0, new byte[16 * 1024 * 1024 + 4096 - 8], false);
        Recorder second = new Recorder();
        assertEquals(Status.LENGTH_MALFORMED, readRuns(ready(false, second), encrypt(RpcVectors.pad(tooLong)),
            second, 256 * 1024));
    }

    @Test
    @DisplayName("[P-RPC-01] payloads around every border come whole or in parts, in any run length")
    void shouldGiveShortFramesWholeAndLongOnesInParts()
    {
        int whole = RpcFrameReader.WHOLE_PAYLOAD_LENGTH_MAX;
        Random random = new Random(5);
        for (int length : new int[]{4, 8, 12, 16, 20, 1024, whole - 4, whole, whole + 4, whole + 8, whole + 16380,
            whole + 16384, whole + 16388, 3 * 16384 - 4, 3 * 16384, 100_000})
        {
            byte[] payload = random(length, length);
            byte[] plain = RpcVectors.concat(RpcVectors.frame(0, PING, true), RpcVectors.frame(1, payload, true),
                RpcVectors.frame(2, PING, true));
            byte[] wire = encrypt(RpcVectors.pad(plain));
            for (int i = 0; i < 12; i++)
            {
                int run = i == 0 ? wire.length : 1 + random.nextInt(i < 4 ? 64 : 40_000);
                Recorder recorder = new Recorder();
                RpcFrameReader reader = ready(true, recorder);
                assertEquals(Status.OK, readRuns(reader, wire, recorder, run));
                assertEquals(0, reader.heldLength());
                if (length <= whole)
                {
                    assertEquals(List.of(RpcVectors.toHex(PING), RpcVectors.toHex(payload), RpcVectors.toHex(PING)),
                        recorder.frames);
                    assertEquals(0, recorder.longBeginCount);
                }
                else
                {
                    assertEquals(List.of(RpcVectors.toHex(PING), RpcVectors.toHex(PING)), recorder.frames);
                    assertEquals(1, recorder.longEndCount);
                    assertArrayEquals(payload, recorder.longPayload());
                }
            }
        }
    }

    @Test
    @DisplayName("[P-RPC-05] a wrong CRC of a long frame ends the link before its last part")
    void shouldNotGiveTheLastPartOfALongFrameWithAWrongCrc()
    {
        for (int at : new int[]{20, 30_000, 50_011, 50_012, 50_014})
        {
            byte[] frame = RpcVectors.frame(0, random(50_000, 9), false);
            frame[Math.min(at, frame.length - 1)] ^= 1;
            for (int run : new int[]{1, 16, 999, frame.length})
            {
                Recorder recorder = new Recorder();
                assertEquals(Status.CRC_WRONG,
                    readRuns(ready(false, recorder), encrypt(RpcVectors.pad(frame)), recorder, run));
                assertEquals(0, recorder.longEndCount);
                assertEquals(1, recorder.longBeginCount);
            }
        }
    }

    @Test
    @DisplayName("a handler without room stops the reader at any call; going on gives the same again, nothing twice")
    void shouldGoOnWhereItWasStopped()
    {
        byte[] longPayload = random(60_000, 1);
        byte[] shortPayload = random(9_000, 2);
        byte[] plain = RpcVectors.concat(RpcVectors.frame(0, PING, true), RpcVectors.hex("04000000"),
            RpcVectors.frame(1, shortPayload, true), RpcVectors.frame(2, longPayload, true),
            RpcVectors.frame(3, PING, true), RpcVectors.frame(4, shortPayload, true));
        byte[] wire = encrypt(RpcVectors.pad(plain));
        Random random = new Random(77);
        for (int round = 0; round < 300; round++)
        {
            int stopEvery = round % 5 == 0 ? 1 : 0;
            Recorder recorder = new Recorder();
            recorder.stopper = calls -> stopEvery == 1 ? calls % 2 : random.nextInt(3);
            RpcFrameReader reader = ready(true, recorder);
            RpcFrameReader other = round % 3 == 0 ? ready(true, new Recorder()) : null;
            readWithStops(reader, other, wire, recorder, random);

            assertEquals(List.of(RpcVectors.toHex(PING), RpcVectors.toHex(shortPayload), RpcVectors.toHex(PING),
                RpcVectors.toHex(shortPayload)), recorder.frames);
            assertArrayEquals(longPayload, recorder.longPayload());
            assertEquals(1, recorder.longEndCount);
            assertTrue(recorder.stopCount > 0 || stopEvery == 0);
        }
    }

    private void readWithStops(
        RpcFrameReader reader, RpcFrameReader other, byte[] wire, Recorder recorder, Random random)
    {
        UnsafeBuffer in = RpcVectors.direct(wire);
        Recorder otherRecorder = new Recorder();
        byte[] otherWire = encrypt(RpcVectors.frame(0, random(20, 4), true));
        int otherOffset = 0;
        for (int offset = 0; offset < wire.length || reader.isStopped();)
        {
            int length = Math.min(wire.length - offset, 1 + random.nextInt(random.nextBoolean() ? 100 : 30_000));
            Status status = reader.read(in, offset, length, recorder);
            offset += reader.takenLength();
            assertFalse(status.isEnd(), status.toString());
            assertTrue(status == Status.STOPPED || reader.takenLength() == length, "all taken unless stopped");
            assertTrue(reader.heldLength() <= RpcFrameReader.HELD_LENGTH_MAX);
            if (other != null && otherOffset < otherWire.length)
            {
                assertEquals(Status.OK, other.read(RpcVectors.direct(otherWire), otherOffset++, 1, otherRecorder));
            }
        }
        assertEquals(0, reader.heldLength());
    }

    @Test
    @DisplayName("[P-RPC-06] links of one agent share its array without disturbing each other")
    void shouldKeepLinksApart()
    {
        int linkCount = 5;
        Random random = new Random(31);
        List<RpcFrameReader> readers = new ArrayList<>();
        List<Recorder> recorders = new ArrayList<>();
        List<byte[]> wires = new ArrayList<>();
        List<List<String>> expected = new ArrayList<>();
        int[] offsets = new int[linkCount];
        for (int link = 0; link < linkCount; link++)
        {
            Recorder recorder = new Recorder();
            readers.add(ready(true, recorder));
            recorders.add(recorder);
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            List<String> frames = new ArrayList<>();
            for (int sequence = 0; sequence < 60; sequence++)
            {
                byte[] payload = random(4 * (1 + random.nextInt(sequence % 9 == 0 ? 4096 : 60)), link * 100L +
                    sequence);
                plain.writeBytes(RpcVectors.frame(sequence, payload, true));
                frames.add(RpcVectors.toHex(payload));
            }
            wires.add(encrypt(RpcVectors.pad(plain.toByteArray())));
            expected.add(frames);
        }
        for (int left = linkCount; left > 0;)
        {
            int link = random.nextInt(linkCount);
            int length = Math.min(wires.get(link).length - offsets[link], 1 + random.nextInt(3000));
            if (length > 0)
            {
                assertEquals(Status.OK, readers.get(link).read(
                    RpcVectors.direct(wires.get(link)), offsets[link], length, recorders.get(link)));
                offsets[link] += length;
                left -= offsets[link] == wires.get(link).length ? 1 : 0;
            }
        }
        for (int link = 0; link < linkCount; link++)
        {
            assertEquals(expected.get(link), recorders.get(link).frames);
        }
    }

    @Test
    @DisplayName("[P-RPC-13] bytes behind the nonce frame are counted, in what is held and in what was not taken yet")
    void shouldCountBytesBehindTheNonceFrame()
    {
        byte[] nonce = RpcVectors.frame(-2, random(32, 1), false);
        for (int behind : new int[]{0, 1, 3, 4, 100, 40_000})
        {
            RpcFrameReader reader = newReader();
            int[] counted = {-1};
            Recorder recorder = new Recorder();
            recorder.onNonce = () -> counted[0] = reader.behindLength();
            byte[] bytes = Arrays.copyOf(nonce, nonce.length + behind);
            reader.read(RpcVectors.direct(bytes), 0, bytes.length, recorder);
            assertEquals(behind, counted[0]);
        }
        RpcFrameReader reader = newReader();
        Recorder recorder = new Recorder();
        recorder.onNonce = () -> assertThrows(IllegalStateException.class, () -> reader.startDecrypting(KEY, IV));
        reader.read(RpcVectors.direct(Arrays.copyOf(nonce, 48)), 0, 48, recorder);
    }

    @Test
    @DisplayName("[P-RPC-35] a handler that wants the link closed, or closes it itself, hears no more")
    void shouldEndWhenTheHandlerCloses()
    {
        byte[] wire = encrypt(RpcVectors.pad(RpcVectors.concat(
            RpcVectors.frame(0, PING, false), RpcVectors.frame(1, PING, false))));
        Recorder recorder = new Recorder();
        RpcFrameReader reader = ready(false, recorder);
        recorder.answer = Action.CLOSE;
        assertEquals(Status.CLOSED, reader.read(RpcVectors.direct(wire), 0, wire.length, recorder));
        assertEquals(1, recorder.calls);
        assertTrue(reader.read(RpcVectors.direct(wire), 0, wire.length, recorder).isEnd());

        Recorder second = new Recorder();
        RpcFrameReader closed = ready(false, second);
        second.onNonce = closed::close;
        assertEquals(Status.CLOSED, closed.read(RpcVectors.direct(wire), 0, wire.length, second));
        assertEquals(1, second.frames.size());
        assertEquals(0, closed.heldLength());
    }

    @Test
    @DisplayName("[P-RPC-03] [P-RPC-05] random bytes, clear or encrypted, end the link and throw nothing")
    void shouldSurviveRandomBytes()
    {
        Random random = new Random(1234);
        for (int i = 0; i < 3000; i++)
        {
            Recorder recorder = new Recorder();
            RpcFrameReader reader = i % 2 == 0 ? newReader() : ready(false, recorder);
            byte[] bytes = random(1 + random.nextInt(600), i);
            if (i % 3 == 0 && bytes.length > 8)
            {
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * random.nextInt(200)).putInt(-2);
            }
            if (readRuns(reader, bytes, recorder, 1 + random.nextInt(64)) == Status.OK)
            {
                assertTrue(reader.heldLength() <= bytes.length);
            }
        }
    }

    @Test
    @DisplayName("flipping any byte of a good stream never gives a wrong frame out")
    void shouldDetectAnyFlippedByte()
    {
        byte[] plain = RpcVectors.pad(RpcVectors.concat(RpcVectors.frame(0, PING, true),
            RpcVectors.frame(1, random(100, 1), true), RpcVectors.frame(2, PING, true)));
        Recorder good = new Recorder();
        readRuns(ready(true, good), encrypt(plain), good, 50);
        assertEquals(3, good.frames.size());
        for (int at = 0; at < 160; at++)
        {
            byte[] bad = plain.clone();
            bad[at] ^= 0x10;
            Recorder recorder = new Recorder();
            readRuns(ready(true, recorder), encrypt(bad), recorder, 50);
            assertEquals(good.frames.subList(0, recorder.frames.size()), recorder.frames);
            assertTrue(recorder.frames.size() < 3 || at >= 24 + 112 + 24, "flip at " + at);
        }
    }

    @Test
    @DisplayName("reading allocates nothing after warm-up, with links taking turns")
    void shouldNotAllocate()
    {
        int rounds = 400;
        List<UnsafeBuffer> wires = new ArrayList<>();
        List<RpcFrameReader> readers = new ArrayList<>();
        Counter counter = new Counter();
        for (int link = 0; link < 2; link++)
        {
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            for (int sequence = 0; sequence < 3 * rounds; sequence++)
            {
                plain.writeBytes(RpcVectors.frame(sequence, new byte[sequence % 50 == 0 ? 20_000 : 200], true));
            }
            wires.add(RpcVectors.direct(encrypt(RpcVectors.pad(plain.toByteArray()))));
            readers.add(ready(true, new Recorder()));
        }
        int run = 701;
        int part = wires.get(0).capacity() / run / 30;
        int[] next = new int[1];
        assertEquals(0, LeastAllocation.bytesOf(() ->
        {
            for (int end = next[0] + part; next[0] < end; next[0]++)
            {
                readers.get(0).read(wires.get(0), next[0] * run, run, counter);
                readers.get(1).read(wires.get(1), next[0] * run, run, counter);
            }
        }));
        assertTrue(counter.frames >= 50, "frames " + counter.frames);
    }

    private RpcFrameReader newReader()
    {
        return new RpcFrameReader(array, new AesCbcStream(scratch));
    }

    /** A reader behind the handshake, with the next frame's sequence 0. */
    private RpcFrameReader ready(boolean crc32c, Recorder recorder)
    {
        RpcFrameReader reader = newReader();
        Recorder setUp = new Recorder();
        setUp.onNonce = () -> reader.startDecrypting(KEY, IV);
        byte[] nonce = RpcVectors.frame(-2, PING, false);
        assertEquals(Status.OK, reader.read(RpcVectors.direct(nonce), 0, nonce.length, setUp));
        byte[] handshake = RpcVectors.crypt(RpcVectors.cipher(Cipher.ENCRYPT_MODE, KEY, IV), handshakeBlock());
        assertEquals(Status.OK, reader.read(RpcVectors.direct(handshake), 0, handshake.length, setUp));
        assertEquals(2, setUp.frames.size());
        if (crc32c)
        {
            reader.useCrc32c();
        }
        assertEquals(0, recorder.calls);
        return reader;
    }

    private static byte[] handshakeBlock()
    {
        return RpcVectors.pad(RpcVectors.frame(-1, PING, false));
    }

    /** Encrypts as the middle proxy does, behind its handshake. */
    private static byte[] encrypt(byte[] plain)
    {
        Cipher cipher = RpcVectors.cipher(Cipher.ENCRYPT_MODE, KEY, IV);
        RpcVectors.crypt(cipher, handshakeBlock());
        return RpcVectors.crypt(cipher, plain);
    }

    private static Status readRuns(RpcFrameReader reader, byte[] bytes, RpcFrameHandler handler, int run)
    {
        UnsafeBuffer in = RpcVectors.direct(bytes);
        Status status = Status.OK;
        for (int offset = 0; offset < bytes.length && status == Status.OK; offset += run)
        {
            status = reader.read(in, offset, Math.min(run, bytes.length - offset), handler);
        }
        return status;
    }

    private static byte[] random(int length, long seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] stream(JsonNode connection, String form)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (JsonNode step : connection.get("steps"))
        {
            if (step.get("dir").asText().equals("s2c"))
            {
                out.writeBytes(RpcVectors.hex(step.get(form)));
            }
        }
        return out.toByteArray();
    }

    /** Finds the frames of the clear form in the plainest way. */
    private static List<String> payloadsOf(JsonNode connection)
    {
        List<String> payloads = new ArrayList<>();
        ByteBuffer plain = ByteBuffer.wrap(stream(connection, "plain")).order(ByteOrder.LITTLE_ENDIAN);
        while (plain.hasRemaining())
        {
            int length = plain.getInt();
            if (length != 4)
            {
                byte[] payload = new byte[length - 12];
                plain.getInt();
                plain.get(payload);
                plain.getInt();
                payloads.add(RpcVectors.toHex(payload));
            }
        }
        return payloads;
    }

    private List<String> readConnection(JsonNode vector, byte[] wire, int[] runs)
    {
        Recorder recorder = new Recorder();
        RpcFrameReader reader = newReader();
        recorder.onNonce = () -> reader.startDecrypting(
            RpcVectors.hex(vector.get("server_to_client_key")), RpcVectors.hex(vector.get("server_to_client_iv")));
        recorder.onHandshake = () ->
        {
            if (vector.get("crc_after_handshake").asText().equals("crc32c"))
            {
                reader.useCrc32c();
            }
        };
        int nonceLength = 44;
        UnsafeBuffer in = RpcVectors.direct(wire);
        int offset = 0;
        for (int i = 0; offset < wire.length; i++)
        {
            int length = Math.min(runs[Math.min(i, runs.length - 1)], wire.length - offset);
            // Nothing may come together with the nonce frame. [P-RPC-13]
            length = offset < nonceLength ? Math.min(length, nonceLength - offset) : length;
            assertEquals(Status.OK, reader.read(in, offset, length, recorder));
            offset += length;
        }
        assertEquals(0, reader.heldLength());
        return recorder.frames;
    }

    /** Keeps what it is given, or answers STOP when told to. */
    private static final class Recorder implements RpcFrameHandler
    {
        final List<String> frames = new ArrayList<>();
        final ByteArrayOutputStream longBytes = new ByteArrayOutputStream();
        IntUnaryOperator stopper = calls -> 0;
        Runnable onNonce = () ->
        {
        };
        Runnable onHandshake = () ->
        {
        };
        Action answer = Action.NEXT;
        int calls;
        int stopCount;
        int longBeginCount;
        int longEndCount;
        private int longLength;
        private String stoppedAt = "";

        @Override
        public Action onFrame(DirectBuffer buffer, int offset, int length)
        {
            byte[] bytes = copy(buffer, offset, length);
            if (stop(RpcVectors.toHex(bytes)))
            {
                return Action.STOP;
            }
            frames.add(RpcVectors.toHex(bytes));
            if (frames.size() == 1)
            {
                onNonce.run();
            }
            else if (frames.size() == 2)
            {
                onHandshake.run();
            }
            return answer;
        }

        @Override
        public Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
        {
            if (stop("begin" + payloadLength))
            {
                return Action.STOP;
            }
            longBeginCount++;
            longLength = payloadLength;
            longBytes.writeBytes(copy(buffer, offset, ProxyAnswer.DATA_OFFSET));
            return answer;
        }

        @Override
        public Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
        {
            assertTrue(length > 0 && length <= RpcFrameReader.PART_LENGTH_MAX, "part of " + length);
            byte[] bytes = copy(buffer, offset, length);
            if (stop(RpcVectors.toHex(bytes) + last))
            {
                return Action.STOP;
            }
            longBytes.writeBytes(bytes);
            longEndCount += last ? 1 : 0;
            assertEquals(last, longBytes.size() == longLength);
            return answer;
        }

        byte[] longPayload()
        {
            return longBytes.toByteArray();
        }

        private boolean stop(String what)
        {
            if (!stoppedAt.isEmpty())
            {
                assertEquals(stoppedAt, what, "the same is given again");
                stoppedAt = "";
            }
            if (stopper.applyAsInt(calls++) != 0)
            {
                stoppedAt = what;
                stopCount++;
                return true;
            }
            return false;
        }

        private static byte[] copy(DirectBuffer buffer, int offset, int length)
        {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            return bytes;
        }
    }

    /** Takes everything and allocates nothing. */
    private static final class Counter implements RpcFrameHandler
    {
        long frames;

        @Override
        public Action onFrame(DirectBuffer buffer, int offset, int length)
        {
            frames++;
            return Action.NEXT;
        }

        @Override
        public Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
        {
            return Action.NEXT;
        }

        @Override
        public Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
        {
            frames += last ? 1 : 0;
            return Action.NEXT;
        }
    }
}
