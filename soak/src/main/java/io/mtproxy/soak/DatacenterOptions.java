// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Objects;

/**
 * How a {@link DatacenterPeer} behaves.
 *
 * @param crc32c        agrees to CRC-32C when the proxy wants it, else CRC-32 stays. [P-RPC-33]
 * @param fault         departure from the rules during the handshake.
 * @param checkTime     reports a client timestamp more than 30 s from our clock.
 * @param checkPayloads reports requests that the payload checks should have dropped. [P-PAY-02] to [P-PAY-04]
 * @param startSeconds  start time in its PID. [P-RPC-30]
 */
public record DatacenterOptions(
    boolean crc32c, HandshakeFault fault, boolean checkTime, boolean checkPayloads, int startSeconds)
{
    /** A middle proxy that keeps to the rules and checks all it can. */
    public static final DatacenterOptions DEFAULT =
        new DatacenterOptions(true, HandshakeFault.NONE, true, true, 1_700_000_000);

    public DatacenterOptions
    {
        Objects.requireNonNull(fault, "fault");
    }

    public DatacenterOptions withCrc32c(boolean value)
    {
        return new DatacenterOptions(value, fault, checkTime, checkPayloads, startSeconds);
    }

    public DatacenterOptions withFault(HandshakeFault value)
    {
        return new DatacenterOptions(crc32c, value, checkTime, checkPayloads, startSeconds);
    }

    public DatacenterOptions withCheckTime(boolean value)
    {
        return new DatacenterOptions(crc32c, fault, value, checkPayloads, startSeconds);
    }

    public DatacenterOptions withCheckPayloads(boolean value)
    {
        return new DatacenterOptions(crc32c, fault, checkTime, value, startSeconds);
    }

    public DatacenterOptions withStartSeconds(int value)
    {
        return new DatacenterOptions(crc32c, fault, checkTime, checkPayloads, value);
    }
}
