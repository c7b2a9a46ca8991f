// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.util.Arrays;

/**
 * The client's side of ML-KEM-768, written from FIPS 203 for tests, with nothing of the JDK's: its names and steps are those
 * of the standard, speed is none of its aims.
 */
final class IndependentMlKem768
{
    private static final int K = 3;
    private static final int N = 256;
    private static final int Q = 3329;
    private static final int DU = 10;
    private static final int DV = 4;
    private static final int SHAKE_128_RATE = 168;
    private static final int SHAKE_256_RATE = 136;
    private static final int SHA3_512_RATE = 72;
    private static final int SHAKE = 0x1f;
    private static final int SHA3 = 0x06;

    private final int[][] secretNtt = new int[K][];
    private final byte[] encapsulationKey;
    private final byte[] rejection;

    /** Algorithm 16 from both seeds of 32 bytes. */
    IndependentMlKem768(byte[] d, byte[] z)
    {
        byte[] seeds = sponge(SHA3_512_RATE, SHA3, 64, d, new byte[]{K});
        byte[] rho = Arrays.copyOf(seeds, 32);
        byte[] sigma = Arrays.copyOfRange(seeds, 32, 64);
        int[][] t = new int[K][];
        for (int i = 0; i < K; i++)
        {
            secretNtt[i] = ntt(noise(sigma, i));
            t[i] = ntt(noise(sigma, K + i));
        }
        byte[] key = new byte[0];
        for (int i = 0; i < K; i++)
        {
            for (int j = 0; j < K; j++)
            {
                t[i] = add(t[i], multiply(matrix(rho, i, j), secretNtt[j]));
            }
            key = concat(key, encode(t[i], 12));
        }
        encapsulationKey = concat(key, rho);
        rejection = z.clone();
    }

    byte[] encapsulationKey()
    {
        return encapsulationKey.clone();
    }

    /** Algorithm 18, with its implicit rejection. */
    byte[] decapsulate(byte[] ciphertext)
    {
        byte[] m = decrypt(ciphertext);
        byte[] h = sponge(SHAKE_256_RATE, SHA3, 32, encapsulationKey);
        byte[] kr = sponge(SHA3_512_RATE, SHA3, 64, m, h);
        byte[] again = encrypt(m, Arrays.copyOfRange(kr, 32, 64));
        return Arrays.equals(again, ciphertext) ?
            Arrays.copyOf(kr, 32) :
            sponge(SHAKE_256_RATE, SHAKE, 32, rejection, ciphertext);
    }

    /** Algorithm 15. */
    private byte[] decrypt(byte[] c)
    {
        int[] w = new int[N];
        for (int i = 0; i < K; i++)
        {
            int[] u = decompress(decode(Arrays.copyOfRange(c, i * 32 * DU, (i + 1) * 32 * DU), DU), DU);
            w = add(w, multiply(secretNtt[i], ntt(u)));
        }
        int[] v = decompress(decode(Arrays.copyOfRange(c, K * 32 * DU, c.length), DV), DV);
        int[] product = inverseNtt(w);
        int[] m = new int[N];
        for (int i = 0; i < N; i++)
        {
            m[i] = Math.floorMod(v[i] - product[i], Q);
        }
        return encode(compress(m, 1), 1);
    }

    /** Algorithm 14. */
    private byte[] encrypt(byte[] m, byte[] r)
    {
        byte[] rho = Arrays.copyOfRange(encapsulationKey, K * 384, encapsulationKey.length);
        int[][] y = new int[K][];
        for (int i = 0; i < K; i++)
        {
            y[i] = ntt(noise(r, i));
        }
        byte[] c = new byte[0];
        int[] v = new int[N];
        for (int i = 0; i < K; i++)
        {
            int[] u = new int[N];
            for (int j = 0; j < K; j++)
            {
                u = add(u, multiply(matrix(rho, j, i), y[j]));
            }
            c = concat(c, encode(compress(add(inverseNtt(u), noise(r, K + i)), DU), DU));
            v = add(v, multiply(decode(Arrays.copyOfRange(encapsulationKey, i * 384, (i + 1) * 384), 12), y[i]));
        }
        int[] mu = decompress(decode(m, 1), 1);
        return concat(c, encode(compress(add(add(inverseNtt(v), noise(r, 2 * K)), mu), DV), DV));
    }

    /** SampleNTT of rho, column, row: algorithm 7. */
    private static int[] matrix(byte[] rho, int row, int column)
    {
        byte[] stream = sponge(SHAKE_128_RATE, SHAKE, 8 * SHAKE_128_RATE, rho, new byte[]{(byte)column, (byte)row});
        int[] a = new int[N];
        for (int i = 0, at = 0; i < N; at += 3)
        {
            int low = (stream[at] & 0xff) + 256 * (stream[at + 1] & 0x0f);
            int high = ((stream[at + 1] & 0xff) >> 4) + 16 * (stream[at + 2] & 0xff);
            if (low < Q)
            {
                a[i++] = low;
            }
            if (high < Q && i < N)
            {
                a[i++] = high;
            }
        }
        return a;
    }

    /** SamplePolyCBD of eta 2: algorithm 8. */
    private static int[] noise(byte[] seed, int number)
    {
        byte[] bytes = sponge(SHAKE_256_RATE, SHAKE, 128, seed, new byte[]{(byte)number});
        int[] f = new int[N];
        for (int i = 0; i < N; i++)
        {
            int four = (bytes[i / 2] & 0xff) >> 4 * (i % 2);
            f[i] = Math.floorMod((four & 1) + (four >> 1 & 1) - (four >> 2 & 1) - (four >> 3 & 1), Q);
        }
        return f;
    }

