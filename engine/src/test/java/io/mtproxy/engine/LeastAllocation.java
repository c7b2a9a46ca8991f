// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What a piece of work leaves as garbage on the thread that calls. The JVM links call sites and compiles when it sees fit
 * and allocates some bytes on this thread then, so one count proves nothing; garbage of the work's own is there each time.
 */
public final class LeastAllocation
{
    private static final int WINDOWS = 30;
    private static final ThreadMXBean THREADS = (ThreadMXBean)ManagementFactory.getThreadMXBean();

    private LeastAllocation()
    {
    }

    /**
     * @param work is run until one run allocates nothing, at most 30 times.
     * @return bytes of the run that allocated least.
     */
    public static long bytesOf(Runnable work)
    {
        long least = Long.MAX_VALUE;
        for (int window = 0; window < WINDOWS && least > 0; window++)
        {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            work.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
