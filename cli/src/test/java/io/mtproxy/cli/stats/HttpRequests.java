// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * Requests byte by byte, with what comes back: codes of the answers, {@code bare} for a body alone or {@code nothing};
 * {@code Connection} of the first answer; {@code end} or {@code open}.
 *
 * @param clause       of the contract.
 * @param request      as it is sent.
 * @param answer       of both programs, where they agree.
 * @param isDifferent  where the contract improves on C.
 */
record HttpRequests(String clause, String request, String answer, boolean isDifferent)
{
    private static final String GET = "GET /stats HTTP/1.1\r\n";
    private static final String KEEP = "Connection: keep-alive\r\n";

    /** @return the table. */
    static List<HttpRequests> all()
    {
        List<HttpRequests> rows = new ArrayList<>();
        add(rows, "C-HTTP-10", "200 close end", "GET /stats HTTP/1.0\r\n\r\n", GET + "\r\n", GET + "Host: x\r\n\r\n",
            "GET  /stats  HTTP/1.1\r\n\r\n", "GET /stats HTTP/1.1 \r\n\r\n");
        add(rows, "C-HTTP-11", "404 close end", "GET / HTTP/1.1\r\n\r\n", "GET /stats/ HTTP/1.1\r\n\r\n",
            "GET /stats?x HTTP/1.1\r\n\r\n", "GET http://127.0.0.1/stats HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n",
            "GET /STATS HTTP/1.1\r\n\r\n", "GET stats HTTP/1.0\r\n\r\n");
        add(rows, "C-HTTP-12", "501 close end", "HEAD /stats HTTP/1.1\r\n\r\n", "OPTIONS /stats HTTP/1.1\r\n\r\n",
            "OPTIONS * HTTP/1.0\r\n\r\n", "POST /stats HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "POST /stats HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "POST /x HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n",
            "POST /stats HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            GET + "Content-Length: 0\r\n\r\n", "HEAD /stats HTTP/1.1\r\nContent-Length: 000\r\n\r\n");
        add(rows, "C-HTTP-13", "411 close end", "POST /stats HTTP/1.1\r\n\r\n", "POST /x HTTP/1.0\r\n\r\n",
            "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        add(rows, "C-HTTP-14", "413 close end", GET + "Content-Length: 5\r\n\r\nhello",
            "HEAD /stats HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "OPTIONS /stats HTTP/1.1\r\nContent-Length: 1\r\n\r\n", GET + "content-length:\t0001\r\n\r\n");
        addBadHeads(rows);
        add(rows, "C-HTTP-16", "bare end", "GET /stats\r\n", "GET /stats\n", "GET /stats \r\n", "GET /stats\r\n\r\n",
            "GET /\r\n", "HEAD /stats\r\n", "POST /stats\r\n", "OPTIONS /stats\r\n");
        add(rows, "C-HTTP-17", "nothing end", "\1\2\3\4\5\6\7\10", "\0\0\0\0\0\0\0\0",
            "\r\nGET /stats HTTP/1.1\r\n\r\n",
            "\26\3\1\2\0\1\0\1\374\3\3", "GET\t/stats HTTP/1.1\r\n\r\n");
        addDifferent(rows, "C-HTTP-17", "405 close end", "PUT /stats HTTP/1.1\r\n\r\n", "DELETE /x HTTP/1.0\r\n\r\n",
            "get /stats HTTP/1.1\r\n\r\n", "GETX /stats HTTP/1.1\r\n\r\n", "PATCH / HTTP/1.1\r\nHost: x\r\n\r\n");
        addDifferent(rows, "C-HTTP-17", "nothing end", "PUT /stats\r\n\r\n", "SSH-2.0-x\r\n", "hello you there\r\n",
            "PUT /a b HTTP/1.1\r\n\r\n");
        add(rows, "C-HTTP-18", "200 close end", "GET /stats HTTP/1.1\n\n", "GET /stats HTTP/1.1\nHost: x\n\n",
            GET + "Host: x\n\r\n", GET + "Host: x\r\n\n");
        addConnections(rows);
        add(rows, "C-LIM-14", "400 close end", "GET /" + "a".repeat(4096) + " HTTP/1.1\r\n\r\n", head(16384), head(
            16385),
            head(20000), GET + ("f: " + "a".repeat(3000) + "\r\n").repeat(6),
            GET + "Host: " + "a".repeat(4097) + "\r\n\r\n", GET + "a".repeat(4097) + ": b\r\n\r\n", "GET /x " + "H"
                .repeat(5000) + "\r\n\r\n");
        add(rows, "C-LIM-14", "404 close end", "GET /" + "a".repeat(4095) + " HTTP/1.1\r\n\r\n");
        add(rows, "C-LIM-14", "200 close end", head(16383), head(16382), GET + "foo: " + "a".repeat(5000) + "\r\n\r\n",
            GET + "a".repeat(4096) + ": b\r\n\r\n", GET + "Host: " + "a".repeat(4096) + "\r\n\r\n");
        return rows;
    }

    private static void addBadHeads(List<HttpRequests> rows)
    {
        String post = "POST /stats HTTP/1.1\r\nContent-Length:";
        add(rows, "C-HTTP-15", "400 close end", "GET /stats HTTP/2.0\r\n\r\n", "GET /stats HTTP/1.2\r\n\r\n",
            "GET /stats HTTP/0.9\r\n\r\n", "GET /stats http/1.1\r\n\r\n", "GET /stats HTTP/1.1x\r\n\r\n",
            "GET /stats HTTP/1.10\r\n\r\n", "GET /stats FOO\r\n\r\n", "GET /stats HTTP/1.1 foo\r\n\r\n", "GET \r\n",
            "GET  \r\n", "HEAD\r\n\r\n", "OPTIONS\r\n\r\n", "HEADX /stats HTTP/1.1\r\n\r\n",
            "OPTIX /stats HTTP/1.1\r\n\r\n", "POSTX /stats HTTP/1.1\r\n\r\n", GET + "Host\r\n\r\n", GET + "a b\r\n\r\n",
            GET + "foo : bar\r\n\r\n", GET + "fo\to: bar\r\n\r\n", GET + "foo: bar\r\n baz\r\n\r\n",
            GET + "foo: bar\r\n\tbaz: d\r\n\r\n", GET + " foo: bar\r\n\r\n", GET + "foo: a\rb\r\n\r\n",
            GET + "Host: x\r\r\n\r\n", GET + "Host: a b\r\n\r\n", GET + "Connection: keep-alive, x\r\n\r\n",
            GET + "Connection: a\tb\r\n\r\n", "GET /stats HTTP/1.1\r\r\n\r\n", post + " abc\r\n\r\n", post +
                " -1\r\n\r\n",
            post + " +1\r\n\r\n", post + " 1x\r\n\r\n", post + " 1 2\r\n\r\n", post + "\r\n\r\n",
            post + " 99999999999\r\n\r\n", post + " 2147483648\r\n\r\n",
            post + " 5\r\nContent-Length: 5\r\n\r\nhello", GET + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
            "GET /x HTTP/2.0\r\n" + KEEP + "\r\n");
        add(rows, "C-HTTP-15", "200 close end", GET + "foo:\r\n\r\n", GET + ": bar\r\n\r\n", GET + "a:b:c\r\n\r\n",
            GET + "foo: a b\tc\r\n\r\n", GET + "Host:\r\nHost: y\r\n\r\n", GET + "foo: \377\376\r\n\r\n",
            GET + "X-Forwarded-For: 192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n\r\n");
    }

    private static void addConnections(List<HttpRequests> rows)
    {
        String other = "GET /x HTTP/1.1\r\n";
        add(rows, "C-HTTP-21", "200 keep open", GET + KEEP + "\r\n", GET + "Connection: Keep-Alive\r\n\r\n",
            "GET /stats HTTP/1.0\r\nConnection: KEEP-ALIVE\r\n\r\n", GET + "connection:keep-alive \t\r\n\r\n",
            GET + KEEP + "Connection: close\r\n\r\n", GET + "Connection: close\r\n" + KEEP + "\r\n");
        add(rows, "C-HTTP-21", "404 keep open", other + KEEP + "\r\n");
        add(rows, "C-HTTP-21", "411 keep open", "POST /x HTTP/1.1\r\n" + KEEP + "\r\n");
        add(rows, "C-HTTP-21", "200 close end", GET + "Connection: close\r\n\r\n", GET + "Connection: x\r\n\r\n",
            GET + "Connection:\r\n\r\n");
        add(rows, "C-HTTP-21", "501 close end", "HEAD /x HTTP/1.1\r\n" + KEEP + "\r\n");
        add(rows, "C-HTTP-21", "413 close end", other + "Content-Length: 5\r\n" + KEEP + "\r\nhello");
        add(rows, "C-HTTP-21", "404 404 keep open", (other + KEEP + "\r\n").repeat(2), other + KEEP + "\r\n" + other +
            KEEP + "\r\n" + "GE");
        add(rows, "C-HTTP-21", "404 200 keep end", other + KEEP + "\r\n" + GET + "\r\n");
        add(rows, "C-HTTP-21", "411 404 keep end", "POST /x HTTP/1.1\r\n" + KEEP + "\r\n" + other + "\r\n");
        add(rows, "C-HTTP-21", "404 400 keep end", other + KEEP + "\r\n" + "PUT /x HTTP/1.1\r\n\r\n",
            other + KEEP + "\r\n" + "\r\n" + other + "\r\n");
        add(rows, "C-HTTP-21", "404 close end", other + "\r\n" + GET + "\r\n");
        add(rows, "C-HTTP-21", "nothing open", "GE", "GET /stats HTTP/1.1\r\n", GET + "foo: bar\r\n", "GET /stats");
    }

    /** @return a head of exactly so many bytes. */
    private static String head(int length)
    {
        StringBuilder head = new StringBuilder(GET);
        int left = length - GET.length() - 2;
        while (left > 4000)
        {
            head.append("f: ").append("a".repeat(2995)).append("\r\n");
            left -= 3000;
        }
        return head.append("f: ").append("a".repeat(left - 5)).append("\r\n\r\n").toString();
    }

    private static void add(List<HttpRequests> rows, String clause, String answer, String... requests)
    {
        for (String request : requests)
        {
            rows.add(new HttpRequests(clause, request, answer, false));
        }
    }

    private static void addDifferent(List<HttpRequests> rows, String clause, String answer, String... requests)
    {
        for (String request : requests)
        {
            rows.add(new HttpRequests(clause, request, answer, true));
        }
    }

    @Override
    public String toString()
    {
        String shown = request.length() > 60 ? request.substring(0, 60) + "… " + request.length() : request;
        return "[" + clause + "] " + shown.replace("\r", "\\r").replace("\n", "\\n") + " -> " + answer;
    }
}
