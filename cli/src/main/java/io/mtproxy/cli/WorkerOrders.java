// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.supervisor.WorkerLink;
import io.mtproxy.cli.supervisor.WorkerOrder;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A worker's ear for its master: what it is asked for, and that the master is gone. [C-LIFE-14] */
final class WorkerOrders
{
    private static final int EXIT_FAILED = 1;
    private static final long DRAIN_POLL_MS = 20;
    private static final long RELOAD_NS_MAX = TimeUnit.SECONDS.toNanos(5);
    private static final long RELOAD_POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final RunningProxy proxy;
    private final StopWait stop;
    private final LogLines log;
    private volatile boolean isAccepting;
    private volatile boolean isEnding;
    private boolean isDraining;

    WorkerOrders(RunningProxy proxy, StopWait stop, LogLines log)
    {
        this.proxy = proxy;
        this.stop = stop;
        this.log = log;
    }

    /** @return whether the master has said that this worker may accept. */
    boolean isAccepting()
    {
        return isAccepting;
    }

    /** Listens from now on, on a thread of its own. */
    void listen()
    {
        Thread.ofPlatform().daemon().name("master-watch").start(this::listenToEnd);
    }

    private void listenToEnd()
    {
        for (int code = WorkerLink.nextOrder(); code >= 0; code = WorkerLink.nextOrder())
        {
            WorkerOrder order = WorkerOrder.ofCode(code);
            if (order != null)
            {
                carryOut(order);
            }
        }
        if (isEnding)
        {
            return;
        }
        // at once and whatever it does
        log.print("the master is gone, exiting");
        Runtime.getRuntime().halt(EXIT_FAILED);
    }

    /** Listens no more, as the process ends. */
    void close()
    {
        isEnding = true;
        WorkerLink.endOrders();
    }

    private void carryOut(WorkerOrder order)
    {
        switch (order)
        {
            case ACCEPT ->
            {
                proxy.engine().startAccepting();
                isAccepting = true;
            }
            case RELOAD -> reload();
            case RELOAD_REFUSED -> proxy.engine().reloadRefused();
            case REOPEN_LOGS -> proxy.plan().output().reopen();
            case DRAIN -> drain();
        }
    }

    /** Before the first client it is waited for, so that nobody meets what was in force before. */
    private void reload()
    {
        long before = reloadCount();
        proxy.reload();
        long beginNs = System.nanoTime();
        while (proxy.plan().isReplacement() && !isAccepting && reloadCount() == before &&
            System.nanoTime() - beginNs < RELOAD_NS_MAX)
        {
            LockSupport.parkNanos(RELOAD_POLL_NS);
        }
    }

    private long reloadCount()
    {
        StatusFileReader status = proxy.engine().status();
        return status.get(ProxyCounter.CONFIG_RELOADS) + status.get(ProxyCounter.CONFIG_RELOADS_FAILED);
    }

    private void drain()
    {
        if (!isDraining)
        {
            isDraining = true;
            proxy.engine().stopAccepting();
            Thread.ofPlatform().daemon().name("drain").start(this::awaitLastClient);
        }
    }

    private void awaitLastClient()
    {
        ProxyEngine engine = proxy.engine();
        StatusFileReader status = engine.status();
        long timeoutNs = proxy.plan().config().middleProxies().drainTimeout().toNanos();
        log.print("replaced, " + status.get(ProxyCounter.SPECIAL_CONNECTIONS) + " clients are left");
        long beginNs = System.nanoTime();
        try
        {
            while (status.get(ProxyCounter.LISTENING_CONNECTIONS) > 0 ||
                status.get(ProxyCounter.SPECIAL_CONNECTIONS) > 0 && System.nanoTime() - beginNs < timeoutNs)
            {
                TimeUnit.MILLISECONDS.sleep(DRAIN_POLL_MS);
            }
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
        long left = status.get(ProxyCounter.SPECIAL_CONNECTIONS);
        log.print(left == 0 ? "the last client has gone" : "the drain timeout is over, closing " + left + " clients");
        stop.askToStop("replacement");
    }
}
