// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * What a {@link DatacenterServer} is to be.
 *
 * @param address         to listen on; a loopback address, port 0 takes a free one.
 * @param secret          content of the secret file, 32 to 256 bytes. [P-RPC-12]
 * @param mode            what becomes of requests.
 * @param sourceLength    SOURCE: length of an answer where the request does not say; a multiple of 4.
 * @param sourceCount     SOURCE: answers to a request.
 * @param dcId            MTPROTO: the DC that it says it is.
 * @param options         behaviour of each connection; its handshake fault is that of the fault plan.
 * @param faults          what goes wrong on purpose.
 * @param recordedMax     requests that are kept for comparison; 0 keeps none.
 * @param seed            of nonces and of the load pattern, which the swarm must share.
 */
public record DatacenterSettings(
    InetSocketAddress address, byte[] secret, Mode mode, int sourceLength, int sourceCount, int dcId,
    DatacenterOptions options, FaultPlan faults, int recordedMax, long seed)
{
    /** What becomes of requests. */
    public enum Mode
    {
        /** Each is answered by its own payload. */
        ECHO,
        /** A {@link MtprotoServer} answers. */
        MTPROTO,
        /** None is answered, only quick acknowledgements are sent. */
        SINK,
        /** Each is answered by generated payloads of the length that it asks for. */
        SOURCE
    }

    public DatacenterSettings
    {
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(options, "options");
        Objects.requireNonNull(faults, "faults");
        secret = secret.clone();
        if (!address.getAddress().isLoopbackAddress())
        {
            throw new IllegalArgumentException("the simulated datacenter listens on loopback only, not on " + address);
        }
        if (sourceLength % 4 != 0 || sourceLength < LoadPattern.LENGTH_MIN || sourceLength > 1 << 20 || sourceCount < 1)
        {
            throw new IllegalArgumentException("source of " + sourceCount + " times " + sourceLength + " bytes");
        }
    }

    /** A server on 127.0.0.1 without faults. */
    public static DatacenterSettings of(byte[] secret, Mode mode)
    {
        return new DatacenterSettings(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), secret, mode, 1024, 1, 2,
            DatacenterOptions.DEFAULT, FaultPlan.NONE, 0, 1);
    }

    public DatacenterSettings withAddress(InetSocketAddress value)
    {
        return new DatacenterSettings(
            value, secret, mode, sourceLength, sourceCount, dcId, options, faults, recordedMax, seed);
    }

    public DatacenterSettings withSource(int length, int count)
    {
        return new DatacenterSettings(
            address, secret, mode, length, count, dcId, options, faults, recordedMax, seed);
    }

    public DatacenterSettings withDcId(int value)
    {
        return new DatacenterSettings(
            address, secret, mode, sourceLength, sourceCount, value, options, faults, recordedMax, seed);
    }

    public DatacenterSettings withOptions(DatacenterOptions value)
    {
        return new DatacenterSettings(
            address, secret, mode, sourceLength, sourceCount, dcId, value, faults, recordedMax, seed);
    }

    public DatacenterSettings withFaults(FaultPlan value)
    {
        return new DatacenterSettings(
            address, secret, mode, sourceLength, sourceCount, dcId, options, value, recordedMax, seed);
    }

    public DatacenterSettings withRecordedMax(int value)
    {
        return new DatacenterSettings(
            address, secret, mode, sourceLength, sourceCount, dcId, options, faults, value, seed);
    }

    public DatacenterSettings withSeed(long value)
    {
        return new DatacenterSettings(
            address, secret, mode, sourceLength, sourceCount, dcId, options, faults, recordedMax, value);
    }

    @Override
    public byte[] secret()
    {
        return secret.clone();
    }

    @Override
    public String toString()
    {
        return "DatacenterSettings[" + address + ", " + mode + ", " + faults + ", seed " + seed + "]";
    }
}
