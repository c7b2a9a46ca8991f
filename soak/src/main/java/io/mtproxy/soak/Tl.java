// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.nio.charset.StandardCharsets;

/** Constructor ids of the TL language that the simulated datacenter knows, and how its strings are written. */
final class Tl
{
    static final int VECTOR = 0x1cb5c415;
    static final int BOOL_TRUE = 0x997275b5;
    static final int BOOL_FALSE = 0xbc799737;

    static final int RES_PQ = 0x05162463;
    static final int P_Q_INNER_DATA = 0x83c95aec;
    static final int P_Q_INNER_DATA_DC = 0xa9f55f95;
    static final int P_Q_INNER_DATA_TEMP = 0x3c6a84d4;
    static final int P_Q_INNER_DATA_TEMP_DC = 0x56fddf88;
    static final int SERVER_DH_PARAMS_OK = 0xd0e8075c;
    static final int SERVER_DH_INNER_DATA = 0xb5890dba;
    static final int CLIENT_DH_INNER_DATA = 0x6643b654;
    static final int DH_GEN_OK = 0x3bcbf734;

    static final int RPC_RESULT = 0xf35c6d01;
    static final int RPC_ERROR = 0x2144ca19;
    static final int MSG_CONTAINER = 0x73f1f8dc;
    static final int GZIP_PACKED = 0x3072cfa1;
    static final int MSGS_ACK = 0x62d6b459;
    static final int MSGS_STATE_REQ = 0xda69fb52;
    static final int MSGS_STATE_INFO = 0x04deb57d;
    static final int MSGS_ALL_INFO = 0x8cc0d131;
    static final int MSG_RESEND_REQ = 0x7d861a08;
    static final int BAD_SERVER_SALT = 0xedab447b;
    static final int NEW_SESSION_CREATED = 0x9ec20908;
    static final int PING = 0x7abe77ec;
    static final int PING_DELAY_DISCONNECT = 0xf3427b8c;
    static final int PONG = 0x347773c5;
    static final int GET_FUTURE_SALTS = 0xb921bd04;
    static final int FUTURE_SALTS = 0xae500895;
    static final int DESTROY_SESSION = 0xe7512126;
    static final int DESTROY_SESSION_OK = 0xe22045fc;
    static final int DESTROY_SESSION_NONE = 0x62d350c9;
    static final int RPC_DROP_ANSWER = 0x58e4a740;
    static final int RPC_ANSWER_UNKNOWN = 0x5e2ad36e;
    static final int HTTP_WAIT = 0x9299359f;

    static final int INVOKE_WITH_LAYER = 0xda9b0d0d;
    static final int INVOKE_AFTER_MSG = 0xcb9f372d;
    static final int INVOKE_AFTER_MSGS = 0x3dc4b4f0;
    static final int INVOKE_WITHOUT_UPDATES = 0xbf9459b7;
    static final int INIT_CONNECTION = 0xc1cd5ea9;
    static final int INPUT_CLIENT_PROXY = 0x75588b3f;
    static final int JSON_NULL = 0x3f6d7b68;
    static final int JSON_BOOL = 0xc7345e6a;
    static final int JSON_NUMBER = 0x2be0dfa4;
    static final int JSON_STRING = 0xb71e767a;
    static final int JSON_ARRAY = 0xf7444763;
    static final int JSON_OBJECT = 0x99c1d49d;
    static final int JSON_OBJECT_VALUE = 0xc0de1bd9;
    static final int BIND_TEMP_AUTH_KEY = 0xcdd42a05;
    static final int GET_CONFIG = 0xc4f9186b;
    static final int CONFIG = 0xcc1a241e;
    static final int DC_OPTION = 0x18b7a10d;
    static final int GET_NEAREST_DC = 0x1fb33026;
    static final int NEAREST_DC = 0x8e1a1775;
    static final int GET_FILE = 0xbe5335be;
    static final int FILE = 0x096a18d5;
    static final int FILE_UNKNOWN = 0xaa963b05;

    /** Strings below this length have one byte of length. [P-RPC-42] */
    private static final int SHORT_LENGTH_MAX = 253;

    private Tl()
    {
    }

    static void putBytes(ByteBuilder out, byte[] bytes)
    {
        int headerLength = 1;
        if (bytes.length <= SHORT_LENGTH_MAX)
        {
            out.putByte(bytes.length);
        }
        else
        {
            headerLength = 4;
            out.putInt(0xfe | bytes.length << 8);
        }
        out.putBytes(bytes);
        for (int i = headerLength + bytes.length; i % 4 != 0; i++)
        {
            out.putByte(0);
        }
    }

    static void putString(ByteBuilder out, String text)
    {
        putBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }
}
