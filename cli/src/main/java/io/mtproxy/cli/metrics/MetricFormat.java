// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import java.util.Locale;

/** The two forms in which metrics are written. */
enum MetricFormat
{
    /** Prometheus' own. */
    TEXT("text/plain; version=0.0.4; charset=utf-8"),
    /** OpenMetrics 1.0. */
    OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

    private static final String OPEN_METRICS_TYPE = "application/openmetrics-text";
    private static final String TEXT_TYPE = "text/plain";

    private final String contentType;

    MetricFormat(String contentType)
    {
        this.contentType = contentType;
    }

    /** @return value of the header. */
    String contentType()
    {
        return contentType;
    }

    /**
     * Chooses by what a client takes (RFC 9110, 12.5.1).
     *
     * @param accept value of the header, empty for none.
     * @return OpenMetrics when it is asked for by name in a version that we write, and text is not liked better.
     */
    static MetricFormat choose(String accept)
    {
        double open = 0;
        double text = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1))
        {
            String[] parts = range.split(";", -1);
            double quality = 1;
            boolean isOurVersion = true;
            for (int i = 1; i < parts.length; i++)
            {
                String parameter = parts[i].strip();
                if (parameter.startsWith("q="))
                {
                    quality = quality(parameter.substring(2));
                }
                else if (parameter.startsWith("version="))
                {
                    isOurVersion = isOurVersion(parts[0].strip(), parameter.substring("version=".length()));
                }
            }
            switch (parts[0].strip())
            {
                case OPEN_METRICS_TYPE -> open = isOurVersion ? Math.max(open, quality) : open;
                case TEXT_TYPE -> text = isOurVersion ? Math.max(text, quality) : text;
                default ->
                {
                    // both will do, or neither: then it gets text
                }
            }
        }
        return open > 0 && open >= text ? OPEN_METRICS : TEXT;
    }

    private static boolean isOurVersion(String type, String version)
    {
        String bare = version.replace("\"", "");
        return type.equals(OPEN_METRICS_TYPE) ? bare.startsWith("1.") : bare.equals("0.0.4");
    }

    private static double quality(String text)
    {
        try
        {
            return Double.parseDouble(text);
        }
        catch (NumberFormatException e)
        {
            return 0;
        }
    }
}
