// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The secret shared with all middle proxies, {@code proxy-secret}: raw bytes, used as they are. [C-CLI-40] [P-RPC-12]
 */
public final class ProxySecretFile implements AutoCloseable
{
    /** Shortest secret. [C-LIM-13] */
    public static final int LENGTH_MIN = 32;
    /** Longest secret. [C-LIM-13] */
    public static final int LENGTH_MAX = 256;
    /** Name of the file that is taken from the working directory when no option names one. */
    public static final String DEFAULT_NAME = "secret";

    private static final int EXIT_CODE = 1;

    private final byte[] bytes;
    private boolean isClosed;

    private ProxySecretFile(byte[] bytes)
    {
        this.bytes = bytes;
    }

    /**
     * Takes a secret that was read elsewhere, as a worker gets it from its supervisor.
     *
     * @param bytes 32..256, copied.
     */
    public static ProxySecretFile of(byte[] bytes)
    {
        if (bytes.length < LENGTH_MIN || bytes.length > LENGTH_MAX)
        {
            throw new IllegalArgumentException("a secret of " + bytes.length + " bytes");
        }
        return new ProxySecretFile(bytes.clone());
    }

    /**
     * Reads the file of {@code --aes-pwd}. [C-EXIT-08]
     *
     * @throws ConfigurationException with the reason, and 1 as exit code.
     */
    public static ProxySecretFile load(Path file) throws ConfigurationException
    {
        byte[] read = new byte[LENGTH_MAX + 1];
        try
        {
            int length = readSome(file, read);
            if (length < LENGTH_MIN || length > LENGTH_MAX)
            {
                throw refuse(file, "it has " + (length > LENGTH_MAX ? "more than " + LENGTH_MAX : "only " + length) +
                    " bytes, a secret has " + LENGTH_MIN + ".." + LENGTH_MAX);
            }
            return new ProxySecretFile(Arrays.copyOf(read, length));
        }
        catch (NoSuchFileException e)
        {
            throw refuse(file, "there is no such file");
        }
        catch (AccessDeniedException e)
        {
            throw refuse(file, "this user may not read it");
        }
        catch (IOException e)
        {
            throw refuse(file, Files.isDirectory(file) ? "it is a directory" : String.valueOf(e.getMessage()));
        }
        finally
        {
            Arrays.fill(read, (byte)0);
        }
    }

    /**
     * Reads {@code secret} in the working directory, if it is there; a start goes on without. [C-EXIT-09] [C-CLI-40]
     *
     * @return the secret, or the warning that has to be printed.
     * @throws ConfigurationException when it is there and cannot be used, as if it were named. [C-EXIT-08]
     */
    public static Found find(Path workingDirectory) throws ConfigurationException
    {
        Path file = workingDirectory.resolve(DEFAULT_NAME);
        if (Files.exists(file))
        {
            return new Found(Optional.of(load(file)), "");
        }
        return new Found(Optional.empty(), "warning: no --aes-pwd is given and there is no file \"" + DEFAULT_NAME +
            "\" in the working directory: no middle proxy will accept this proxy — " +
            "fetch https://core.telegram.org/getProxySecret and name the file with --aes-pwd");
    }

    /** @return the secret itself, not to be changed. */
    public byte[] bytes()
    {
        if (isClosed)
        {
            throw new IllegalStateException("closed");
        }
        return bytes;
    }

    /** @return the first four bytes, little-endian, by which both sides name the secret. [P-RPC-10] */
    public int keySelector()
    {
        byte[] open = bytes();
        return (open[0] & 0xff) | ((open[1] & 0xff) << 8) | ((open[2] & 0xff) << 16) | (open[3] << 24);
    }

    /** Zeroes the secret. */
    @Override
    public void close()
    {
        isClosed = true;
        Arrays.fill(bytes, (byte)0);
    }

    @Override
    public String toString()
    {
        return "ProxySecretFile{" + bytes.length + " bytes, masked}";
    }

    private static int readSome(Path file, byte[] into) throws IOException
    {
        try (InputStream in = Files.newInputStream(file))
        {
            return in.readNBytes(into, 0, into.length);
        }
    }

    private static ConfigurationException refuse(Path file, String reason)
    {
        return new ConfigurationException(EXIT_CODE, List.of("cannot use the secret file " + file + ": " + reason +
            " — fetch https://core.telegram.org/getProxySecret again and name the file with --aes-pwd"));
    }

    /**
     * What the working directory had.
     *
     * @param secret  if there is one.
     * @param warning to be printed if there is none, else empty.
     */
    public record Found(Optional<ProxySecretFile> secret, String warning)
    {
    }
}
