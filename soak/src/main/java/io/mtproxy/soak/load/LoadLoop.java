// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.Jce;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread of the load generator with one selector, for clients and for the datacenter's ends of links: on a machine
 * of two processors the generator then takes one, and the proxy has the other.
 */
final class LoadLoop implements AutoCloseable
{
    /** Bytes read at once. */
    static final int READ_LENGTH = 256 * 1024;
    /** Room for the largest request with what its transport puts around it. */
    static final int WIRE_LENGTH = LoadPayload.LENGTH_MAX + 64 * 1024;

    private static final int SLACK = 64;
    private static final int MLKEM_KEYS = 8;

    private final Selector selector;
    private final Thread thread;
    private final Queue<Task> tasks = new ConcurrentLinkedQueue<>();
    private final List<UpstreamLink> dirty = new ArrayList<>();
    private final List<ClientGroup> groups = new ArrayList<>();
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_LENGTH);
    private final ByteBuffer writeBuffer = ByteBuffer.allocateDirect(WIRE_LENGTH);
    private final byte[] cipherIn = new byte[READ_LENGTH + SLACK];
    private final byte[] plainIn = new byte[READ_LENGTH + SLACK];
    private final byte[] plainOut = new byte[WIRE_LENGTH];
    private final byte[] cipherOut = new byte[WIRE_LENGTH];
    private final byte[] recordsOut = new byte[WIRE_LENGTH];
    private final LoadPayload payload;
    private final LargeAnswers.Table largeAnswers;
    private final SplittableRandom random;
    private final List<byte[]> mlKemKeys = new ArrayList<>();
    private volatile boolean isClosing;
    private volatile @Nullable Throwable failure;

    /** Something for the loop's thread to do. */
    interface Task
    {
        void run() throws IOException;
    }

    LoadLoop(int index, LoadPayload payload, LargeAnswers.Table largeAnswers) throws IOException
    {
        this.payload = payload;
        this.largeAnswers = largeAnswers;
        this.random = new SplittableRandom(System.nanoTime() + index);
        this.selector = Selector.open();
        this.thread = Thread.ofPlatform().name("soak-load-" + index).daemon().unstarted(this::run);
        thread.start();
    }

    /** Has a task done by the loop's thread, soon. */
    void execute(Task task)
    {
        tasks.add(task);
        selector.wakeup();
    }

    /** Has something made by the loop's thread, and waits for it. */
    <T> T call(Supplier<T> question)
    {
        CompletableFuture<T> answer = new CompletableFuture<>();
        execute(() -> answer.complete(question.get()));
        while (true)
        {
            Throwable found = failure;
            if (found != null)
            {
                throw new IllegalStateException("the load generator has failed", found);
            }
            try
            {
                return answer.get(100, TimeUnit.MILLISECONDS);
            }
            catch (TimeoutException e)
            {
                // look whether the loop lives
            }
            catch (InterruptedException e)
            {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            catch (ExecutionException e)
            {
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    // ---- for what lives on the loop's thread

    Selector selector()
    {
        return selector;
    }

    LoadPayload payload()
    {
        return payload;
    }

    LargeAnswers.Table largeAnswers()
    {
        return largeAnswers;
    }

    SplittableRandom random()
    {
        return random;
    }

    /** @return one of a few keys of ML-KEM-768: making one costs more than all else in a hello. */
    byte[] mlKemKey()
    {
        while (mlKemKeys.size() < MLKEM_KEYS)
        {
            mlKemKeys.add(Jce.mlKem768PublicKey());
        }
        return mlKemKeys.get(random.nextInt(MLKEM_KEYS));
    }

    /** Where everything is read to. */
    ByteBuffer readBuffer()
    {
        return readBuffer;
    }

    ByteBuffer writeBuffer()
    {
        return writeBuffer;
    }

    /** What was read, where ciphers want it. */
    byte[] cipherIn()
    {
        return cipherIn;
    }

    byte[] plainIn()
    {
        return plainIn;
    }

    /** Where a request is put together. */
    byte[] plainOut()
    {
        return plainOut;
    }

    byte[] cipherOut()
    {
        return cipherOut;
    }

    byte[] recordsOut()
    {
        return recordsOut;
    }

    void onDirty(UpstreamLink link)
    {
        dirty.add(link);
    }

    void add(ClientGroup group)
    {
        groups.add(group);
    }

    void remove(ClientGroup group)
    {
        groups.remove(group);
    }

    static void closeQuietly(AutoCloseable closeable)
    {
        try
        {
            closeable.close();
        }
        catch (Exception e)
        {
            // closing is all that was wanted
        }
    }

    @Override
    public void close()
    {
        isClosing = true;
        selector.wakeup();
        boolean isInterrupted = false;
        while (thread.isAlive())
        {
            try
            {
                thread.join();
            }
            catch (InterruptedException e)
            {
                isInterrupted = true;
            }
        }
        if (isInterrupted)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void run()
    {
        try
        {
            while (!isClosing)
            {
                long waitNs = Long.MAX_VALUE;
                for (int i = 0; i < groups.size(); i++)
                {
                    waitNs = Math.min(waitNs, groups.get(i).onTurn());
                }
                flushLinks();
                select(waitNs);
                flushLinks();
                for (Task task = tasks.poll(); task != null; task = tasks.poll())
                {
                    task.run();
                }
            }
        }
        catch (IOException | RuntimeException | Error e)
        {
            failure = e;
        }
        finally
        {
            selector.keys().forEach(key -> closeQuietly(key.channel()));
            closeQuietly(selector);
        }
    }

    /** Waits at most that long; a time below a millisecond is not slept through, so that sending is never late. */
    private void select(long waitNs) throws IOException
    {
        if (waitNs < 1_500_000)
        {
            selector.selectNow(LoadLoop::onSelected);
        }
        else if (waitNs == Long.MAX_VALUE)
        {
            selector.select(LoadLoop::onSelected);
        }
        else
        {
            selector.select(LoadLoop::onSelected, waitNs / 1_000_000 - 1 | 1);
        }
    }

    private void flushLinks()
    {
        for (int i = 0; i < dirty.size(); i++)
        {
            dirty.get(i).flush();
        }
        dirty.clear();
    }

    private static void onSelected(SelectionKey key)
    {
        if (key.isValid())
        {
            ((LoadSocket)key.attachment()).onReady(key);
        }
    }
}
