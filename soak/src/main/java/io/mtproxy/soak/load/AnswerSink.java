// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

/** Told of what a client has received whole. */
interface AnswerSink
{
    /**
     * The proxy has answered the hello.
     *
     * @param isHybrid whether by X25519MLKEM768.
     */
    default void onFlight(boolean isHybrid)
    {
        // not told apart
    }

    /**
     * @param client   that asked, as the answer says.
     * @param sequence of the request, as the answer says.
     * @param length   of the payload.
     */
    void onAnswer(int client, int sequence, int length);
}
