// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.util.Map;

/** Chooses the answer to a request. [C-HTTP-03] [C-HTTP-10..14] */
final class HttpPages
{
    private final Map<String, Page> pages;

    /** @param pages by path. */
    HttpPages(Map<String, Page> pages)
    {
        this.pages = Map.copyOf(pages);
    }

    /** Makes a page for a request. */
    @FunctionalInterface
    interface Page
    {
        StatsPage make(HttpRequest request);
    }

    /** @param isAllowed whether the client may see pages: on C's port it is exactly 127.0.0.1. */
    HttpAnswer answer(HttpRequest request, boolean isAllowed)
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
        if (!isAllowed)
        {
            return HttpAnswer.error(HttpAnswer.Status.NOT_FOUND);
        }
        Page page = pages.get(request.target());
        return page == null ? HttpAnswer.error(HttpAnswer.Status.NOT_FOUND) : page.make(request).answer();
    }
}
