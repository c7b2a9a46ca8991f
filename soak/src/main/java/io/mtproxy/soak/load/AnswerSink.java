// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

/** Told of each answer that a client has received whole. */
interface AnswerSink
{
    /**
     * @param client   that asked, as the answer says.
     * @param sequence of the request, as the answer says.
     * @param length   of the payload.
     */
    void onAnswer(int client, int sequence, int length);
}
