// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import io.mtproxy.engine.config.ProxyMultiConf.Server;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one configuration file. After a problem it goes on with the next statement, so that all problems are found at
 * once; the result exists only when there are none. [C-CFG-30] [C-CFG-32]
 */
final class ProxyMultiConfParser
{
    /** Most problems shown. [C-CFG-30] */
    static final int PROBLEM_COUNT_MAX = 20;

    private static final String PROXY_FOR = "proxy_for";
    private static final String PROXY = "proxy";
    private static final String DEFAULT = "default";
    private static final String MIN_CONNECTIONS = "min_connections";
    private static final String MAX_CONNECTIONS = "max_connections";
    private static final String TIMEOUT = "timeout";
    /** Matched in this order: where one is the beginning of another the longer one comes first. [C-CFG-03] */
    private static final String[] KEYWORDS = {
        PROXY_FOR, PROXY, DEFAULT, MIN_CONNECTIONS, MAX_CONNECTIONS, TIMEOUT};

    private static final int MIN_CONNECTIONS_DEFAULT = 4;
    private static final int MAX_CONNECTIONS_DEFAULT = 8;
    private static final int TIMEOUT_MS_MIN = 10;
    private static final int TIMEOUT_MS_MAX = 30000;
    private static final int PORT_MAX = 65535;
    /** With the brackets. [C-LIM-08] */
    private static final int HOST_LENGTH_MAX = 63;
    private static final String REMEDY = "correct the line or fetch the file again";

    private final String fileName;
    private final byte[] text;
    private final HostResolver resolver;
    private final ConfScanner scanner;
    private final int nulPosition;
    private final List<String> problems = new ArrayList<>();
    private int problemCount;

    private final List<Entry> entries = new ArrayList<>();
    private final Map<Integer, Integer> clusterLines = new LinkedHashMap<>();
    private final Map<String, Resolution> resolutions = new HashMap<>();
    private int minConnections = MIN_CONNECTIONS_DEFAULT;
    private int maxConnections = MAX_CONNECTIONS_DEFAULT;
    private int defaultDc;
    private int defaultLine;
    private int currentDc = Integer.MIN_VALUE;
    private boolean isServerLimitReported;
    private boolean isClusterLimitReported;

    ProxyMultiConfParser(String fileName, byte[] text, HostResolver resolver)
    {
        this.fileName = fileName;
        this.text = text;
        this.resolver = resolver;
        int nul = 0;
        while (nul < text.length && text[nul] != 0)
        {
            nul++;
        }
        this.nulPosition = nul;
        this.scanner = new ConfScanner(text, nul);
    }

    ProxyMultiConf parse() throws ConfigurationException
    {
        for (scanner.skipSpace(); scanner.peek() != ConfScanner.END; scanner.skipSpace())
        {
            int begin = scanner.position();
            if (!parseStatement())
            {
                if (scanner.position() == begin || scanner.peek() != ConfScanner.END)
                {
                    recover(begin);
                }
            }
        }
        if (nulPosition < text.length)
        {
            problem("a NUL byte, which no configuration has", REMEDY);
        }
        else if (entries.isEmpty() && problemCount == 0)
        {
            problem("no \"proxy\" or \"proxy_for\" statement, at least one is needed", REMEDY);
        }
        if (problemCount > 0)
        {
            throw refuse();
        }
        return conclude();
    }

    static String notApplied(String fileName)
    {
        return fileName + ": the configuration was not applied";
    }

    /** After a problem: a statement that only lacks its semicolon does not hide the next one. */
    private void recover(int begin)
    {
        if (scanner.position() == begin || !scanner.isKeywordNext(KEYWORDS))
        {
            scanner.skipStatement(KEYWORDS);
        }
    }

    /** @return false after a problem. */
    private boolean parseStatement()
    {
        int line = scanner.line();
        for (String keyword : KEYWORDS)
        {
            if (scanner.takeWord(keyword))
            {
                return switch (keyword)
                {
                    case PROXY_FOR -> parseProxyFor();
                    case PROXY -> parseServer(0, line);
                    case DEFAULT -> parseDefault(line);
                    case MIN_CONNECTIONS -> parseMinConnections();
                    case MAX_CONNECTIONS -> parseMaxConnections();
                    default -> parseTimeout();
                };
            }
        }
        if (scanner.peek() == ';')
        {
            return problem("an empty statement", "remove the \";\"");
        }
        if (scanner.peek() == 0xef)
        {
            return problem("a byte-order mark or other text that is not ASCII", "save the file as plain ASCII");
        }
        return problem("no statement begins so; known are " + String.join(", ", KEYWORDS), REMEDY);
    }

