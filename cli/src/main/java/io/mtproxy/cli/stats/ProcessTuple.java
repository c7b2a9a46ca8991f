// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.rpc.ProcessId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads and shows a process tuple as C does: {@code [address:port:pid:start]}. [P-RPC-32] */
final class ProcessTuple
{
    private static final Pattern FORM =
        Pattern.compile("\\[(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+):(-?\\d+):(\\d+):(\\d+)\\]");
    private static final int PORT_MASK = 0xffff;

    private ProcessTuple()
    {
    }

    static ProcessId parse(String text)
    {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches())
        {
            throw new IllegalArgumentException("no process tuple: " + text);
        }
        int ipv4 = 0;
        for (int group = 1; group <= 4; group++)
        {
            ipv4 = ipv4 << Byte.SIZE | Integer.parseInt(matcher.group(group));
        }
        return new ProcessId(ipv4, Integer.parseInt(matcher.group(5)) & PORT_MASK,
            ProcessId.foldOsPid(Long.parseLong(matcher.group(6))), (int)Long.parseLong(matcher.group(7)));
    }

    static String show(ProcessId id, int port)
    {
        int ipv4 = id.ipv4();
        return "[" + (ipv4 >>> 24) + "." + (ipv4 >>> 16 & 0xff) + "." + (ipv4 >>> 8 & 0xff) + "." + (ipv4 & 0xff) +
            ":" + port + ":" + id.pid() + ":" + id.startSeconds() + "]";
    }
}
