// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class LinuxThreadsTest
{
    @Test
    void shouldPinCallingThreadOnly() throws ExecutionException, InterruptedException
    {
        BitSet all = LinuxThreads.cpus();
        assertFalse(all.isEmpty());
        BitSet one = new BitSet();
        one.set(all.length() - 1);

        BitSet seen = onNewThread(() -> LinuxThreads.pin(one) == 0 ? LinuxThreads.cpus() : new BitSet());

        assertEquals(one, seen);
        assertEquals(all, LinuxThreads.cpus());
    }

    @Test
    void shouldGiveErrorNumberForCpuThatDoesNotExist() throws ExecutionException, InterruptedException
    {
        BitSet missing = new BitSet();
        missing.set(8000);
        assertEquals(22, onNewThread(() -> LinuxThreads.pin(missing)));
        assertEquals(22, onNewThread(() -> LinuxThreads.pin(new BitSet())));
    }

    @Test
    void shouldRefuseNumbersThatNoCpuHas()
    {
        BitSet tooLarge = new BitSet();
        tooLarge.set(8192);
        assertThrows(IllegalArgumentException.class, () -> LinuxThreads.pin(tooLarge));
    }

    private static <T> T onNewThread(Supplier<T> call)
        throws ExecutionException, InterruptedException
    {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = new Thread(() -> answer.complete(call.get()));
        thread.start();
        thread.join();
        return answer.get();
    }
}