    private boolean parseProxyFor()
    {
        int line = scanner.line();
        scanner.skipBlanks();
        long dc = parseDc();
        if (dc == Long.MIN_VALUE)
        {
            return false;
        }
        if (scanner.skipBlanks() == 0)
        {
            return problem("a space or TAB must stand between the dc and the host", REMEDY);
        }
        return parseServer((int)dc, line);
    }

    /** @return the dc, or MIN_VALUE after a problem. [C-CFG-11] */
    private long parseDc()
    {
        boolean negative = scanner.take('-');
        long digits = scanner.number();
        if (digits < 0)
        {
            problem("a dc is expected here: digits, with \"-\" in front or without", REMEDY);
            return Long.MIN_VALUE;
        }
        long dc = negative ? -digits : digits;
        if (dc < Short.MIN_VALUE || dc > Short.MAX_VALUE)
        {
            scanner.rewindToken();
            problem("the dc is outside " + Short.MIN_VALUE + ".." + Short.MAX_VALUE, REMEDY);
            return Long.MIN_VALUE;
        }
        return dc;
    }

    private boolean parseServer(int dc, int line)
    {
        scanner.skipBlanks();
        String host = scanner.peek() == '[' ? scanner.bracketed() : scanner.word();
        if (host.isEmpty())
        {
            return problem("a host is expected here: a name, an IPv4 address, or an IPv6 address in brackets", REMEDY);
        }
        if (host.length() > HOST_LENGTH_MAX)
        {
            scanner.rewindToken();
            return problem("the host has more than " + HOST_LENGTH_MAX + " characters", REMEDY);
        }
        scanner.skipSpace();
        if (!scanner.take(':'))
        {
            return problem("\":\" and a port must follow the host", REMEDY);
        }
        scanner.skipBlanks();
        long port = scanner.number();
        if (port < 0)
        {
            return problem("a port is expected here; an IPv6 address needs brackets", REMEDY);
        }
        if (port == 0 || port > PORT_MAX)
        {
            scanner.rewindToken();
            return problem("the port is outside 1.." + PORT_MAX, REMEDY);
        }
        return endStatement() && addServer(dc, host, (int)port, line);
    }

    private boolean parseDefault(int line)
    {
        scanner.skipBlanks();
        long dc = parseDc();
        if (dc == Long.MIN_VALUE || !endStatement())
        {
            return false;
        }
        defaultDc = (int)dc;
        defaultLine = line;
        return true;
    }

    /** [C-CFG-08] */
    private boolean parseMinConnections()
    {
        long number = parseNumber(1, maxConnections, MIN_CONNECTIONS, "max_connections before it");
        if (number < 0 || !endStatement())
        {
            return false;
        }
        minConnections = (int)number;
        return true;
    }

    /** [C-CFG-08] */
    private boolean parseMaxConnections()
    {
        long number = parseNumber(minConnections, ProxyMultiConf.CONNECTIONS_MAX, MAX_CONNECTIONS,
            "min_connections before it");
        if (number < 0 || !endStatement())
        {
            return false;
        }
        maxConnections = (int)number;
        return true;
    }

    /** Read and checked, without effect. [C-CFG-09] [C-BUG-14] */
    private boolean parseTimeout()
    {
        return parseNumber(TIMEOUT_MS_MIN, TIMEOUT_MS_MAX, TIMEOUT, "its unit, milliseconds") >= 0 && endStatement();
    }

    /** @return the number, or -1 after a problem. */
    private long parseNumber(int min, int max, String keyword, String alsoLookAt)
    {
        scanner.skipBlanks();
        long number = scanner.number();
        if (number < 0)
        {
            problem("a number is expected after \"" + keyword + "\", on the same line", REMEDY);
            return -1;
        }
        if (number < min || number > max)
        {
            scanner.rewindToken();
            problem(keyword + " is outside " + min + ".." + max, "correct it, or " + alsoLookAt);
            return -1;
        }
        return number;
    }

    private boolean endStatement()
    {
        int line = scanner.line();
        scanner.skipSpace();
        return scanner.take(';') || problemAt(line, "the statement has no \";\" at its end" + near(), "add the \";\"");
    }

