// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.transport.FakeTlsClientHello;
import io.mtproxy.engine.transport.FakeTlsDomains;
import io.mtproxy.engine.transport.FakeTlsServerHello;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.engine.transport.ReplayFilter;
import io.mtproxy.soak.FakeTlsClientPeer;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.crypto.Mac;
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
 * What does a fake-TLS hello cost, the secret that signed it being the last of so many, alone and with the flight that
 * answers it, compared with the JDK's HMAC over the hello for each secret?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a hello. With {@code -prof gc}: what the digests' copies need.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class FakeTlsHandshakeBenchmark
{
    private static final String DOMAIN = "www.example.com";
    private static final int HELLOS = 1024;
    private static final int PORT = 443;
    private static final long NOW = 1_800_000_000L;

    /** Secrets that are tried, the last has signed. */
    @Param({"1", "16", "128"}) public int secretCount;

    private final Hmac hmac = new Hmac(new CipherScratch());
    private final FakeTlsClientHello clientHello = new FakeTlsClientHello(hmac);
    private final FakeTlsServerHello serverHello =
        new FakeTlsServerHello(new FastRandom(), new CipherScratch(), hmac);
    private final FakeTlsDomains domains = new FakeTlsDomains(List.of(DOMAIN));
    private final OriginProfile profile = OriginProfile.of(false, 2500);
    private final UnsafeBuffer replayTable = new UnsafeBuffer(
        ByteBuffer.allocateDirect(ReplayFilter.bufferLength(1024)));
    private final UnsafeBuffer[] hellos = new UnsafeBuffer[HELLOS];
    private ReplayFilter replays;
    private SecretList secrets;
    private byte[][] secretArrays;
    private byte[] helloArray = {};
    private Mac mac;
    private int next;

    /** Makes secrets, and hellos signed by the last of them. */
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
        for (int i = 0; i < HELLOS; i++)
        {
            helloArray = FakeTlsClientPeer.hello(secretArrays[secretCount - 1], DOMAIN, (int)NOW, random,
                FakeTlsClientPeer.RECORD_LENGTH);
            hellos[i] = new UnsafeBuffer(helloArray);
        }
        replays = new ReplayFilter(replayTable);
        mac = Mac.getInstance("HmacSHA256");
    }

    /** Reading and judging the hello. */
    @Benchmark
    public FakeTlsClientHello.Result read()
    {
        if (next == HELLOS)
        {
            // forgets all hellos, so that none is a replay: an eighth of a kilobyte a hello
            next = 0;
            replayTable.setMemory(0, replayTable.capacity(), (byte)0);
            replays = new ReplayFilter(replayTable);
        }
        UnsafeBuffer hello = hellos[next++];
        FakeTlsClientHello.Result result =
            clientHello.read(hello, 0, hello.capacity(), PORT, NOW, domains, secrets, SecretList.NO_POSITION, replays);
        if (result != FakeTlsClientHello.Result.ACCEPTED)
        {
            throw new IllegalStateException("hello is " + result);
        }
        return result;
    }

    /** The same, and the flight with its key share and 2,500 bytes of noise. */
    @Benchmark
    public int readAndAnswer()
    {
        read();
        return serverHello.encode(clientHello, secrets.get(secretCount - 1), profile);
    }

    /** Baseline: the JDK's HMAC of the hello, for each secret. */
    @Benchmark
    public int jdkMac() throws GeneralSecurityException
    {
        int sum = 0;
        for (byte[] secret : secretArrays)
        {
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            sum += mac.doFinal(helloArray)[0];
        }
        return sum;
    }
}
