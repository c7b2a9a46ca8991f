// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.TlReader.MalformedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** The few methods of the API that the simulated datacenter answers; everything else is an error. */
final class MtprotoMethods
{
    /** Length of the one file, {@code upload.getFile} of any location. */
    static final long FILE_LENGTH = 5_000_001;

    private static final int FILE_PART_MAX = 1 << 20;
    private static final int UNPACKED_LENGTH_MAX = 1 << 20;
    private static final int NESTING_MAX = 16;
    private static final int CONFIG_SECONDS = 3600;
    private static final int FLAG_MEDIA_ONLY = 2;
    private static final int DC_COUNT = 5;
    private static final int INIT_FLAG_PROXY = 1;
    private static final int INIT_FLAG_PARAMS = 2;

    private final LongSupplier epochMs;
    private final int dcId;

    MtprotoMethods(LongSupplier epochMs, int dcId)
    {
        this.epochMs = epochMs;
        this.dcId = dcId;
    }

    /** The byte of the file at an offset: a test computes it for itself and compares. */
    static byte fileByte(long offset)
    {
        return (byte)(offset * 31 + (offset >>> 8) * 17 + (offset >>> 16));
    }

    /** The result of a call, or rpc_error. */
    byte[] call(int constructor, TlReader reader) throws MalformedException
    {
        return call(constructor, reader, NESTING_MAX);
    }

    private byte[] call(int constructor, TlReader reader, int nesting) throws MalformedException
    {
        if (nesting == 0)
        {
            throw new MalformedException("nested too deep");
        }
        switch (constructor)
        {
            case Tl.INVOKE_WITH_LAYER -> reader.readInt();
            case Tl.INVOKE_AFTER_MSG -> reader.readLong();
            case Tl.INVOKE_AFTER_MSGS ->
            {
                reader.expect(Tl.VECTOR);
                int count = reader.readInt();
                for (int i = 0; i < count; i++)
                {
                    reader.readLong();
                }
            }
            case Tl.INVOKE_WITHOUT_UPDATES ->
            {
                // the query follows
            }
            case Tl.INIT_CONNECTION -> skipInitConnection(reader);
            case Tl.GZIP_PACKED ->
            {
                TlReader unpacked = new TlReader(unpack(reader.readBytes()));
                return call(unpacked.readInt(), unpacked, nesting - 1);
            }
            default ->
            {
                return result(constructor, reader);
            }
        }
        return call(reader.readInt(), reader, nesting - 1);
    }

    private byte[] result(int method, TlReader reader) throws MalformedException
    {
        return switch (method)
        {
            case Tl.GET_CONFIG -> config();
            case Tl.GET_NEAREST_DC ->
            {
                ByteBuilder out = new ByteBuilder().putInt(Tl.NEAREST_DC);
                Tl.putString(out, "NL");
                yield out.putInt(dcId).putInt(dcId).toByteArray();
            }
            case Tl.BIND_TEMP_AUTH_KEY -> new ByteBuilder().putInt(Tl.BOOL_TRUE).toByteArray();
            case Tl.RPC_DROP_ANSWER -> new ByteBuilder().putInt(Tl.RPC_ANSWER_UNKNOWN).toByteArray();
            case Tl.GET_FILE -> file(reader);
            default -> error(400, "METHOD_NOT_SIMULATED");
        };
    }

    /** The last 12 bytes of the call are offset and limit, whatever location stands before. */
    private static byte[] file(TlReader reader) throws MalformedException
    {
        reader.skip(Math.max(0, reader.remaining() - 12));
        long offset = reader.readLong();
        int limit = reader.readInt();
        if (offset < 0 || limit <= 0 || limit > FILE_PART_MAX)
        {
            return error(400, "LIMIT_INVALID");
        }
        byte[] part = new byte[Math.clamp(FILE_LENGTH - offset, 0, limit)];
        for (int i = 0; i < part.length; i++)
        {
            part[i] = fileByte(offset + i);
        }
        ByteBuilder out = new ByteBuilder().putInt(Tl.FILE).putInt(Tl.FILE_UNKNOWN).putInt(0);
        Tl.putBytes(out, part);
        return out.toByteArray();
    }

