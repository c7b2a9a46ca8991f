// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one proxy in the status directory (architecture, "Status directory"): where its processes keep their
 * status files. Held by a lock while the proxy lives, so that a second one of the same name takes another folder.
 */
public final class StatusDirectory implements AutoCloseable
{
    /** Ending of status files. */
    public static final String STATUS_SUFFIX = ".status";

    private static final String FOLDER_NAME = "mtproto-proxy";
    private static final String LOCK_NAME = "instance.lock";
    private static final Set<PosixFilePermission> FOLDER_MODE = PosixFilePermissions.fromString("rwxr-x---");
    private static final int MODE_OTHERS_WRITE = 02;
    private static final int MODE_STICKY = 01000;

    private final Path folder;
    private final String instance;
    private final ProcessLock lock;

    private StatusDirectory(Path folder, String instance, ProcessLock lock)
    {
        this.folder = folder;
        this.instance = instance;
        this.lock = lock;
    }

    /** @return the status directory when no option names one. */
    public static Path defaultRoot(Map<String, String> environment, long uid)
    {
        if (uid == 0)
        {
            return Path.of("/run", FOLDER_NAME);
        }
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.startsWith("/") ? Path.of(runtime, FOLDER_NAME) : Path.of("/tmp", FOLDER_NAME + "-" + uid);
    }

    /**
     * Takes a folder in the default status directory.
     *
     * @param warning gets one line when that cannot be used.
     * @return the folder, or null: the status is then kept in private memory.
     */
    public static @Nullable StatusDirectory claimDefault(Path root, String instance, Consumer<String> warning)
    {
        try
        {
            return claim(root, instance);
        }
        catch (IOException e)
        {
            warning.accept("status directory cannot be used: " + reason(e) +
                " — stat, top and metrics of other processes will not see this proxy");
            return null;
        }
    }

    /**
     * Takes a folder in a status directory that an option names.
     *
     * @param root     made if missing, with mode 0750.
     * @param instance name of the proxy; {@code NAME-PID} is taken when a live proxy has that one.
     * @throws IOException with a message for the operator when the directory cannot be used.
     */
    public static StatusDirectory claim(Path root, String instance) throws IOException
    {
        if (instance.isEmpty() || instance.startsWith(".") || instance.indexOf('/') >= 0 || instance.indexOf(0) >= 0)
        {
            throw new StatusFileException("instance name \"" + instance + "\" cannot be the name of a folder");
        }
        long uid = currentUid();
        prepare(root, uid, true);
        StatusDirectory first = tryClaim(root, instance, uid);
        if (first != null)
        {
            return first;
        }
        String second = instance + "-" + ProcessHandle.current().pid();
        StatusDirectory other = tryClaim(root, second, uid);
        if (other == null)
        {
            throw new StatusFileException(root.resolve(second) + ": in use by another process");
        }
        return other;
    }

    /**
     * Makes the status directory for a process that will change its user: called before it does, as root. [C-LIFE-10]
     *
     * @param uid of the user it will be.
     * @param gid of that user's group.
     */
    public static void makeFor(Path root, int uid, int gid) throws IOException
    {
        try
        {
            Files.createDirectory(root, PosixFilePermissions.asFileAttribute(FOLDER_MODE));
            Files.setAttribute(root, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(root, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        }
        catch (FileAlreadyExistsException e)
        {
            checkExisting(root, uid, true);
        }
    }

    /** @return the folders of all proxies there, living or not; empty when there is no directory. */
    public static List<Path> instances(Path root) throws IOException
    {
        return list(root, path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS));
    }

    /** @return whether the proxy of a folder lives. */
    public static boolean isLive(Path folder) throws IOException
    {
        return ProcessLock.isHeld(folder.resolve(LOCK_NAME));
    }

    /** @return the status files in the folder of a proxy. */
    public static List<Path> statusFiles(Path folder) throws IOException
    {
        return list(folder, path -> path.getFileName().toString().endsWith(STATUS_SUFFIX) &&
            Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
    }

    /** @return this proxy's folder. */
    public Path folder()
    {
        return folder;
    }

    /** @return name of the proxy, as it was taken. */
    public String instance()
    {
        return instance;
    }

    /** @return where a process of this proxy keeps its status, as {@code engine} or {@code worker-3}. */
    public Path statusFile(String processName)
    {
        return folder.resolve(processName + STATUS_SUFFIX);
    }

    /** Lets the name go; the files stay. Never throws. */
    @Override
    public void close()
    {
        lock.close();
    }

    /** @return the effective user of this process, also after it has changed, or -1 where that cannot be known. */
    public static long currentUid()
    {
        try
        {
            // not the owner of /proc/self: that is root once a process has changed its user
            for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            {
                if (line.startsWith("Uid:"))
                {
                    return Long.parseLong(line.split("\\s+", -1)[2]);
                }
            }
        }
        catch (IOException | RuntimeException ignored)
        {
            // no /proc here
        }
        return uidOfNewFile();
    }

    private static long uidOfNewFile()
    {
        try
        {
            Path file = Files.createTempFile("mtproto-proxy", null);
            try
            {
                return uid(file);
            }
            finally
            {
                Files.delete(file);
            }
        }
        catch (IOException | RuntimeException e)
        {
            return -1;
        }
    }

    private static @Nullable StatusDirectory tryClaim(Path root, String instance, long uid) throws IOException
    {
        Path folder = root.resolve(instance);
        prepare(folder, uid, false);
        ProcessLock lock = ProcessLock.tryAcquire(folder.resolve(LOCK_NAME));
        return lock == null ? null : new StatusDirectory(folder, instance, lock);
    }

    private static void prepare(Path folder, long uid, boolean mayBeShared) throws IOException
    {
        try
        {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(FOLDER_MODE));
        }
        catch (FileAlreadyExistsException e)
        {
            checkExisting(folder, uid, mayBeShared);
        }
    }

    private static void checkExisting(Path folder, long uid, boolean mayBeShared) throws IOException
    {
        if (Files.isSymbolicLink(folder))
        {
            throw new StatusFileException(folder + ": is a symbolic link — name the folder itself");
        }
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS))
        {
            throw new StatusFileException(folder + ": is not a folder");
        }
        long owner = uid(folder);
        int mode = (Integer)Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        boolean isSticky = (mode & MODE_STICKY) != 0;
        if (owner != uid && !(mayBeShared && owner == 0 && isSticky))
        {
            throw new StatusFileException(folder + ": belongs to user " + owner + ", this process runs as " + uid +
                " — remove it or name another folder");
        }
        if ((mode & MODE_OTHERS_WRITE) != 0 && !(mayBeShared && isSticky))
        {
            throw new StatusFileException(folder + ": everybody may write there — chmod o-w it or name another folder");
        }
    }

    private static long uid(Path path) throws IOException
    {
        return ((Number)Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)).longValue();
    }

    private static String reason(IOException e)
    {
        String message = String.valueOf(e.getMessage());
        return e instanceof StatusFileException ? message : e.getClass().getSimpleName() + ": " + message;
    }

    private static List<Path> list(Path folder, Predicate<Path> filter) throws IOException
    {
        if (!Files.isDirectory(folder))
        {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder))
        {
            return new ArrayList<>(entries.filter(filter).sorted().toList());
        }
    }
}
