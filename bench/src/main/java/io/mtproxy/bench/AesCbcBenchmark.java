// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.AesCbcStream;
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
 * What does it cost a link to encrypt frames in direct memory, alone and together with another, and to decrypt what it read
 * from direct memory into its array, compared with the bare intrinsic?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a message. With {@code -prof gc}: {@code gc.alloc.rate.norm} is
 * 0 for all.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class AesCbcBenchmark
{
    /** Message length in bytes. */
    @Param({"64", "1024", "16384"}) public int length;

    private final CipherScratch scratch = new CipherScratch();
    private final AesCbcStream encrypt = new AesCbcStream(scratch);
    private final AesCbcStream decrypt = new AesCbcStream(scratch);
    private final AesCbcStream encryptOther = new AesCbcStream(scratch);
    private UnsafeBuffer direct;
    private UnsafeBuffer otherDirect;
    private byte[] inArray;
    private byte[] outArray;
    private Cipher encryptCipher;
    private Cipher decryptCipher;

    /** Makes keys and memory; all variants run under a key of zeros. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        direct = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        otherDirect = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        inArray = new byte[length];
        outArray = new byte[length];
        byte[] key = new byte[AesCbcStream.KEY_LENGTH];
        byte[] iv = new byte[AesCbcStream.IV_LENGTH];
        encrypt.initEncrypt(key, iv);
        encryptOther.initEncrypt(key, iv);
        decrypt.initDecrypt(key, iv);
        encryptCipher = Cipher.getInstance("AES/CBC/NoPadding");
        encryptCipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        decryptCipher = Cipher.getInstance("AES/CBC/NoPadding");
        decryptCipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
    }

    /** The way out of a link that has no partner. */
    @Benchmark
    public UnsafeBuffer encryptDirect()
    {
        encrypt.update(direct, 0, direct, 0, length);
        return direct;
    }

    /** The way out of two links: the time is that of two messages. */
    @Benchmark
    public UnsafeBuffer encryptTwoDirect()
    {
        encrypt.updateBoth(direct, 0, direct, 0, encryptOther, otherDirect, 0, otherDirect, 0, length);
        return direct;
    }

    /** The way into a link. */
    @Benchmark
    public byte[] decryptFromDirect()
    {
        decrypt.update(direct, 0, outArray, 0, length);
        return outArray;
    }

    /** Baseline: the intrinsic alone, array to array. */
    @Benchmark
    public int encryptArray() throws GeneralSecurityException
    {
        return encryptCipher.update(inArray, 0, length, outArray, 0);
    }

    /** Baseline: the intrinsic alone, array to array. */
    @Benchmark
    public int decryptArray() throws GeneralSecurityException
    {
        return decryptCipher.update(inArray, 0, length, outArray, 0);
    }
}
