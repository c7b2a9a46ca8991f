// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * The diagnostic queries of the RPC server: nothing, and the stats as pairs of key and value. Others get an error, in C's
 * words. [P-RPC-80] [C-HTTP-05]
 */
final class RpcQueries
{
    static final int RPC_INVOKE_REQ = 0x2374df3d;
    static final int RPC_REQ_RESULT = 0x63aeda4e;
    static final int RPC_REQ_ERROR = 0x7ae432f5;
    static final int ENGINE_NOP = 0x166bb7c6;
    static final int ENGINE_STAT = 0xefb3c36b;
    static final int TRUE = 0x3fedd339;
    static final int STAT = 0x9d56e6b2;
    /** Type and id of a query; its function follows. */
    static final int HEAD_LENGTH = Integer.BYTES + Long.BYTES;

    private static final int FUNCTION_END = HEAD_LENGTH + Integer.BYTES;
    private static final int ERROR_UNKNOWN_FUNCTION = -2000;
    private static final int ERROR_EXTRA_DATA = -1001;
    private static final int ERROR_NO_DATA = -1004;
    private static final int SHORT_STRING_LENGTH_MAX = 253;
    private static final int LONG_STRING_MARK = 254;

    private final StatsCounts counts;
    private final Supplier<String> report;

    /** @param report made for each query, in the form of {@code /stats}. */
    RpcQueries(StatsCounts counts, Supplier<String> report)
    {
        this.counts = counts;
        this.report = report;
    }

    /** @return the payload that answers an RPC_INVOKE_REQ with at least an id. */
    byte[] answer(byte[] payload)
    {
        ByteBuffer query = ByteBuffer.wrap(payload).order(LITTLE_ENDIAN);
        long id = query.getLong(Integer.BYTES);
        if (payload.length < FUNCTION_END)
        {
            return error(id, ERROR_NO_DATA, "Trying to read 4 bytes at position " + HEAD_LENGTH + " (size = " +
                payload.length + ")");
        }
        counts.rpcQueries.incrementAndGet();
        int function = query.getInt(HEAD_LENGTH);
        if (function != ENGINE_NOP && function != ENGINE_STAT)
        {
            return error(id, ERROR_UNKNOWN_FUNCTION, "Unknown op %08x".formatted(function));
        }
        if (payload.length > FUNCTION_END)
        {
            return error(id, ERROR_EXTRA_DATA, "extra " + (payload.length - FUNCTION_END) + " bytes after query");
        }
        counts.rpcAnswers.incrementAndGet();
        ByteArrayOutputStream out = begin(id);
        if (function == ENGINE_NOP)
        {
            putInt(out, TRUE);
        }
        else
        {
            putStats(out);
        }
        return out.toByteArray();
    }

    private void putStats(ByteArrayOutputStream out)
    {
        String[] lines = report.get().split("\n");
        putInt(out, STAT);
        putInt(out, lines.length);
        for (String line : lines)
        {
            int tab = line.indexOf('\t');
            putString(out, line.substring(0, tab).getBytes(UTF_8));
            putString(out, line.substring(tab + 1).getBytes(UTF_8));
        }
    }

    private byte[] error(long id, int code, String text)
    {
        counts.rpcErrors.incrementAndGet();
        ByteArrayOutputStream out = begin(id);
        putInt(out, RPC_REQ_ERROR);
        putLong(out, id);
        putInt(out, code);
        putString(out, text.getBytes(US_ASCII));
        return out.toByteArray();
    }

    private static ByteArrayOutputStream begin(long id)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        putInt(out, RPC_REQ_RESULT);
        putLong(out, id);
        return out;
    }

    /** A string of TL: its length, its bytes, zeros up to a whole word. [P-RPC-42] */
    private static void putString(ByteArrayOutputStream out, byte[] text)
    {
        int headLength = 1;
        if (text.length <= SHORT_STRING_LENGTH_MAX)
        {
            out.write(text.length);
        }
        else
        {
            putInt(out, text.length << Byte.SIZE | LONG_STRING_MARK);
            headLength = Integer.BYTES;
        }
        out.writeBytes(text);
        for (int length = headLength + text.length; length % Integer.BYTES != 0; length++)
        {
            out.write(0);
        }
    }

    private static void putInt(ByteArrayOutputStream out, int value)
    {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).order(LITTLE_ENDIAN).putInt(value).array());
    }

    private static void putLong(ByteArrayOutputStream out, long value)
    {
        out.writeBytes(ByteBuffer.allocate(Long.BYTES).order(LITTLE_ENDIAN).putLong(value).array());
    }
}
