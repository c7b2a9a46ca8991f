// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.supervisor.Supervisor.Worker;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A supervisor and workers that are shell scripts: who is started, replaced and told what. */
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class SupervisorTest
{
    /** Reads 4 bytes, one byte with the sockets and one of settings, says that it serves, and prints the orders. */
    private static final String SERVING =
        "dd bs=1 count=6 >/dev/null 2>&1; printf '\\001' >&0; exec dd bs=1 2>/dev/null";
    private static final String DRAINING =
        "dd bs=1 count=6 >/dev/null 2>&1; printf '\\001' >&0; dd bs=1 count=1 >/dev/null 2>&1; exit 0";

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> stops = new LinkedBlockingQueue<>();
    private final List<String> settings = new CopyOnWriteArrayList<>();
    private CompletableFuture<String> ended = new CompletableFuture<>();
    private Supervisor supervisor;

    @AfterEach
    void close()
    {
        supervisor.close();
    }

    private void start(boolean isReplacing, WorkerLaunch launch) throws Exception
    {
        assertTrue(LinuxDescriptors.isAvailable());
        supervisor = new Supervisor(new Supervisor.Plan(2, isReplacing, List.of(), (number, place, isReplacement) ->
        {
            settings.add(number + " at " + place + (isReplacement ? " replacement" : " first"));
            return new byte[1];
        }, 100), launch, log::add);
        supervisor.start();
    }

    private void run()
    {
        Thread.ofPlatform().daemon().start(() ->
        {
            try
            {
                ended.complete(String.valueOf(supervisor.run(timeoutMs -> stops.poll(timeoutMs, TimeUnit.MILLISECONDS),
                    () ->
                    {
                    })));
            }
            catch (InterruptedException | RuntimeException e)
            {
                ended.completeExceptionally(e);
            }
        });
    }

    private static WorkerLaunch script(String text)
    {
        return number -> List.of("/bin/sh", "-c", text);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException
    {
        while (!condition.getAsBoolean())
        {
            Thread.sleep(5);
        }
    }

    @Test
    void shouldReplaceAllByAnotherBuild() throws Exception
    {
        start(true, script(DRAINING));
        run();
        List<Worker> before = supervisor.workers();
        assertEquals(List.of(0, 1), before.stream().map(Worker::number).toList());
        List<String> progress = new CopyOnWriteArrayList<>();

        supervisor.upgrade(script(DRAINING), progress::add);

        assertEquals(2, progress.size());
        assertTrue(progress.getFirst().contains(" serves in place of worker 0 (pid " + before.getFirst().pid()),
            progress::toString);
        await(() -> supervisor.workers().size() == 2);
        assertTrue(supervisor.workers().stream().noneMatch(before::contains));
        assertEquals(List.of("0 at 0 first", "1 at 1 first"), settings.subList(0, 2));
        assertTrue(settings.get(2).endsWith(" at 0 replacement") && settings.get(3).endsWith(" at 1 replacement"));

        // numbers of those that have ended are given again, so that there is never one more than is needed
        supervisor.upgrade(script(DRAINING), progress::add);
        assertTrue(settings.stream().allMatch(text -> text.charAt(0) < '4'), settings::toString);
        stops.add("SIGTERM");
        assertEquals("SIGTERM", ended.get());
    }

    @Test
    void shouldKillWhoDoesNotDrain() throws Exception
    {
        start(true, script(SERVING));
        run();
        List<Worker> before = supervisor.workers();
        supervisor.upgrade(script(DRAINING), line ->
        {
        });

        await(() -> before.stream().noneMatch(supervisor.workers()::contains));
        assertEquals(2, log.stream().filter(line -> line.contains("does not end by itself, killing it")).count());
        assertEquals(2, supervisor.workers().size());
    }

    /** [C-LIFE-13] A new one that fails changes nothing, also where no worker may end. */
    @Test
    void shouldKeepOldOnesWhenNewOneFails() throws Exception
    {
        start(false, script(DRAINING));
        run();
        List<Worker> before = supervisor.workers();

        IOException refused = assertThrows(IOException.class, () -> supervisor.upgrade(
            script("printf 'no such option' >&0; exit 2"), line ->
            {
            }));
        assertTrue(refused.getMessage().contains("ended with exit code 2 before it could serve: no such option — all " +
            "workers are the old ones"), refused::getMessage);
        IOException missing = assertThrows(IOException.class,
            () -> supervisor.upgrade(number -> List.of("/no/such/program"), line ->
            {
            }));
        assertTrue(missing.getMessage().contains("ended with exit code 127"), missing::getMessage);
        assertEquals(before, supervisor.workers());
        stops.add("SIGTERM");
        assertEquals("SIGTERM", ended.get());
    }

    /** [C-SIG-01] [C-SIG-20] The whole group is signalled: the end of the workers is no failure of theirs. */
    @Test
    void shouldNotTakeSignalToAllForFailure() throws Exception
    {
        start(false, script(SERVING));
        for (Worker worker : supervisor.workers())
        {
            LinuxProcess.signal(worker.pid(), LinuxSignals.SIGTERM);
            await(() -> !ProcessHandle.of(worker.pid()).map(ProcessHandle::isAlive).orElse(false));
        }
        await(() -> supervisor.workers().isEmpty());
        AtomicInteger waits = new AtomicInteger();

        // nothing at the first look, the signal while it waits because of what it then sees
        String reason = supervisor.run(timeoutMs -> waits.getAndIncrement() == 0 ? null : "SIGTERM", () ->
        {
        });

        assertEquals("SIGTERM", reason);
        assertEquals(2, waits.get());
        assertTrue(log.isEmpty(), log::toString);
    }

    /** [C-LIFE-13] [C-EXIT-22] */
    @Test
    void shouldEndWhenOneEndsThatIsNotReplaced() throws Exception
    {
        start(false, script(SERVING));
        run();
        LinuxProcess.signal(supervisor.workers().getFirst().pid(), LinuxSignals.SIGKILL);

        assertEquals("null", ended.get());
        assertTrue(log.getLast().endsWith("was killed by signal 9, so all end"), log::toString);
    }

    @Test
    void shouldSayWhyStartFails()
    {
        IOException failed = assertThrows(IOException.class,
            () -> start(true, script("printf 'bad \\303\\274' >&0; exit 4")));

        assertTrue(failed.getMessage().endsWith("ended with exit code 4 before it could serve: bad ü"),
            failed::getMessage);
    }

    /** [C-SIG-04] [C-SIG-05] Signals of the operator do not end a worker whose handlers do not stand yet. */
    @Test
    void shouldShieldWorkersThatStart() throws Exception
    {
        start(true, script("kill -HUP $$; kill -USR1 $$; " + SERVING));

        assertEquals(2, supervisor.workers().size());
        assertNull(ended.getNow(null));
    }
}
