// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.Curve25519Points;
import io.mtproxy.crypto.MlKem768;
import io.mtproxy.crypto.SecureRandomSource;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the key share of a fake-TLS answer cost: a point of Curve25519, an ML-KEM-768 ciphertext, and the JDK's key pair
 * that a point takes the place of?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a share.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class KeyShareBenchmark
{
    private final SecureRandomSource random = new SecureRandomSource();
    private final Curve25519Points points = new Curve25519Points(random);
    private final MlKem768 mlKem = new MlKem768(random);
    private final byte[] out = new byte[MlKem768.CIPHERTEXT_LENGTH];
    private byte[] key;
    private KeyPairGenerator pairs;

    /** Makes a client's key. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        byte[] encoded = KeyPairGenerator.getInstance("ML-KEM-768").generateKeyPair().getPublic().getEncoded();
        key = Arrays.copyOfRange(encoded, encoded.length - MlKem768.KEY_LENGTH, encoded.length);
        pairs = KeyPairGenerator.getInstance("X25519");
    }

    /** X25519. */
    @Benchmark
    public byte[] point()
    {
        points.next(out, 0);
        return out;
    }

    /** The other part of X25519MLKEM768. */
    @Benchmark
    public byte[] mlKem()
    {
        mlKem.encapsulate(key, 0, out, 0);
        return out;
    }

    /** Baseline: a key pair of the JDK, as a TLS server makes it. */
    @Benchmark
    public Object jdkPair()
    {
        return pairs.generateKeyPair();
    }
}
