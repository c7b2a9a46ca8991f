// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.rpc.LentArray;
import io.mtproxy.engine.rpc.RpcFrameHandler;
import io.mtproxy.engine.rpc.RpcFrameReader;
import io.mtproxy.engine.rpc.RpcFrameWriter;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.DirectBuffer;
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
 * What do the frames of a link cost, sixteen at a time as a busy turn has them: written (copied, summed, encrypted into
 * chunks), and written and read back (decrypted, sequence and sum checked), compared with the ciphers alone on arrays?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns for 16 frames. With {@code -prof gc} nothing is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class RpcFrameBenchmark
{
    private static final int FRAMES = 16;
    private static final int FRAME_OVERHEAD = 12;

    /** Payload length of a frame in bytes. */
    @Param({"128", "1024", "16384"}) public int length;

    private final ChunkPool pool = new ChunkPool(64 << 20);
    private final ChunkChain chain = new ChunkChain(pool);
    private final CipherScratch scratch = new CipherScratch();
    private final RpcFrameWriter writer =
        new RpcFrameWriter(pool, chain, new AesCbcStream(scratch));
    private final RpcFrameReader reader = new RpcFrameReader(LentArray.forReaders(), new AesCbcStream(scratch));
    private final Counter counter = new Counter();
    private UnsafeBuffer payload;
    private byte[] plain;
    private byte[] encrypted;
    private Cipher encrypt;
    private Cipher decrypt;

    private static final class Counter implements RpcFrameHandler
    {
        private long bytes;

        @Override
        public Action onFrame(DirectBuffer buffer, int offset, int length)
        {
            bytes += length;
            return Action.NEXT;
        }

        @Override
        public Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
        {
            return Action.NEXT;
        }

        @Override
        public Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
        {
            bytes += length;
            return Action.NEXT;
        }
    }

    /** Makes memory, and keys both sides with zeros. */
    @Setup
    public void setup() throws GeneralSecurityException
    {
        byte[] key = new byte[AesCbcStream.KEY_LENGTH];
        byte[] iv = new byte[AesCbcStream.BLOCK_LENGTH];
        payload = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        int all = FRAMES * (length + FRAME_OVERHEAD) + AesCbcStream.BLOCK_LENGTH - 1 & -AesCbcStream.BLOCK_LENGTH;
        plain = new byte[all];
        encrypted = new byte[all];
        encrypt = Cipher.getInstance("AES/CBC/NoPadding");
        encrypt.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        decrypt = Cipher.getInstance("AES/CBC/NoPadding");
        decrypt.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        writer.startEncrypting(key, iv);
        reader.startDecrypting(key, iv);
    }

    /** Out: chunks are dropped as a socket would drop them. */
    @Benchmark
    public int write()
    {
        writeFrames();
        int written = chain.length();
        chain.clear();
        return written;
    }

    /** Out and in again. */
    @Benchmark
    public long writeAndRead()
    {
        writeFrames();
        for (Chunk chunk = chain.head(); chunk != null; chunk = chunk.next())
        {
            if (reader.read(chunk.buffer(), chunk.readOffset(), chunk.length(), counter) != RpcFrameReader.Status.OK)
            {
                throw new IllegalStateException("not what was written");
            }
        }
        chain.clear();
        return counter.bytes;
    }

    /** Baseline of writing: encryption alone. */
    @Benchmark
    public int encryptArray() throws GeneralSecurityException
    {
        return encrypt.update(plain, 0, plain.length, encrypted, 0);
    }

    /** Baseline of both: encryption and decryption. */
    @Benchmark
    public int encryptAndDecryptArray() throws GeneralSecurityException
    {
        encrypt.update(plain, 0, plain.length, encrypted, 0);
        return decrypt.update(encrypted, 0, plain.length, plain, 0);
    }

    private void writeFrames()
    {
        for (int i = 0; i < FRAMES; i++)
        {
            writer.writeFrame(payload, 0, length);
        }
        writer.flush();
    }
}
