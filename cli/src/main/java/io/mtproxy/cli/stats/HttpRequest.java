// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

/**
 * A well-formed head of a request. [C-HTTP-10]
 *
 * @param method        what is asked.
 * @param target        as it was written.
 * @param isBare        without a version: the answer is a body and nothing else. [C-HTTP-16]
 * @param isKeepAlive   the client asks for it. [C-HTTP-21]
 * @param contentLength {@link #NO_LENGTH} when none was given.
 * @param accept        which forms the client takes; empty when it does not say.
 */
record HttpRequest(Method method, String target, boolean isBare, boolean isKeepAlive, int contentLength, String accept)
{
    static final int NO_LENGTH = -1;

    /** The methods that make these four bytes HTTP. [C-HTTP-17] */
    enum Method
    {
        GET,
        HEAD,
        POST,
        OPTIONS
    }
}
