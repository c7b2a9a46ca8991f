// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

/** The two sums a link can use. [P-RPC-05] */
public enum CrcKind
{
    /** IEEE 802.3, before negotiation. */
    CRC32,
    /** Castagnoli, after both sides have agreed on it. [P-RPC-33] */
    CRC32C
}
