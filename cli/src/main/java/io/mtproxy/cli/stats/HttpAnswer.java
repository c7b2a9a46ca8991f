// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * An answer, before it is known how the connection goes on. [C-HTTP-20]
 *
 * @param status      of the status line.
 * @param contentType of the body.
 * @param body        whole.
 */
record HttpAnswer(Status status, String contentType, byte[] body)
{
    private static final String SERVER = "MTProxy/1.0";
    private static final String LINE_END = "\r\n";
    private static final DateTimeFormatter DATE =
        DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    /** What the port answers with. */
    enum Status
    {
        OK(200, "OK", false),
        BAD_REQUEST(400, "Bad Request", true),
        NOT_FOUND(404, "Not Found", false),
        METHOD_NOT_ALLOWED(405, "Method Not Allowed", true),
        LENGTH_REQUIRED(411, "Length Required", false),
        TOO_LARGE(413, "Request Entity Too Large", true),
        NOT_IMPLEMENTED(501, "Not Implemented", true),
        UNAVAILABLE(503, "Service Unavailable", false);

        private final String line;
        private final boolean isLast;

        Status(int code, String reason, boolean isLast)
        {
            this.line = code + " " + reason;
            this.isLast = isLast;
        }

        /** @return whether the connection closes, whatever the client asked for. [C-HTTP-21] */
        boolean isLast()
        {
            return isLast;
        }
    }

    /** @return a page that says what is wrong. [C-HTTP-22] */
    static HttpAnswer error(Status status)
    {
        String page = "<html>\r\n<head><title>" + status.line + "</title></head>\r\n<body bgcolor=\"white\">\r\n" +
            "<center><h1>" + status.line + "</h1></center>\r\n<hr><center>" + SERVER +
            "</center>\r\n</body>\r\n</html>\r\n";
        return new HttpAnswer(status, "text/html", page.getBytes(US_ASCII));
    }

    /** @return status line and headers. [C-HTTP-20] */
    byte[] head(boolean isKeepAlive, long nowEpochMs)
    {
        String allow = status == Status.METHOD_NOT_ALLOWED ? "Allow: GET" + LINE_END : "";
        return ("HTTP/1.1 " + status.line + LINE_END +
            "Server: " + SERVER + LINE_END +
            "Date: " + DATE.format(Instant.ofEpochMilli(nowEpochMs)) + LINE_END +
            "Content-Type: " + contentType + LINE_END +
            "Connection: " + (isKeepAlive ? "keep-alive" : "close") + LINE_END +
            "Content-Length: " + body.length + LINE_END +
            allow + LINE_END).getBytes(US_ASCII);
    }
}
