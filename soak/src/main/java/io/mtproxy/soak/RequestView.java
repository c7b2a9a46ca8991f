// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * RPC_PROXY_REQ where it was received, and the checks of what it says. [P-RPC-40] [P-RPC-41] [P-RPC-42]
 *
 * <pre>
 *   0 opcode    4 flags    8 ext connection id    16 client address    32 client port
 *  36 own address    52 own port    56 [length and extra fields]    payload
 * </pre>
 */
public final class RequestView
{
    /** Length of the extra fields with a proxy tag: id, length byte, tag, three zeros. */
    static final int TAG_EXTRA_LENGTH = 24;
    /** Offset of the tag in them. */
    static final int TAG_OFFSET = 5;

    private static final int FLAGS_OFFSET = 4;
    private static final int ID_OFFSET = 8;
    private static final int CLIENT_OFFSET = 16;
    private static final int OWN_OFFSET = 36;
    private static final int EXTRA_LENGTH_OFFSET = 56;
    private static final int ADDRESS_LENGTH = 16;
    private static final int PORT_MAX = 65535;
    private static final int TAG_FIELD = 0xdb1e26ae;
    private static final int FLAGS_WITH_EXTRA = ProxyRequest.FLAG_HTTP | ProxyRequest.FLAG_TAG;
    private static final int FLAGS_KNOWN = ProxyRequest.FLAG_PLAIN | ProxyRequest.FLAG_TAG | ProxyRequest.FLAG_ALWAYS |
        ProxyRequest.FLAG_INTERMEDIATE | ProxyRequest.FLAG_ABRIDGED | ProxyRequest.FLAG_QUICK_ACK;
    private static final int PLAIN_HEADER_LENGTH = 20;

    private byte[] bytes = new byte[0];
    private int offset;
    private int length;
    private int extraLength;
    private int payloadOffset;

    RequestView()
    {
    }

    /** Looks at a frame payload; returns what keeps it from being read at all, empty when nothing does. */
    String wrap(byte[] array, int start, int count)
    {
        bytes = array;
        offset = start;
        length = count;
        extraLength = 0;
        payloadOffset = EXTRA_LENGTH_OFFSET;
        if (count < EXTRA_LENGTH_OFFSET)
        {
            return "RPC_PROXY_REQ of " + count + " bytes";
        }
        if ((flags() & FLAGS_WITH_EXTRA) != 0)
        {
            if (count < EXTRA_LENGTH_OFFSET + 4)
            {
                return "RPC_PROXY_REQ of " + count + " bytes with extra fields";
            }
            extraLength = LittleEndian.getInt(array, start + EXTRA_LENGTH_OFFSET);
            if (extraLength < 0 || extraLength % 4 != 0 || extraLength > count - EXTRA_LENGTH_OFFSET - 4)
            {
                return extraLength + " bytes of extra fields in " + count;
            }
            payloadOffset = EXTRA_LENGTH_OFFSET + 4 + extraLength;
        }
        return "";
    }

    public int flags()
    {
        return LittleEndian.getInt(bytes, offset + FLAGS_OFFSET);
    }

    public long extConnectionId()
    {
        return LittleEndian.getLong(bytes, offset + ID_OFFSET);
    }

    public boolean isQuickAckWanted()
    {
        return (flags() & ProxyRequest.FLAG_QUICK_ACK) != 0;
    }

    /** The array that holds the payload. */
    public byte[] array()
    {
        return bytes;
    }

    public int payloadOffset()
    {
        return offset + payloadOffset;
    }

    public int payloadLength()
    {
        return length - payloadOffset;
    }

    public InetSocketAddress client()
    {
        return socketAddress(CLIENT_OFFSET);
    }

    public InetSocketAddress own()
    {
        return socketAddress(OWN_OFFSET);
    }

    /** A copy that outlives the call. */
    public ProxyRequest toEvent()
    {
        int extraStart = offset + EXTRA_LENGTH_OFFSET + 4;
        return new ProxyRequest(
            flags(),
            extConnectionId(),
            client(),
            own(),
            extraLength == 0 ? new byte[0] : Arrays.copyOfRange(bytes, extraStart, extraStart + extraLength),
            Arrays.copyOfRange(bytes, payloadOffset(), payloadOffset() + payloadLength()));
    }

