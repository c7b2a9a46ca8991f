// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;

/** The domains whose names a hello may carry, in the order of the configuration; the first is the default. [P-TLS-01] */
public final class FakeTlsDomains
{
    /** Position of the default domain. */
    public static final int DEFAULT = 0;
    /** Answer of {@link #find} when there is no such name. */
    public static final int NOT_FOUND = -1;
    /** Longest name that fits into the hello by which domains are probed. [P-TLS-51] */
    public static final int NAME_LENGTH_MAX = 216;

    private final byte[][] names;

    /** @throws IllegalArgumentException when there is no name, or one that cannot be. */
    public FakeTlsDomains(List<String> names)
    {
        if (names.isEmpty())
        {
            throw new IllegalArgumentException("no domain");
        }
        this.names = new byte[names.size()][];
        for (int i = 0; i < this.names.length; i++)
        {
            byte[] name = names.get(i).getBytes(StandardCharsets.UTF_8);
            if (name.length > NAME_LENGTH_MAX)
            {
                throw new IllegalArgumentException("a domain name has " + NAME_LENGTH_MAX + " bytes at most, \"" +
                    names.get(i) + "\" has " + name.length);
            }
            this.names[i] = name;
        }
    }

    /** @return how many there are. */
    public int size()
    {
        return names.length;
    }

    /** @return position of the first domain of exactly these bytes, or {@link #NOT_FOUND}. */
    int find(DirectBuffer name, int offset, int length)
    {
        for (int i = 0; i < names.length; i++)
        {
            if (names[i].length == length && isSame(names[i], name, offset))
            {
                return i;
            }
        }
        return NOT_FOUND;
    }

    private static boolean isSame(byte[] known, DirectBuffer name, int offset)
    {
        for (int i = 0; i < known.length; i++)
        {
            if (known[i] != name.getByte(offset + i))
            {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString()
    {
        return Arrays.stream(names).map(name -> new String(name, StandardCharsets.UTF_8)).toList().toString();
    }
}
