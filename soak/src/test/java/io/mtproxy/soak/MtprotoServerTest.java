// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.MtprotoClient.Message;
import io.mtproxy.soak.MtprotoClient.RsaScheme;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MtprotoServerTest
{
    private static final long SESSION = 77;

    private final MtprotoServer server =
        new MtprotoServer(new SplittableRandom(5), () -> 1_700_000_000_000L, 2);
    private final MtprotoClient client = new MtprotoClient(server, 1);

    @ParameterizedTest
    @CsvSource({
        "0x83c95aec, RSA_PAD", "0xa9f55f95, RSA_PAD", "0x3c6a84d4, RSA_PAD", "0x56fddf88, RSA_PAD",
        "0x83c95aec, SHA1", "0xa9f55f95, SHA1", "0x3c6a84d4, SHA1", "0x56fddf88, SHA1"})
    void shouldAgreeOnKeyAndAnswerPing(String inner, RsaScheme scheme) throws Exception
    {
        client.agree((int)(long)Long.decode(inner), scheme, server.rsaKey().modulus());
        long id = client.nextMessageId();
        List<Message> answers =
            client.call(client.salt(), SESSION, id, new ByteBuilder().putInt(0x7abe77ec).putLong(9).toByteArray(),
                true);

        assertEquals(2, answers.size());
        TlReader created = new TlReader(answers.get(0).body());
        created.expect(0x9ec20908);
        assertEquals(id, created.readLong());
        TlReader pong = new TlReader(answers.get(1).body());
        pong.expect(0x347773c5);
        assertEquals(id, pong.readLong());
        assertEquals(9, pong.readLong());
        assertEquals(List.of(client.quickAckExpected()), client.quickAcks);
        assertEquals(1, answers.get(0).sequence());
        assertEquals(2, answers.get(1).sequence());
        assertEquals(3, answers.get(0).id() & 3);
        assertEquals(1, answers.get(1).id() & 3);
        assertTrue(answers.get(1).id() > answers.get(0).id());
        assertEquals(1, server.keysAgreed());
    }

    @Test
    void shouldSendSaltWhenItIsWrong() throws Exception
    {
        agree();
        List<Message> answers = client.call(0, SESSION, 8, ping(), false);

        TlReader reader = new TlReader(answers.getFirst().body());
        reader.expect(0xedab447b);
        assertEquals(8, reader.readLong());
        reader.readInt();
        reader.expect(48);
        assertEquals(client.salt(), reader.readLong());
    }

    @Test
    void shouldAnswerWrappedConfig() throws Exception
    {
        agree();
        ByteBuilder call = new ByteBuilder().putInt(0xda9b0d0d).putInt(200).putInt(0xc1cd5ea9).putInt(3).putInt(1);
        for (int i = 0; i < 6; i++)
        {
            Tl.putString(call, "x".repeat(i));
        }
        call.putInt(0x75588b3f);
        Tl.putString(call, "127.0.0.1");
        call.putInt(443);
        call.putInt(0x99c1d49d).putInt(0x1cb5c415).putInt(1).putInt(0xc0de1bd9);
        Tl.putString(call, "tz_offset");
        call.putInt(0x2be0dfa4).putLong(0);
        call.putInt(0xc4f9186b);

        TlReader config = result(call.toByteArray());
        config.expect(0xcc1a241e);
        config.expect(0);
        config.expect(1_700_000_000);
        config.expect(1_700_003_600);
        config.expect(0xbc799737);
        config.expect(2);
        config.expect(0x1cb5c415);
        int options = config.readInt();
        for (int i = 0; i < options; i++)
        {
            config.expect(0x18b7a10d);
            config.skip(8);
            config.readBytes();
            config.readInt();
        }
        config.readBytes();
        config.skip(4 * 21);
        assertEquals("https://t.me/", new String(config.readBytes(), java.nio.charset.StandardCharsets.UTF_8));
        config.skip(4 * 3);
        assertEquals(0, config.remaining());
    }

    @Test
    void shouldAnswerContainerInOne() throws Exception
    {
        agree();
        byte[] ping = ping();
        byte[] nearest = new ByteBuilder().putInt(0x1fb33026).toByteArray();
        byte[] salts = new ByteBuilder().putInt(0xb921bd04).putInt(3).toByteArray();
        byte[] ack =
            new ByteBuilder().putInt(0x62d6b459).putInt(0x1cb5c415).putInt(1).putLong(1).toByteArray();
        ByteBuilder container = new ByteBuilder().putInt(0x73f1f8dc).putInt(4);
        int id = 100;
        for (byte[] body : List.of(ping, ack, nearest, salts))
        {
            container.putLong(id).putInt(1).putInt(body.length).putBytes(body);
            id += 4;
        }

        List<Message> answers = client.call(client.salt(), SESSION, 200, container.toByteArray(), false);

        assertEquals(
            List.of(0x9ec20908, 0x347773c5, 0xf35c6d01, 0xae500895),
            answers.stream().map(message -> LittleEndian.getInt(message.body(), 0)).toList());
        assertEquals(108, LittleEndian.getLong(answers.get(2).body(), 4));
    }

    @Test
    void shouldUnpackCalls() throws Exception
    {
        agree();
        byte[] call = new ByteBuilder().putInt(0x1fb33026).toByteArray();
        for (byte[] packed : List.of(gzip(call), zlib(call)))
        {
            ByteBuilder message = new ByteBuilder().putInt(0x3072cfa1);
            Tl.putBytes(message, packed);

            result(message.toByteArray()).expect(0x8e1a1775);
        }
    }

    @Test
    void shouldRefuseUnknownMethod() throws Exception
    {
        agree();
        TlReader error = result(new ByteBuilder().putInt(0x12345678).toByteArray());

        error.expect(0x2144ca19);
        error.expect(400);
    }

    @Test
    void shouldGiveFileParts() throws Exception
    {
        agree();
        TlReader file = result(new ByteBuilder()
            .putInt(0xbe5335be).putInt(0).putInt(0x11111111).putLong(4_999_000).putInt(4096).toByteArray());

        file.expect(0x096a18d5);
        file.expect(0xaa963b05);
        file.expect(0);
        byte[] part = file.readBytes();
        byte[] expected = new byte[1001];
        for (int i = 0; i < expected.length; i++)
        {
            expected[i] = MtprotoMethods.fileByte(4_999_000 + i);
        }
        assertArrayEquals(expected, part);
    }

    @Test
    void shouldSayThatKeyIsUnknown()
    {
        List<byte[]> answers = client.exchange(Payloads.encrypted(5, 88, new SplittableRandom(1)), false);

        assertArrayEquals(Vectors.hex("6cfeffff"), answers.getFirst());
    }

    @Test
    void shouldIgnoreMalformedPackets() throws Exception
    {
        client.exchange(new byte[40], false);
        client.exchange(Payloads.reqPqMulti(new SplittableRandom(1)), false);
        agree();
        client.call(client.salt(), SESSION, 4, new ByteBuilder().putInt(0x73f1f8dc).putInt(-1).toByteArray(), false);

        assertEquals(2, server.malformedReceived());
    }

    private void agree() throws Exception
    {
        client.agree(0xa9f55f95, RsaScheme.RSA_PAD, server.rsaKey().modulus());
    }

    private TlReader result(byte[] call) throws Exception
    {
        List<Message> answers = client.call(client.salt(), SESSION, 8, call, false);
        TlReader reader = new TlReader(answers.getLast().body());
        reader.expect(0xf35c6d01);
        assertEquals(8, reader.readLong());
        return reader;
    }

    private static byte[] ping()
    {
        return new ByteBuilder().putInt(0x7abe77ec).putLong(9).toByteArray();
    }

    private static byte[] gzip(byte[] data) throws IOException
    {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes))
        {
            out.write(data);
        }
        return bytes.toByteArray();
    }

    private static byte[] zlib(byte[] data) throws IOException
    {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes))
        {
            out.write(data);
        }
        return bytes.toByteArray();
    }
}
