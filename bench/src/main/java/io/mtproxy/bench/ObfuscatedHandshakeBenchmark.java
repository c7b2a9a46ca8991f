// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.Obfuscated2Handshake;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.Transport;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;
import java.util.concurrent.TimeUnit;
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
 * What does an obfuscated2 header cost, the secret that opens it being the last of so many, compared with what the JDK
 * offers for each try: a digest, a keyed cipher, 64 bytes?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a header. With {@code -prof gc} the keyed ciphers are what is
 * allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class ObfuscatedHandshakeBenchmark
{
    /** Secrets that are tried, the last opens the header. */
    @Param({"1", "16", "128"}) public int secretCount;

    private final CipherScratch scratch = new CipherScratch();
    private final Obfuscated2Handshake handshake = new Obfuscated2Handshake(new Digests(scratch));
    private final AesCtrStream receive = new AesCtrStream(scratch);
    private final AesCtrStream send = new AesCtrStream(scratch);
    private SecretList secrets;
    private UnsafeBuffer header;
    private byte[] headerArray;
    private byte[][] secretArrays;
    private final byte[] plain = new byte[Obfuscated2Handshake.HEADER_LENGTH];
    private MessageDigest sha256;
    private Cipher cipher;

    /** Makes secrets, and a header for the last of them. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        SplittableRandom random = new SplittableRandom(1);
        List<Secret> list = new ArrayList<>();
        secretArrays = new byte[secretCount][Secret.LENGTH];
        for (byte[] secret : secretArrays)
        {
            random.nextBytes(secret);
            list.add(Secret.of(secret, 0));
        }
        secrets = SecretList.of(list);
        headerArray = new ClientPeer(ClientOptions.of(Transport.INTERMEDIATE, secretArrays[secretCount - 1], 2, 1))
            .start();
        header = new UnsafeBuffer(headerArray);
        sha256 = MessageDigest.getInstance("SHA-256");
        cipher = Cipher.getInstance("AES/CTR/NoPadding");
    }

    /** What the client agent does, both directions keyed. */
    @Benchmark
    public HandshakeResult decode()
    {
        HandshakeResult result =
            handshake.decode(header, 0, Obfuscated2Handshake.HEADER_LENGTH, secrets, SecretList.NO_POSITION, receive,
                send);
        if (result != HandshakeResult.ACCEPTED)
        {
            throw new IllegalStateException("the last secret does not open it");
        }
        return result;
    }

    /** Baseline: the JDK for each secret, and once more for the other direction. */
    @Benchmark
    public byte[] jdk() throws GeneralSecurityException
    {
        for (int i = 0; i <= secretCount; i++)
        {
            sha256.update(headerArray, 8, 32);
            byte[] key = sha256.digest(secretArrays[Math.min(i, secretCount - 1)]);
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(headerArray, 40, 16));
            cipher.update(headerArray, 0, headerArray.length, plain, 0);
        }
        return plain;
    }
}
