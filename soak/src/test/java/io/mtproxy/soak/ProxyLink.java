// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;

/** The least of a proxy's half of an RPC connection, for tests of the middle proxy's half. */
final class ProxyLink
{
    static final byte[] CLIENT_NONCE = Vectors.hex("386c4d0fc693966e8dc61114856d6143");
    static final int TIMESTAMP = 1_700_000_000;

    private final byte[] secret;
    private final LinkEnds ends;
    private final int timestamp;
    private final List<byte[]> frames = new ArrayList<>();
    private final ByteBuilder plainIn = new ByteBuilder();
    private Checksum checksum = new CRC32();
    private Cipher encrypt;
    private Cipher decrypt;
    private int sequence = -2;

    ProxyLink(byte[] secret, LinkEnds ends)
    {
        this(secret, ends, TIMESTAMP);
    }

    ProxyLink(byte[] secret, LinkEnds ends, int timestamp)
    {
        this.secret = secret;
        this.ends = ends;
        this.timestamp = timestamp;
    }

    void useCrc32c()
    {
        checksum = new CRC32C();
    }

    byte[] nonce()
    {
        return frame(new ByteBuilder()
            .putInt(DatacenterPeer.RPC_NONCE)
            .putBytes(secret, 0, 4)
            .putInt(1)
            .putInt(timestamp)
            .putBytes(CLIENT_NONCE)
            .toByteArray());
    }

    /** Takes the peer's clear nonce frame and gives the encrypted handshake. */
    byte[] handshake(byte[] nonceFrame, byte[] peerPid)
    {
        byte[] serverNonce = Arrays.copyOfRange(nonceFrame, 24, 40);
        LinkKeys out = LinkKeys.clientToServer(secret, serverNonce, CLIENT_NONCE, timestamp, ends);
        LinkKeys in = LinkKeys.serverToClient(secret, serverNonce, CLIENT_NONCE, timestamp, ends);
        encrypt = Jce.aesCbcEncrypt(out.key(), out.iv());
        decrypt = Jce.aesCbcDecrypt(in.key(), in.iv());
        return encrypt(frame(new ByteBuilder()
            .putInt(DatacenterPeer.RPC_HANDSHAKE)
            .putInt(0x800)
            .putBytes(Vectors.hex("076433c6ffffe1109cf05365"))
            .putBytes(peerPid)
            .toByteArray()));
    }

    /** Connects to a peer that keeps to the rules. */
    void connect(DatacenterPeer peer)
    {
        peer.receive(nonce());
        peer.receive(handshake(peer.takeOutput(), new byte[12]));
        receive(peer.takeOutput());
        if (peer.isCrc32c())
        {
            useCrc32c();
        }
    }

    byte[] send(byte[] payload)
    {
        return encrypt(frame(payload));
    }

    byte[] encrypt(byte[] plain)
    {
        ByteBuilder padded = new ByteBuilder().putBytes(plain);
        while (padded.length() % 16 != 0)
        {
            padded.putInt(4);
        }
        byte[] wire = new byte[padded.length()];
        Jce.update(encrypt, padded.array(), 0, wire.length, wire, 0);
        return wire;
    }

    byte[] frame(byte[] payload)
    {
        ByteBuilder frame = new ByteBuilder().putInt(payload.length + 12).putInt(sequence++).putBytes(payload);
        checksum.reset();
        checksum.update(frame.array(), 0, frame.length());
        return frame.putInt((int)checksum.getValue()).toByteArray();
    }

    /** Decrypts whole frames; their payloads. */
    List<byte[]> receive(byte[] wire)
    {
        frames.clear();
        byte[] plain = new byte[wire.length];
        Jce.update(decrypt, wire, 0, wire.length, plain, 0);
        plainIn.putBytes(plain);
        int at = 0;
        while (plainIn.length() - at >= 4)
        {
            int length = LittleEndian.getInt(plainIn.array(), at);
            if (length > plainIn.length() - at)
            {
                break;
            }
            if (length != 4)
            {
                frames.add(Arrays.copyOfRange(plainIn.array(), at + 8, at + length - 4));
            }
            at += length;
        }
        plainIn.discard(at);
        return List.copyOf(frames);
    }

    static byte[] request(int flags, long id, byte[] payload)
    {
        return new ByteBuilder()
            .putInt(DatacenterPeer.RPC_PROXY_REQ)
            .putInt(flags)
            .putLong(id)
            .putBytes(Vectors.hex("00000000000000000000ffffc0000221")).putInt(51234)
            .putBytes(Vectors.hex("00000000000000000000ffffc6336407")).putInt(443)
            .putBytes(payload)
            .toByteArray();
    }
}
