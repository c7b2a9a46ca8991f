// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The memory of accepted hellos as a file in the proxy's folder, so that all workers share it and it outlives a restart.
 * What stands in it are words that any process may compare and swap; nobody owns it. [P-TLS-20] [C-BUG-20] [C-LIFE-17]
 */
public final class ReplayFile
{
    /** Name within the folder. */
    public static final String NAME = "replay";

    private static final int ZEROS_LENGTH = 64 * 1024;
    private static final Set<OpenOption> OPTIONS =
        Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private ReplayFile()
    {
    }

    /**
     * Maps the file; makes it if there is none, or one of another length. It stays mapped until the process ends.
     *
     * @param folder of this proxy, kept over restarts.
     * @param length bytes.
     * @throws IOException with the system's reason, such as a full disk.
     */
    public static AtomicBuffer map(Path folder, int length) throws IOException
    {
        Path file = folder.resolve(NAME);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) != length)
        {
            Files.delete(file);
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS))
        {
            make(folder, file, length);
        }
        try (FileChannel channel = FileChannel.open(file, OPTIONS))
        {
            return new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_WRITE, 0, length));
        }
    }

    /** Fills a file under a name of its own and links it, so that of several workers that do this at once one wins. */
    private static void make(Path folder, Path file, int length) throws IOException
    {
        Path filled = Files.createTempFile(folder, NAME, ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
        try
        {
            // written, not left as a hole: a hole on a full disk would fault in the middle of a handshake
            try (FileChannel channel = FileChannel.open(filled, OPTIONS))
            {
                for (int done = 0; done < length;)
                {
                    done += channel.write(ByteBuffer.allocate(Math.min(ZEROS_LENGTH, length - done)), done);
                }
            }
            Files.createLink(file, filled);
        }
        catch (FileAlreadyExistsException e)
        {
            // another worker was faster, its file is as good
        }
        finally
        {
            Files.deleteIfExists(filled);
        }
    }
}
