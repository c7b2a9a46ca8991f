// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.function.Supplier;

/** Chooses the answer to a request. [C-HTTP-03] [C-HTTP-10..14] */
final class HttpPages
{
    private final Supplier<String> report;
    private final Map<String, Supplier<StatsPage>> pages;

    /**
     * @param report of {@code /stats}.
     * @param pages  others, by path.
     */
    HttpPages(Supplier<String> report, Map<String, Supplier<StatsPage>> pages)
    {
        this.report = report;
        this.pages = Map.copyOf(pages);
    }

    /** @param isLocal whether the client is exactly 127.0.0.1. */
    HttpAnswer answer(HttpRequest request, boolean isLocal)
    {
        boolean isPost = request.method() == HttpRequest.Method.POST;
        if (!isPost && request.contentLength() > 0)
        {
            return HttpAnswer.error(HttpAnswer.Status.TOO_LARGE);
        }
        if (isPost && request.contentLength() == HttpRequest.NO_LENGTH)
        {
            return HttpAnswer.error(HttpAnswer.Status.LENGTH_REQUIRED);
        }
        if (request.method() != HttpRequest.Method.GET || request.contentLength() == 0)
        {
            return HttpAnswer.error(HttpAnswer.Status.NOT_IMPLEMENTED);
        }
        if (!isLocal)
        {
            return HttpAnswer.error(HttpAnswer.Status.NOT_FOUND);
        }
        if ("/stats".equals(request.target()))
        {
            return new HttpAnswer(HttpAnswer.Status.OK, StatsPage.PLAIN, report.get().getBytes(UTF_8));
        }
        Supplier<StatsPage> page = pages.get(request.target());
        return page == null ? HttpAnswer.error(HttpAnswer.Status.NOT_FOUND) : page.get().answer();
    }
}
