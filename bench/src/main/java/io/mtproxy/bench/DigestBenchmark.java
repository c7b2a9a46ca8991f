// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.crypto.Hmac;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do the digests of handshakes cost, and is our HMAC with a key for each message cheaper than the JDK's?
 * <p>
 * 48 bytes are an obfuscated2 key, 256 the material of a link's keys, 517 a ClientHello. Two forks, 3 x 1 s of warm-up,
 * 5 x 1 s measured, ns a message. With {@code -prof gc}: {@code gc.alloc.rate.norm} is 0 for all but {@code jdkMac}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class DigestBenchmark
{
    /** Message length in bytes. */
    @Param({"48", "256", "517"}) public int length;

    private final CipherScratch scratch = new CipherScratch();
    private final Digests digests = new Digests(scratch);
    private final Hmac hmac = new Hmac(scratch);
    private final byte[] key = new byte[16];
    private final byte[] out = new byte[32];
    private byte[] in;
    private Mac mac;

    /** Makes memory and the JDK's MAC. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        in = new byte[length];
        mac = Mac.getInstance("HmacSHA256");
    }

    /** SHA-256. */
    @Benchmark
    public byte[] sha256()
    {
        digests.sha256(in, 0, length, out, 0);
        return out;
    }

    /** SHA-1. */
    @Benchmark
    public byte[] sha1()
    {
        digests.sha1(in, 0, length, out, 0);
        return out;
    }

    /** MD5. */
    @Benchmark
    public byte[] md5()
    {
        digests.md5(in, 0, length, out, 0);
        return out;
    }

    /** What a fake-TLS handshake does: a key, a message, a result. */
    @Benchmark
    public byte[] hmacWithKey()
    {
        hmac.init(key);
        hmac.update(in, 0, length);
        hmac.doFinal(out, 0);
        return out;
    }

    /** Baseline: the same by the JDK. */
    @Benchmark
    public byte[] jdkMac() throws GeneralSecurityException
    {
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update(in, 0, length);
        mac.doFinal(out, 0);
        return out;
    }
}
