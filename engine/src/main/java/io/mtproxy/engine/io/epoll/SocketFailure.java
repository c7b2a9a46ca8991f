// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import java.io.IOException;

/**
 * An answer of the system below zero, its words as the message. Without a stack trace, as peers cause these at will and the
 * place says nothing.
 */
final class SocketFailure extends IOException
{
    private static final long serialVersionUID = 1;

    /** @param answer an error number with its sign turned. */
    SocketFailure(int answer)
    {
        super(LinuxSocketCalls.words(answer));
    }

    /** @return the answer, if it is none of these. */
    static int check(int answer) throws SocketFailure
    {
        if (answer < 0)
        {
            throw new SocketFailure(answer);
        }
        return answer;
    }

    @Override
    public synchronized Throwable fillInStackTrace()
    {
        return this;
    }
}
