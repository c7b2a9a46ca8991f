// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lock on a file of its own, by which others know that the process lives: it falls when the process ends, however
 * that happens, and unlike a pid it means something in another container.
 */
final class ProcessLock implements AutoCloseable
{
    static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-r-----");

    private static final Set<OpenOption> WRITER_OPTIONS =
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    /** How long one that looks may keep another from the lock, before that one gives up: far more than looking takes. */
    private static final int ATTEMPTS_MAX = 2000;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /**
     * What this process holds: state of the process and therefore static. Such a file must not be opened a second time,
     * as a process loses its POSIX locks on a file when it closes any descriptor of it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path key;
    private final FileChannel channel;

    private ProcessLock(Path key, FileChannel channel)
    {
        this.key = key;
        this.channel = channel;
    }

    /** @return the lock, or null when this or another process has it; one that only looks ({@link #isHeld}) is waited for. */
    static synchronized @Nullable ProcessLock tryAcquire(Path path) throws IOException
    {
        Path key = key(path);
        if (!HELD.add(key))
        {
            return null;
        }
        FileChannel channel = null;
        boolean isAcquired = false;
        try
        {
            channel = FileChannel.open(path, WRITER_OPTIONS, fileMode(path));
            isAcquired = acquire(channel);
            return isAcquired ? new ProcessLock(key, channel) : null;
        }
        finally
        {
            if (!isAcquired)
            {
                if (channel != null)
                {
                    channel.close();
                }
                HELD.remove(key);
            }
        }
    }

    /** Who looks has a shared lock for an instant: beside that another shared one can be had, beside a holder's none. */
    private static boolean acquire(FileChannel channel) throws IOException
    {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++)
        {
            if (channel.tryLock() != null)
            {
                return true;
            }
            try (FileLock beside = channel.tryLock(0, Long.MAX_VALUE, true))
            {
                if (beside == null)
                {
                    return false;
                }
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        return false;
    }

    /** @return whether a living process has the lock. Not while this one takes it, as both would open the file. */
    static synchronized boolean isHeld(Path path) throws IOException
    {
        if (HELD.contains(key(path)))
        {
            return true;
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true))
        {
            return lock == null;
        }
        catch (OverlappingFileLockException e)
        {
            return true;
        }
        catch (NoSuchFileException e)
        {
            return false;
        }
    }

    /** @return the mode of what the process makes in the status directory. */
    static FileAttribute<?>[] fileMode(Path path)
    {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix") ?
            new FileAttribute<?>[]{PosixFilePermissions.asFileAttribute(FILE_MODE)} :
            new FileAttribute<?>[0];
    }

    /** Lets the lock go; the file stays, as removing it would let two have the lock at once. Never throws. */
    @Override
    public void close()
    {
        if (!channel.isOpen())
        {
            return;
        }
        try
        {
            channel.close();
        }
        catch (IOException ignored)
        {
            // the lock falls when the process ends
        }
        HELD.remove(key);
    }

    private static Path key(Path path) throws IOException
    {
        Path absolute = path.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        return folder != null && Files.isDirectory(folder) ? folder.toRealPath().resolve(path.getFileName()) : absolute;
    }
}
