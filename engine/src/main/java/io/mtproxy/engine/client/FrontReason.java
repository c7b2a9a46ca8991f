// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.transport.FakeTlsClientHello;

/** Why a connection in TLS-only mode is none of ours. {@code --front-policy} calls each by its word. [P-TLS-12] */
public enum FrontReason
{
    /** No whole start came in 10 s, or before the end. [P-TLS-30] */
    SILENCE("silence", Alert.HANDSHAKE_FAILURE),
    /** What came is no start of a TLS connection. [P-TLS-10] */
    NOT_TLS("not-tls", Alert.PROTOCOL_VERSION),
    /** A hello without a name, or with one that is not ours. [P-TLS-13] */
    UNKNOWN_NAME("unknown-name", Alert.UNRECOGNIZED_NAME),
    /** A hello that no secret has signed: any browser's. [P-TLS-15] */
    DIGEST("digest", Alert.HANDSHAKE_FAILURE),
    /** A hello that was answered before. [P-TLS-20] */
    REPLAY("replay", Alert.HANDSHAKE_FAILURE),
    /** A hello signed too long ago, or in the future. [P-TLS-17] */
    CLOCK("clock", Alert.HANDSHAKE_FAILURE),
    /** A hello as clients of ours make none: its port, length, cipher, or what follows it. [P-TLS-12] [P-TLS-18] */
    ODD_HELLO("odd-hello", Alert.HANDSHAKE_FAILURE),
    /** A hello was answered, and what should follow did not. [P-TLS-30] [P-TLS-33] */
    AFTER_HELLO("after-hello", Alert.HANDSHAKE_FAILURE);

    private final String word;
    private final int alert;

    FrontReason(String word, int alert)
    {
        this.word = word;
        this.alert = alert;
    }

    /** Descriptions of alerts, by their numbers in TLS. */
    private static final class Alert
    {
        static final int HANDSHAKE_FAILURE = 40;
        static final int PROTOCOL_VERSION = 70;
        static final int UNRECOGNIZED_NAME = 112;

        private Alert()
        {
        }
    }

    /** @return what the option calls it. */
    public String word()
    {
        return word;
    }

    /** @return description of the alert that suits it. */
    int alert()
    {
        return alert;
    }

    /** @return why a hello is not served. */
    static FrontReason of(FakeTlsClientHello.Result result)
    {
        return switch (result)
        {
            case NOT_A_HELLO -> NOT_TLS;
            case UNKNOWN_NAME -> UNKNOWN_NAME;
            case WRONG_PORT, TRAILING_BYTES, TOO_LONG, NO_CIPHER -> ODD_HELLO;
            case REPLAYED -> REPLAY;
            case WRONG_DIGEST -> DIGEST;
            case OUT_OF_TIME -> CLOCK;
            case NEED_MORE, ACCEPTED -> throw new IllegalArgumentException(result + " is no reason");
        };
    }
}
