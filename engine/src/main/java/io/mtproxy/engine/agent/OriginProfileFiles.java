// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.transport.OriginProfileText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The learnt profiles of the fronting domains in the proxy's folder, one file each, so that all workers share them and a
 * restart finds them. A file that cannot be read or trusted is as good as none. Any thread may call.
 */
public final class OriginProfileFiles
{
    private static final String SUFFIX = ".origin";
    /** Characters of a domain that its file's name shows. */
    private static final int NAME_LENGTH_MAX = 64;

    private final Path folder;

    /** @param folder of this proxy, kept over restarts. */
    public OriginProfileFiles(Path folder)
    {
        this.folder = folder;
    }

    /** @return what has been learnt of a domain; empty when there is nothing that can be used. */
    public Optional<OriginProfileText.Learnt> load(String domain)
    {
        Path file = file(domain);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
        {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS))
        {
            String text = new String(in.readNBytes(OriginProfileText.LENGTH_MAX + 1), StandardCharsets.UTF_8);
            return OriginProfileText.read(text).filter(learnt -> learnt.domain().equals(domain));
        }
        catch (IOException e)
        {
            return Optional.empty();
        }
    }

    /**
     * Keeps what has been learnt, in place of what was there before. Readers see the one or the other.
     *
     * @throws IOException with the system's reason, such as a full disk.
     */
    public void save(OriginProfileText.Learnt learnt) throws IOException
    {
        Path written = Files.createTempFile(folder, "origin", ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
        try
        {
            Files.writeString(written, OriginProfileText.write(learnt));
            Files.move(written, file(learnt.domain()), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        }
        finally
        {
            Files.deleteIfExists(written);
        }
    }

    /** The name is for the operator's eye, the sum keeps names apart that look the same. */
    private Path file(String domain)
    {
        CRC32 crc = new CRC32();
        crc.update(domain.getBytes(StandardCharsets.UTF_8));
        String shown = domain.replaceAll("[^A-Za-z0-9.-]", "_");
        return folder.resolve(shown.substring(0, Math.min(shown.length(), NAME_LENGTH_MAX)) + '-' +
            String.format("%08x", crc.getValue()) + SUFFIX);
    }
}