    private byte[] config()
    {
        int now = (int)(epochMs.getAsLong() / 1000);
        ByteBuilder out = new ByteBuilder()
            .putInt(Tl.CONFIG)
            .putInt(0)
            .putInt(now)
            .putInt(now + CONFIG_SECONDS)
            .putInt(Tl.BOOL_FALSE)
            .putInt(dcId)
            .putInt(Tl.VECTOR)
            .putInt(2 * DC_COUNT);
        for (int dc = 1; dc <= DC_COUNT; dc++)
        {
            putDcOption(out, 0, dc);
            putDcOption(out, FLAG_MEDIA_ONLY, dc);
        }
        Tl.putString(out, "");
        // chat_size_max, megagroup_size_max, forwarded_count_max, online_update_period_ms, offline_blur_timeout_ms
        out.putInt(200).putInt(200_000).putInt(100).putInt(210_000).putInt(5_000);
        // offline_idle_timeout_ms, online_cloud_timeout_ms, notify_cloud_delay_ms, notify_default_delay_ms
        out.putInt(30_000).putInt(300_000).putInt(30_000).putInt(1_500);
        // push_chat_period_ms, push_chat_limit, edit_time_limit, revoke_time_limit, revoke_pm_time_limit
        out.putInt(60_000).putInt(2).putInt(172_800).putInt(0x7fff_ffff).putInt(0x7fff_ffff);
        // rating_e_decay, stickers_recent_limit, channels_read_media_period
        out.putInt(2_419_200).putInt(200).putInt(604_800);
        // call_receive_timeout_ms, call_ring_timeout_ms, call_connect_timeout_ms, call_packet_timeout_ms
        out.putInt(20_000).putInt(90_000).putInt(30_000).putInt(10_000);
        Tl.putString(out, "https://t.me/");
        // caption_length_max, message_length_max, webfile_dc_id
        return out.putInt(1_024).putInt(4_096).putInt(4).toByteArray();
    }

    private static void putDcOption(ByteBuilder out, int flags, int dc)
    {
        out.putInt(Tl.DC_OPTION).putInt(flags).putInt(dc);
        Tl.putString(out, "127.0.0.1");
        out.putInt(443);
    }

    static byte[] error(int code, String message)
    {
        ByteBuilder out = new ByteBuilder().putInt(Tl.RPC_ERROR).putInt(code);
        Tl.putString(out, message);
        return out.toByteArray();
    }

    private static void skipInitConnection(TlReader reader) throws MalformedException
    {
        int flags = reader.readInt();
        reader.readInt();
        for (int i = 0; i < 6; i++)
        {
            reader.readBytes();
        }
        if ((flags & INIT_FLAG_PROXY) != 0)
        {
            reader.expect(Tl.INPUT_CLIENT_PROXY);
            reader.readBytes();
            reader.readInt();
        }
        if ((flags & INIT_FLAG_PARAMS) != 0)
        {
            skipJson(reader, NESTING_MAX);
        }
    }

    private static void skipJson(TlReader reader, int nesting) throws MalformedException
    {
        if (nesting == 0)
        {
            throw new MalformedException("nested too deep");
        }
        int kind = reader.readInt();
        switch (kind)
        {
            case Tl.JSON_NULL ->
            {
                // nothing follows
            }
            case Tl.JSON_BOOL -> reader.readInt();
            case Tl.JSON_NUMBER -> reader.readLong();
            case Tl.JSON_STRING -> reader.readBytes();
            case Tl.JSON_ARRAY, Tl.JSON_OBJECT ->
            {
                reader.expect(Tl.VECTOR);
                int count = reader.readInt();
                for (int i = 0; i < count; i++)
                {
                    if (kind == Tl.JSON_OBJECT)
                    {
                        reader.expect(Tl.JSON_OBJECT_VALUE);
                        reader.readBytes();
                    }
                    skipJson(reader, nesting - 1);
                }
            }
            default -> throw new MalformedException("JSON value " + Integer.toHexString(kind));
        }
    }

    /** Content of gzip_packed, at least one word and at most 1 MiB of it. */
    static byte[] unpack(byte[] packed) throws MalformedException
    {
        try (InputStream in = unpacking(packed))
        {
            byte[] unpacked = in.readNBytes(UNPACKED_LENGTH_MAX + 1);
            if (unpacked.length < 4 || unpacked.length > UNPACKED_LENGTH_MAX)
            {
                throw new MalformedException("unpacks to " + unpacked.length + " bytes");
            }
            return unpacked;
        }
        catch (IOException e)
        {
            throw new MalformedException("gzip");
        }
    }

    /** Most clients pack as gzip, some as zlib does by itself; the servers take both. */
    private static InputStream unpacking(byte[] packed) throws IOException
    {
        ByteArrayInputStream in = new ByteArrayInputStream(packed);
        boolean isGzip = packed.length > 0 && (packed[0] & 0xff) == (GZIPInputStream.GZIP_MAGIC & 0xff);
        return isGzip ? new GZIPInputStream(in) : new InflaterInputStream(in);
    }
}
