// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Sits between a client and a server, and sees what a watcher of the line sees. */
final class RecordTap implements AutoCloseable
{
    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final List<ByteArrayOutputStream> answers = new ArrayList<>();

    private RecordTap(ServerSocket listener, InetSocketAddress target)
    {
        this.listener = listener;
        this.target = target;
    }

    /** Opens a free port of 127.0.0.1 whose connections go on to the target. */
    static RecordTap open(String address, int port) throws IOException
    {
        RecordTap tap = new RecordTap(new ServerSocket(0, 64, InetAddress.getLoopbackAddress()),
            new InetSocketAddress(InetAddress.ofLiteral(address), port));
        Thread.ofVirtual().start(tap::accept);
        return tap;
    }

    int port()
    {
        return listener.getLocalPort();
    }

    /** What servers sent on the connections so far, in the order of their begin. */
    List<byte[]> answers()
    {
        synchronized (answers)
        {
            return answers.stream().map(ByteArrayOutputStream::toByteArray).toList();
        }
    }

    @Override
    public void close() throws IOException
    {
        listener.close();
    }

    private void accept()
    {
        while (!listener.isClosed())
        {
            try
            {
                Socket client = listener.accept();
                Socket server = new Socket();
                server.connect(target);
                ByteArrayOutputStream answer = new ByteArrayOutputStream();
                synchronized (answers)
                {
                    answers.add(answer);
                }
                Thread.ofVirtual().start(() -> copy(client, server, new ByteArrayOutputStream()));
                Thread.ofVirtual().start(() -> copy(server, client, answer));
            }
            catch (IOException closed)
            {
                return;
            }
        }
    }

    private void copy(Socket from, Socket to, ByteArrayOutputStream record)
    {
        try
        {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] run = new byte[64 * 1024];
            for (int length = in.read(run); length >= 0; length = in.read(run))
            {
                synchronized (answers)
                {
                    record.write(run, 0, length);
                }
                out.write(run, 0, length);
            }
            to.shutdownOutput();
        }
        catch (IOException broken)
        {
            try (from; to)
            {
                return;
            }
            catch (IOException alreadyClosed)
            {
                return;
            }
        }
    }
}
