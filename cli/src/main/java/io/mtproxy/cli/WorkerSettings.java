// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.ConfigTimes;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a worker gets from its master besides sockets: all that only the starting user may have been allowed to read, and
 * names that are resolved already.
 *
 * <pre>
 *   form, 4 bytes    length of the rest, 4 bytes    the fields
 * </pre>
 *
 * After an upgrade the master is of an older build than its workers, so fields are only ever added, at the end, and a
 * reader passes over those that it does not know; what older readers would get wrong gets another number of the form.
 *
 * @param arguments     of the master.
 * @param conf          as it is in force; warnings are the master's to print.
 * @param secrets       of the clients.
 * @param proxySecret   shared with middle proxies, or null.
 * @param statsPort     of the master, which is part of the process id on links. [P-RPC-32]
 * @param statusFile    where the worker counts, empty for private memory.
 * @param isReplacement whether others serve already: it accepts nobody before it has links.
 * @param configTimes   of the configuration, which a replacement did not load itself; null from a master that is older.
 * @param place         of the worker among the others, from 0, which one that replaces it has again.
 */
record WorkerSettings(List<String> arguments, ProxyMultiConf conf, SecretList secrets,
    @Nullable ProxySecretFile proxySecret, int statsPort, String statusFile,
    boolean isReplacement, @Nullable ConfigTimes configTimes, int place)
{
    private static final int FORM = 1;
    private static final int LENGTH_MAX = 1 << 26;
    private static final int TEXT_LENGTH_MAX = 1 << 20;
    private static final int NONE = -1;

    /** @return what {@link #read} reads; it holds secrets, so the caller zeroes it. */
    byte[] toBytes()
    {
        ZeroedBytes fields = new ZeroedBytes();
        try (DataOutputStream out = new DataOutputStream(fields))
        {
            out.writeInt(arguments.size());
            for (String argument : arguments)
            {
                writeText(out, argument);
            }
            writeConf(out);
            out.writeInt(secrets.size());
            byte[] secret = new byte[Secret.LENGTH];
            for (int i = 0; i < secrets.size(); i++)
            {
                secrets.get(i).copyTo(secret, 0);
                out.write(secret);
            }
            out.writeInt(proxySecret == null ? NONE : proxySecret.bytes().length);
            if (proxySecret != null)
            {
                out.write(proxySecret.bytes());
            }
            out.writeInt(statsPort);
            writeText(out, statusFile);
            out.writeBoolean(isReplacement);
            if (configTimes != null)
            {
                out.writeLong(configTimes.loadedAtEpochMs());
                out.writeLong(configTimes.refusedAtEpochMs());
            }
            out.writeInt(place);
        }
        catch (IOException e)
        {
            throw new UncheckedIOException("into memory", e);
        }
        byte[] whole = ByteBuffer.allocate(2 * Integer.BYTES + fields.size()).putInt(FORM).putInt(fields.size())
            .put(fields.array(), 0, fields.size()).array();
        fields.zero();
        return whole;
    }

    /**
     * Reads what {@link #toBytes} wrote, in this build or another one.
     *
     * @throws IOException with a line for the operator when this build cannot.
     */
    static WorkerSettings read(DataInputStream in) throws IOException
    {
        int form = in.readInt();
        int length = in.readInt();
        if (form != FORM || length < 0 || length > LENGTH_MAX)
        {
            throw new IOException("its settings are of form " + form + ", this build reads " + FORM +
                " — restart the proxy to run this build");
        }
        byte[] fields = in.readNBytes(length);
        try
        {
            return readFields(new DataInputStream(new ByteArrayInputStream(fields)));
        }
        finally
        {
            Arrays.fill(fields, (byte)0);
        }
    }

    private static WorkerSettings readFields(DataInputStream in) throws IOException
    {
        int argumentCount = in.readInt();
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < argumentCount; i++)
        {
            arguments.add(readText(in));
        }
        ProxyMultiConf conf = readConf(in);
        int secretCount = in.readInt();
        List<Secret> secrets = new ArrayList<>();
        for (int i = 0; i < secretCount; i++)
        {
            secrets.add(Secret.of(in.readNBytes(Secret.LENGTH), 0));
        }
        int length = in.readInt();
        ProxySecretFile proxySecret = length == NONE ? null : ProxySecretFile.of(in.readNBytes(length));
        return new WorkerSettings(arguments, conf, SecretList.of(secrets), proxySecret, in.readInt(), readText(in),
            in.readBoolean(), in.available() < 2 * Long.BYTES ? null : new ConfigTimes(in.readLong(), in.readLong()),
            in.available() < Integer.BYTES ? 0 : in.readInt());
    }

    private void writeConf(DataOutputStream out) throws IOException
    {
        List<ProxyMultiConf.Server> servers = conf.servers();
        out.writeInt(servers.size());
        for (ProxyMultiConf.Server server : servers)
        {
            byte[] address = server.address().getAddress().getAddress();
            writeText(out, server.host());
            out.writeInt(address.length);
            out.write(address);
            out.writeInt(server.address().getPort());
            out.writeInt(server.minConnections());
            out.writeInt(server.maxConnections());
        }
        out.writeInt(conf.clusters().size());
        for (Map.Entry<Integer, List<ProxyMultiConf.Server>> cluster : conf.clusters().entrySet())
        {
            out.writeInt(cluster.getKey());
            out.writeInt(cluster.getValue().size());
            for (ProxyMultiConf.Server server : cluster.getValue())
            {
                out.writeInt(servers.indexOf(server));
            }
        }
        out.writeInt(conf.defaultDc());
        out.writeInt(conf.length());
        writeText(out, conf.md5Hex());
    }

    private static ProxyMultiConf readConf(DataInputStream in) throws IOException
    {
        int serverCount = in.readInt();
        List<ProxyMultiConf.Server> servers = new ArrayList<>();
        for (int i = 0; i < serverCount; i++)
        {
            String host = readText(in);
            InetAddress address = InetAddress.getByAddress(in.readNBytes(in.readInt()));
            servers.add(new ProxyMultiConf.Server(host, new InetSocketAddress(address, in.readInt()), in.readInt(),
                in.readInt()));
        }
        int clusterCount = in.readInt();
        Map<Integer, List<ProxyMultiConf.Server>> clusters = new LinkedHashMap<>();
        for (int i = 0; i < clusterCount; i++)
        {
            int dc = in.readInt();
            int size = in.readInt();
            List<ProxyMultiConf.Server> cluster = new ArrayList<>();
            for (int j = 0; j < size; j++)
            {
                cluster.add(servers.get(in.readInt()));
            }
            clusters.put(dc, cluster);
        }
        return new ProxyMultiConf(servers, clusters, in.readInt(), in.readInt(), readText(in), List.of());
    }

    private static void writeText(DataOutputStream out, String text) throws IOException
    {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException
    {
        int length = in.readInt();
        if (length < 0 || length > TEXT_LENGTH_MAX)
        {
            throw new IOException("not the settings of a worker");
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** Bytes with secrets among them, which leave nothing behind. */
    private static final class ZeroedBytes extends ByteArrayOutputStream
    {
        private static final int LENGTH_START = 1 << 16;

        ZeroedBytes()
        {
            super(LENGTH_START);
        }

        byte[] array()
        {
            return buf;
        }

        void zero()
        {
            Arrays.fill(buf, (byte)0);
        }
    }

    /** Shows no argument, as there are secrets among them. */
    @Override
    public String toString()
    {
        return "WorkerSettings{" + arguments.size() + " arguments, masked}";
    }
}
