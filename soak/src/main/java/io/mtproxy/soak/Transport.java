// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/** Framing after an obfuscated2 header; the tag is one byte four times. [P-OBF-14] */
public enum Transport
{
    /** One byte of length in words, or four. [P-OBF-30] */
    ABRIDGED(0xefefefef),
    /** Four bytes of length in bytes. [P-OBF-32] */
    INTERMEDIATE(0xeeeeeeee),
    /** As intermediate, with random bytes behind the payload. [P-OBF-33] */
    PADDED(0xdddddddd);

    private final int tag;

    Transport(int tag)
    {
        this.tag = tag;
    }

    /** The four bytes at offset 56 of the header, all alike. */
    public int tag()
    {
        return tag;
    }
}
