// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds heads of requests in a connection's bytes, as strict and as lax as the C program. Knows no socket; every step is
 * bounded by {@link #HEAD_LENGTH_MAX}. [C-HTTP-15] [C-HTTP-18] [C-LIM-14]
 */
final class HttpHeadReader
{
    /** A head of so many bytes is refused. [C-LIM-14] */
    static final int HEAD_LENGTH_MAX = 16384;
    /** Longest word that means something: path, host and the like. [C-LIM-14] */
    static final int WORD_LENGTH_MAX = 4096;
    /** Bytes that decide what a connection speaks. [C-HTTP-17] */
    static final int DECIDING_LENGTH = 4;

    /** The last value that C's reader of numbers takes. */
    private static final long CONTENT_LENGTH_MAX = 2147483639L;

    private final byte[] buffer = new byte[HEAD_LENGTH_MAX];
    private int length;
    private boolean isFirst = true;
    private @Nullable HttpRequest request;

    /** What the bytes so far are. */
    enum Status
    {
        /** The start of something. */
        MORE,
        /** A head: {@link #request}. */
        REQUEST,
        /** Answered by 400. */
        BAD,
        /** A request line with a method that nobody has here, answered by 405. */
        METHOD_UNKNOWN,
        /** Not HTTP: closed without a word. */
        FOREIGN
    }

    /** @return where the next bytes go. */
    byte[] buffer()
    {
        return buffer;
    }

    /** @return how many bytes there are: the next go behind them. */
    int length()
    {
        return length;
    }

    /** Says how many bytes were put into the buffer. */
    void added(int count)
    {
        length += count;
    }

    /** @return the head found last. */
    HttpRequest request()
    {
        if (request == null)
        {
            throw new IllegalStateException("no request");
        }
        return request;
    }

    /** Looks at what there is; a head that is complete is taken out of the buffer. */
    Status next()
    {
        if (length < DECIDING_LENGTH)
        {
            return Status.MORE;
        }
        int end = lineEnd(0);
        if (isFirst && !isOurMethod())
        {
            return otherMethod(end);
        }
        if (end < 0)
        {
            return unfinished();
        }
        String[] words = words(0, end);
        if (words.length == 0)
        {
            return Status.BAD;
        }
        boolean isBare = words.length == 2;
        if (!isBare && !isVersion(words[2]))
        {
            return Status.BAD;
        }
        HttpRequest.Method method = method(words[0]);
        if (method == null)
        {
            return Status.BAD;
        }
        if (isBare)
        {
            return take(new HttpRequest(method, words[1], true, false, HttpRequest.NO_LENGTH, ""), end + 1);
        }
        return headers(method, words[1], end + 1);
    }

    private Status headers(HttpRequest.Method method, String target, int headersOffset)
    {
        boolean isKeepAlive = false;
        int contentLength = HttpRequest.NO_LENGTH;
        StringBuilder accept = new StringBuilder();
        for (int at = headersOffset;;)
        {
            int end = lineEnd(at);
            if (end < 0)
            {
                return unfinished();
            }
            int contentEnd = contentEnd(at, end);
            if (contentEnd == at)
            {
                return end + 1 >= HEAD_LENGTH_MAX ?
                    Status.BAD :
                    take(new HttpRequest(method, target, false, isKeepAlive, contentLength, accept.toString()), end +
                        1);
            }
            int colon = colon(at, contentEnd);
            if (colon < 0 || colon - at > WORD_LENGTH_MAX)
            {
                return Status.BAD;
            }
            String name = text(at, colon).toLowerCase(Locale.ROOT);
            if ("host".equals(name) || "connection".equals(name) || "content-length".equals(name))
            {
                String value = text(colon + 1, contentEnd).strip();
                if (value.length() > WORD_LENGTH_MAX || value.indexOf(' ') >= 0 || value.indexOf('\t') >= 0)
                {
                    return Status.BAD;
                }
                isKeepAlive |= "connection".equals(name) && "keep-alive".equalsIgnoreCase(value);
                if ("content-length".equals(name))
                {
                    int given = contentLength(value);
                    if (given < 0 || contentLength != HttpRequest.NO_LENGTH)
                    {
                        return Status.BAD;
                    }
                    contentLength = given;
                }
            }
            if ("accept".equals(name))
            {
                // several lines are one list
                accept.append(accept.isEmpty() ? "" : ",").append(text(colon + 1, contentEnd).strip());
            }
            at = end + 1;
        }
    }

    /** @return the number, or -1 when it is none. */
    private static int contentLength(String value)
    {
        long number = value.isEmpty() ? -1 : 0;
        for (int i = 0; i < value.length() && number >= 0; i++)
        {
            int digit = value.charAt(i) - '0';
            number = digit < 0 || digit > 9 || number * 10 + digit > CONTENT_LENGTH_MAX ? -1 : number * 10 + digit;
        }
        return (int)number;
    }

    private Status unfinished()
    {
        return length == buffer.length ? Status.BAD : Status.MORE;
    }

    /** [C-HTTP-17] */
    private Status otherMethod(int end)
    {
        int space = 0;
        while (space < length && buffer[space] != ' ')
        {
            space++;
        }
        if (space == 0 || !isToken(0, space))
        {
            return Status.FOREIGN;
        }
        if (end < 0)
        {
            return length == buffer.length ? Status.FOREIGN : Status.MORE;
        }
        String[] words = words(0, end);
        return words.length == 3 && isVersion(words[2]) ? Status.METHOD_UNKNOWN : Status.FOREIGN;
    }

    private Status take(HttpRequest found, int headLength)
    {
        request = found;
        length -= headLength;
        System.arraycopy(buffer, headLength, buffer, 0, length);
        isFirst = false;
        return Status.REQUEST;
    }

    private boolean isOurMethod()
    {
        return switch (text(0, DECIDING_LENGTH))
        {
            case "GET ", "HEAD", "POST", "OPTI" -> true;
            default -> false;
        };
    }

    private static HttpRequest.@Nullable Method method(String word)
    {
        for (HttpRequest.Method method : HttpRequest.Method.values())
        {
            if (method.name().equals(word))
            {
                return method;
            }
        }
        return null;
    }

    private static boolean isVersion(String word)
    {
        return "HTTP/1.1".equals(word) || "HTTP/1.0".equals(word);
    }

    /** @return two or three words of the request line; none when it is malformed. */
    private String[] words(int from, int end)
    {
        int contentEnd = contentEnd(from, end);
        for (int i = from; i < contentEnd; i++)
        {
            if ((buffer[i] & 0xff) < ' ')
            {
                return new String[0];
            }
        }
        String[] words = contentEnd < 0 ? new String[0] : text(from, contentEnd).stripTrailing().split(" +");
        for (String word : words)
        {
            if (word.isEmpty() || word.length() > WORD_LENGTH_MAX)
            {
                return new String[0];
            }
        }
        return words.length == 2 || words.length == 3 ? words : new String[0];
    }

    /** @return the offset of the line's LF, or -1. */
    private int lineEnd(int from)
    {
        for (int i = from; i < length; i++)
        {
            if (buffer[i] == '\n')
            {
                return i;
            }
        }
        return -1;
    }

    /** @return where the line ends without CR LF or LF. [C-HTTP-18] */
    private int contentEnd(int from, int lineEnd)
    {
        return lineEnd > from && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    }

    /** @return the offset of the colon behind a header's name; -1 when the line is malformed. */
    private int colon(int from, int end)
    {
        int colon = -1;
        for (int i = from; i < end; i++)
        {
            byte octet = buffer[i];
            if (octet == '\r' || octet == 0 || colon < 0 && (octet == ' ' || octet == '\t'))
            {
                return -1;
            }
            if (octet == ':' && colon < 0)
            {
                colon = i;
            }
        }
        return colon;
    }

    private boolean isToken(int from, int end)
    {
        for (int i = from; i < end; i++)
        {
            int octet = buffer[i] | 0x20;
            if (octet < 'a' || octet > 'z')
            {
                return false;
            }
        }
        return true;
    }

    private String text(int from, int end)
    {
        return new String(buffer, from, end - from, ISO_8859_1);
    }
}
