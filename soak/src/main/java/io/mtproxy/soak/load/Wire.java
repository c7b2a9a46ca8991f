// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.Locale;

/** What clients speak to the proxy. */
public enum Wire
{
    /** Obfuscated2 with lengths of one or four bytes. [P-OBF-30] */
    ABRIDGED(0xefefefef),
    /** Obfuscated2 with lengths of four bytes. [P-OBF-32] */
    INTERMEDIATE(0xeeeeeeee),
    /** The same with padding. [P-OBF-33] */
    PADDED(0xdddddddd),
    /** Padded in records of application data, after a hello. [P-TLS-31] */
    FAKE_TLS(0xdddddddd),
    /** The same after a hello that offers X25519MLKEM768 as well, to a domain that takes it. [P-TLS-22] */
    FAKE_TLS_HYBRID(0xdddddddd),
    /** Payloads as they are, for {@link BareRelay}. */
    PLAIN(0);

    private final int tag;

    Wire(int tag)
    {
        this.tag = tag;
    }

    /** In the header, bytes 56..59. [P-OBF-10] */
    int tag()
    {
        return tag;
    }

    /** Whether the proxy must be one of fake-TLS. */
    boolean isTls()
    {
        return this == FAKE_TLS || this == FAKE_TLS_HYBRID;
    }

    /** @return the name as an option has it. */
    public String label()
    {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * @param label as {@link #label} gives it.
     * @throws IllegalArgumentException for any other word, saying which there are.
     */
    public static Wire of(String label)
    {
        StringBuilder known = new StringBuilder();
        for (Wire wire : values())
        {
            if (wire.label().equals(label))
            {
                return wire;
            }
            known.append(known.isEmpty() ? "" : ", ").append(wire.label());
        }
        throw new IllegalArgumentException("transport \"" + label + "\" is none of " + known);
    }
}
