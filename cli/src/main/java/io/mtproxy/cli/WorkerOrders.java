// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.supervisor.WorkerLink;
import io.mtproxy.cli.supervisor.WorkerOrder;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.concurrent.TimeUnit;

/** A worker's ear for its master: what it is asked for, and that the master is gone. [C-LIFE-14] */
final class WorkerOrders
{
    private static final int EXIT_FAILED = 1;
    private static final long DRAIN_POLL_MS = 20;

    private final RunningProxy proxy;
    private final StopWait stop;
    private final LogLines log;
    private boolean isDraining;

    WorkerOrders(RunningProxy proxy, StopWait stop, LogLines log)
    {
        this.proxy = proxy;
        this.stop = stop;
        this.log = log;
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
        // at once and whatever it does
        log.print("the master is gone, exiting");
        Runtime.getRuntime().halt(EXIT_FAILED);
    }

    private void carryOut(WorkerOrder order)
    {
        switch (order)
        {
            case RELOAD -> proxy.reload();
            case REOPEN_LOGS -> proxy.plan().output().reopen();
            case DRAIN -> drain();
        }
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
        long beginNs = System.nanoTime();
        log.print("replaced, " + status.get(ProxyCounter.SPECIAL_CONNECTIONS) + " clients are left");
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
