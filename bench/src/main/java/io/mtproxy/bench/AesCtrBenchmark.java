// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;
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
 * What does it cost to run AES-256-CTR from direct memory to direct memory, compared with the bare intrinsic on arrays
 * and with what the JDK offers for direct buffers?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a message. With {@code -prof gc}: {@code gc.alloc.rate.norm} is
 * 0 for all but {@code directCipherUpdate}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class AesCtrBenchmark
{
    /** Message length in bytes. */
    @Param({"64", "1024", "16384"}) public int length;

    private final AesCtrStream stream = new AesCtrStream(new CipherScratch());
    private UnsafeBuffer in;
    private UnsafeBuffer out;
    private ByteBuffer inBytes;
    private ByteBuffer outBytes;
    private byte[] inArray;
    private byte[] outArray;
    private Cipher cipher;

    /** Makes keys and memory; all variants run under a key of zeros. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        inBytes = ByteBuffer.allocateDirect(length);
        outBytes = ByteBuffer.allocateDirect(length);
        in = new UnsafeBuffer(inBytes);
        out = new UnsafeBuffer(outBytes);
        inArray = new byte[length];
        outArray = new byte[length];
        byte[] key = new byte[AesCtrStream.KEY_LENGTH];
        byte[] iv = new byte[AesCtrStream.IV_LENGTH];
        stream.init(key, iv);
        cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
    }

    /** What the data path does. */
    @Benchmark
    public UnsafeBuffer direct()
    {
        stream.update(in, 0, out, 0, length);
        return out;
    }

    /** Baseline: the intrinsic alone, array to array. */
    @Benchmark
    public int arrayCipherUpdate() throws GeneralSecurityException
    {
        return cipher.update(inArray, 0, length, outArray, 0);
    }

    /** Baseline: the JDK's own way over direct memory. */
    @Benchmark
    public int directCipherUpdate() throws GeneralSecurityException
    {
        return cipher.update(inBytes.clear(), outBytes.clear());
    }
}