    /** Adds what a complete statement says. What is wrong from here on does not stop the reading. */
    private boolean addServer(int dc, String host, int port, int line)
    {
        if (dc != currentDc)
        {
            Integer seen = clusterLines.get(dc);
            if (seen != null)
            {
                problemAt(line, "dc " + dc + " is intermixed with others, its first server is in line " + seen,
                    "put all servers of one dc next to each other");
                return true;
            }
            if (clusterLines.size() == ProxyMultiConf.CLUSTER_COUNT_MAX)
            {
                reportClusterLimit(line);
                return true;
            }
            clusterLines.put(dc, line);
            currentDc = dc;
        }
        if (entries.size() == ProxyMultiConf.SERVER_COUNT_MAX)
        {
            reportServerLimit(line);
            return true;
        }
        InetAddress address = resolve(host, line);
        entries.add(new Entry(dc, new Server(host, new InetSocketAddress(address, port), minConnections,
            maxConnections)));
        return true;
    }

    private void reportClusterLimit(int line)
    {
        if (!isClusterLimitReported)
        {
            isClusterLimitReported = true;
            problemAt(line, "more than " + ProxyMultiConf.CLUSTER_COUNT_MAX + " dcs", "remove some");
        }
    }

    private void reportServerLimit(int line)
    {
        if (!isServerLimitReported)
        {
            isServerLimitReported = true;
            problemAt(line, "more than " + ProxyMultiConf.SERVER_COUNT_MAX + " servers", "remove some");
        }
    }

    /** @return the address; any one after a problem, as then nothing is applied. */
    private InetAddress resolve(String host, int line)
    {
        Resolution found = resolutions.computeIfAbsent(host, this::resolveOnce);
        if (!found.reason.isEmpty())
        {
            problemAt(line, "host \"" + host + "\" cannot be used: " + found.reason, "correct the host");
        }
        return found.address;
    }

    private Resolution resolveOnce(String host)
    {
        try
        {
            InetAddress address = host.charAt(0) == '[' ? parseIpv6(host) : resolver.resolve(host);
            return new Resolution(address, address.isAnyLocalAddress() ? "it stands for no address" : "");
        }
        catch (UnknownHostException e)
        {
            return new Resolution(InetAddress.getLoopbackAddress(), String.valueOf(e.getMessage()));
        }
    }

    /** [C-CFG-22] */
    private static InetAddress parseIpv6(String host) throws UnknownHostException
    {
        try
        {
            return Inet6Address.ofLiteral(host.substring(1, host.length() - 1));
        }
        catch (IllegalArgumentException e)
        {
            UnknownHostException unknown = new UnknownHostException("it is no IPv6 address");
            unknown.initCause(e);
            throw unknown;
        }
    }

    private boolean problem(String what, String remedy)
    {
        return problemAt(scanner.line(), what + near(), remedy);
    }

    private String near()
    {
        String excerpt = scanner.excerpt();
        return excerpt.isEmpty() ? "" : ", near \"" + excerpt + "\"";
    }

    /** Remembers a problem: where, what, what to do. [C-CFG-30] [C-CFG-31] */
    private boolean problemAt(int line, String what, String remedy)
    {
        problemCount++;
        if (problemCount <= PROBLEM_COUNT_MAX)
        {
            problems.add(fileName + ":" + line + ": fatal: " + what + " — " + remedy);
        }
        return false;
    }

    private ConfigurationException refuse()
    {
        String more = problemCount > PROBLEM_COUNT_MAX ?
            " (" + problemCount + " problems, the first " + PROBLEM_COUNT_MAX + " are shown)" :
            "";
        problems.add(notApplied(fileName) + more);
        return new ConfigurationException(1, problems);
    }

    /** Makes the value: each server once, with the numbers of connections that its last line had. [P-CON-11] */
    private ProxyMultiConf conclude()
    {
        Map<InetSocketAddress, Server> servers = new LinkedHashMap<>();
        entries.forEach(entry -> servers.put(entry.server.address(), entry.server));
        Map<Integer, List<Server>> clusters = new LinkedHashMap<>();
        for (Entry entry : entries)
        {
            clusters.computeIfAbsent(entry.dc, dc -> new ArrayList<>()).add(servers.get(entry.server.address()));
        }
        List<String> warnings = new ArrayList<>();
        if (!clusters.containsKey(defaultDc))
        {
            warnings.add(fileName + ":" + Math.max(1, defaultLine) + ": warning: the default is dc " + defaultDc +
                ", which has no server: what clients send to dcs that are not listed is dropped — " +
                "name a listed dc with \"default\"");
        }
        return new ProxyMultiConf(List.copyOf(servers.values()), clusters, defaultDc, text.length, md5Hex(), warnings);
    }

    private String md5Hex()
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text));
        }
        catch (NoSuchAlgorithmException e)
        {
            throw new IllegalStateException("this Java has no MD5", e);
        }
    }

    /** One server line. */
    private record Entry(int dc, Server server)
    {
    }

    /** What became of a host; the reason is empty when all is well. */
    private record Resolution(InetAddress address, String reason)
    {
    }
}
