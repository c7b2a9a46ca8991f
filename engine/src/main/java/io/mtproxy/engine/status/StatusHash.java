// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.crypto.SecureRandomSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The keyed hash by which secrets, addresses and keys stand in status files: SipHash-2-4. All processes of a proxy have the
 * same key, over restarts too, in a file beside their status files that only their user may read.
 */
public final class StatusHash
{
    /** Name of the key's file within the folder. */
    static final String KEY_FILE_NAME = "hash.key";
    static final int KEY_LENGTH = 16;
    private static final int LENGTH_SHIFT = 56;

    private final long key0;
    private final long key1;

    StatusHash(byte[] key)
    {
        ByteBuffer words = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
        this.key0 = words.getLong(0);
        this.key1 = words.getLong(Long.BYTES);
    }

    /** @return one with a key of its own, for numbers that nobody else sees. */
    static StatusHash drawn()
    {
        return new StatusHash(drawKey());
    }

    private static byte[] drawKey()
    {
        byte[] key = new byte[KEY_LENGTH];
        try (SecureRandomSource random = new SecureRandomSource())
        {
            random.nextBytes(key, 0, KEY_LENGTH);
        }
        return key;
    }

    /**
     * Takes the key of a folder; makes one if there is none. Of several processes that do this at once one wins.
     *
     * @throws IOException with the system's reason.
     */
    static StatusHash ofFolder(Path folder) throws IOException
    {
        Path file = folder.resolve(KEY_FILE_NAME);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS))
        {
            make(folder, file);
        }
        byte[] key = Files.readAllBytes(file);
        if (key.length != KEY_LENGTH)
        {
            throw new IOException(file + ": not a key of " + KEY_LENGTH + " bytes — remove it");
        }
        return new StatusHash(key);
    }

    private static void make(Path folder, Path file) throws IOException
    {
        Path filled = Files.createTempFile(folder, KEY_FILE_NAME, ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try
        {
            Files.write(filled, drawKey());
            Files.createLink(file, filled);
        }
        catch (FileAlreadyExistsException e)
        {
            // another worker was faster, its key is as good
        }
        finally
        {
            Files.deleteIfExists(filled);
        }
    }

    /** @param kind keeps values of different kinds apart. @return the hash, never 0 nor {@link SecretRows#NO_SECRET_KEY}. */
    public long of(long kind, byte[] value)
    {
        State state = new State(key0, key1);
        state.add(kind);
        ByteBuffer words = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        while (words.remaining() >= Long.BYTES)
        {
            state.add(words.getLong());
        }
        long last = (long)(Long.BYTES + value.length) << LENGTH_SHIFT;
        for (int shift = 0; words.hasRemaining(); shift += Byte.SIZE)
        {
            last |= (words.get() & 0xffL) << shift;
        }
        state.add(last);
        return state.end();
    }

    /** As {@link #of(long, byte[])} for a value of 64 bits. */
    public long of(long kind, long value)
    {
        State state = new State(key0, key1);
        state.add(kind);
        state.add(value);
        state.add(2L * Long.BYTES << LENGTH_SHIFT);
        return state.end();
    }

    /** The four words of SipHash. */
    private static final class State
    {
        private static final long RESERVED = SecretRows.NO_SECRET_KEY;

        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long key0, long key1)
        {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void add(long word)
        {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        long end()
        {
            v2 ^= 0xff;
            round();
            round();
            round();
            round();
            long hash = v0 ^ v1 ^ v2 ^ v3;
            return hash == 0 || hash == RESERVED ? -1 : hash;
        }

        private void round()
        {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
