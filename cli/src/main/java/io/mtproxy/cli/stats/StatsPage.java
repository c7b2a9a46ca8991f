// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A page of the stats port.
 *
 * @param isAvailable otherwise it is answered by 503, as health checks are.
 * @param contentType of the text.
 * @param text        whole.
 */
public record StatsPage(boolean isAvailable, String contentType, String text)
{
    static final String PLAIN = "text/plain";

    /** @return a page of plain text. */
    public static StatsPage plain(String text)
    {
        return new StatsPage(true, PLAIN, text);
    }

    HttpAnswer answer()
    {
        return new HttpAnswer(isAvailable ? HttpAnswer.Status.OK : HttpAnswer.Status.UNAVAILABLE, contentType,
            text.getBytes(UTF_8));
    }
}