    private static int zeta(int exponent)
    {
        int power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power = power * 17 % Q;
        }
        return power;
    }

    private static int reversed(int i)
    {
        return Integer.reverse(i) >>> Integer.SIZE - 7;
    }

    /** Algorithm 9. */
    private static int[] ntt(int[] f)
    {
        int[] out = f.clone();
        int i = 1;
        for (int length = N / 2; length >= 2; length /= 2)
        {
            for (int start = 0; start < N; start += 2 * length)
            {
                int zeta = zeta(reversed(i++));
                for (int j = start; j < start + length; j++)
                {
                    int t = zeta * out[j + length] % Q;
                    out[j + length] = Math.floorMod(out[j] - t, Q);
                    out[j] = (out[j] + t) % Q;
                }
            }
        }
        return out;
    }

    /** Algorithm 10. */
    private static int[] inverseNtt(int[] f)
    {
        int[] out = f.clone();
        int i = 127;
        for (int length = 2; length <= N / 2; length *= 2)
        {
            for (int start = 0; start < N; start += 2 * length)
            {
                int zeta = zeta(reversed(i--));
                for (int j = start; j < start + length; j++)
                {
                    int t = out[j];
                    out[j] = (t + out[j + length]) % Q;
                    out[j + length] = zeta * Math.floorMod(out[j + length] - t, Q) % Q;
                }
            }
        }
        for (int j = 0; j < N; j++)
        {
            out[j] = out[j] * 3303 % Q;
        }
        return out;
    }

    /** Algorithms 11 and 12. */
    private static int[] multiply(int[] f, int[] g)
    {
        int[] h = new int[N];
        for (int i = 0; i < N / 2; i++)
        {
            int gamma = zeta(2 * reversed(i) + 1);
            h[2 * i] = (f[2 * i] * g[2 * i] + f[2 * i + 1] * g[2 * i + 1] % Q * gamma) % Q;
            h[2 * i + 1] = (f[2 * i] * g[2 * i + 1] + f[2 * i + 1] * g[2 * i]) % Q;
        }
        return h;
    }

    private static int[] add(int[] f, int[] g)
    {
        int[] sum = new int[N];
        for (int i = 0; i < N; i++)
        {
            sum[i] = (f[i] + g[i]) % Q;
        }
        return sum;
    }

    private static int[] compress(int[] f, int bits)
    {
        return Arrays.stream(f).map(x -> ((x << bits + 1) + Q) / (2 * Q) & (1 << bits) - 1).toArray();
    }

    private static int[] decompress(int[] f, int bits)
    {
        return Arrays.stream(f).map(x -> x * Q + (1 << bits - 1) >> bits).toArray();
    }

    /** ByteEncode: algorithm 5. */
    private static byte[] encode(int[] f, int bits)
    {
        byte[] out = new byte[32 * bits];
        for (int i = 0; i < N * bits; i++)
        {
            out[i / 8] |= (byte)((f[i / bits] >> i % bits & 1) << i % 8);
        }
        return out;
    }

    /** ByteDecode: algorithm 6. */
    private static int[] decode(byte[] bytes, int bits)
    {
        int[] out = new int[N];
        for (int i = 0; i < N * bits; i++)
        {
            out[i / bits] |= (bytes[i / 8] >> i % 8 & 1) << i % bits;
        }
        return out;
    }

    private static byte[] concat(byte[] first, byte[] second)
    {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** The sponge of FIPS 202. */
    private static byte[] sponge(int rate, int suffix, int length, byte[]... parts)
    {
        byte[] message = new byte[0];
        for (byte[] part : parts)
        {
            message = concat(message, part);
        }
        int at = message.length;
        message = Arrays.copyOf(message, (at / rate + 1) * rate);
        message[at] ^= (byte)suffix;
        message[message.length - 1] ^= (byte)0x80;
        long[] state = new long[25];
        for (int block = 0; block < message.length; block += rate)
        {
            for (int i = 0; i < rate; i++)
            {
                state[i / 8] ^= (message[block + i] & 0xffL) << 8 * (i % 8);
            }
            permute(state);
        }
        byte[] out = new byte[length];
        for (int i = 0; i < length; i++)
        {
            if (i > 0 && i % rate == 0)
            {
                permute(state);
            }
            out[i] = (byte)(state[i % rate / 8] >>> 8 * (i % 8));
        }
        return out;
    }

    /** Keccak-f[1600]. */
    private static void permute(long[] a)
    {
        int feedback = 1;
        for (int round = 0; round < 24; round++)
        {
            long[] c = new long[5];
            for (int i = 0; i < 25; i++)
            {
                c[i % 5] ^= a[i];
            }
            for (int i = 0; i < 25; i++)
            {
                a[i] ^= c[(i + 4) % 5] ^ Long.rotateLeft(c[(i + 1) % 5], 1);
            }
            int x = 1;
            int y = 0;
            long current = a[1];
            for (int t = 0; t < 24; t++)
            {
                int nextY = (2 * x + 3 * y) % 5;
                x = y;
                y = nextY;
                long moved = a[x + 5 * y];
                a[x + 5 * y] = Long.rotateLeft(current, (t + 1) * (t + 2) / 2);
                current = moved;
            }
            for (int row = 0; row < 25; row += 5)
            {
                long[] b = Arrays.copyOfRange(a, row, row + 5);
                for (int i = 0; i < 5; i++)
                {
                    a[row + i] = b[i] ^ ~b[(i + 1) % 5] & b[(i + 2) % 5];
                }
            }
            for (int j = 0; j < 7; j++)
            {
                if ((feedback & 1) != 0)
                {
                    a[0] ^= 1L << (1 << j) - 1;
                }
                feedback = feedback << 1 ^ (feedback >> 7) * 0x171;
            }
        }
    }
}