    /** Checks the fields around the payload; returns the first thing wrong, empty when nothing is. */
    String headerFault()
    {
        int flags = flags();
        if ((flags & ~FLAGS_KNOWN) != 0 || (flags & ProxyRequest.FLAG_ALWAYS) != ProxyRequest.FLAG_ALWAYS)
        {
            return "[P-RPC-41] flags 0x" + Integer.toHexString(flags);
        }
        boolean abridged = (flags & ProxyRequest.FLAG_ABRIDGED) != 0;
        boolean intermediate = (flags & ProxyRequest.FLAG_INTERMEDIATE) != 0;
        if (abridged == intermediate)
        {
            return "[P-RPC-41] flags 0x" + Integer.toHexString(flags) + " name no framing or two";
        }
        if (extConnectionId() <= 0)
        {
            return "[P-CON-40] connection id " + extConnectionId();
        }
        if (!isAddress(CLIENT_OFFSET) || !isAddress(OWN_OFFSET))
        {
            return "[P-RPC-40] address form: IPv4 stands behind 00*10 ff ff";
        }
        if (!isPort(CLIENT_OFFSET) || !isPort(OWN_OFFSET))
        {
            return "[P-RPC-40] port";
        }
        if ((flags & ProxyRequest.FLAG_TAG) != 0 && !isTag())
        {
            return "[P-RPC-42] extra fields are not one proxy tag";
        }
        return "";
    }

    /** Checks what a proxy lets through; returns the first thing wrong, empty when nothing is. */
    String payloadFault()
    {
        int start = payloadOffset();
        int count = payloadLength();
        if (count < 28 || count % 4 != 0)
        {
            return "[P-PAY-02] payload of " + count + " bytes";
        }
        boolean plain = (flags() & ProxyRequest.FLAG_PLAIN) != 0;
        if (LittleEndian.getLong(bytes, start) != 0)
        {
            return plain || count < Payloads.ENCRYPTED_LENGTH_MIN ?
                "[P-PAY-03] encrypted message, " + count + " bytes, plain flag " + plain :
                "";
        }
        int inner = LittleEndian.getInt(bytes, start + 16);
        boolean function = switch (LittleEndian.getInt(bytes, start + PLAIN_HEADER_LENGTH))
        {
            case Payloads.REQ_PQ, Payloads.REQ_PQ_MULTI, Payloads.REQ_DH_PARAMS, Payloads.SET_CLIENT_DH_PARAMS -> true;
            default -> false;
        };
        return plain && function && inner >= 20 && inner <= count - PLAIN_HEADER_LENGTH ?
            "" :
            "[P-PAY-04] plain message, inner length " + inner + ", known function " + function + ", plain flag " +
                plain;
    }

    private boolean isAddress(int at)
    {
        for (int i = 0; i < 10; i++)
        {
            if (bytes[offset + at + i] != 0)
            {
                return true;
            }
        }
        boolean mapped = bytes[offset + at + 10] == (byte)0xff && bytes[offset + at + 11] == (byte)0xff;
        int last = LittleEndian.getInt(bytes, offset + at + 12);
        boolean zero = bytes[offset + at + 10] == 0 && bytes[offset + at + 11] == 0;
        // [::1] has ten zeros in front as well
        return mapped || zero && last == 0x0100_0000;
    }

    private boolean isPort(int addressAt)
    {
        int port = LittleEndian.getInt(bytes, offset + addressAt + ADDRESS_LENGTH);
        return port > 0 && port <= PORT_MAX;
    }

    private boolean isTag()
    {
        int at = offset + EXTRA_LENGTH_OFFSET + 4;
        return extraLength == TAG_EXTRA_LENGTH && LittleEndian.getInt(bytes, at) == TAG_FIELD && bytes[at + 4] == 16 &&
            LittleEndian.getInt(bytes, at + 20) >>> 8 == 0;
    }

    private InetSocketAddress socketAddress(int at)
    {
        byte[] address = Arrays.copyOfRange(bytes, offset + at, offset + at + ADDRESS_LENGTH);
        int port = LittleEndian.getInt(bytes, offset + at + ADDRESS_LENGTH);
        try
        {
            // a v4-mapped address becomes an Inet4Address here
            return new InetSocketAddress(InetAddress.getByAddress(address), port & PORT_MAX);
        }
        catch (UnknownHostException e)
        {
            throw new IllegalStateException(e);
        }
    }
}
