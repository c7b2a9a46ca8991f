// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client takes decides the form. */
class MetricFormatTest
{
    /** The fourth is what Prometheus 2.42 sends. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | TEXT",
        "*/* | TEXT",
        "text/plain | TEXT",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," +
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1 | OPEN_METRICS",
        "application/openmetrics-text | OPEN_METRICS",
        "Application/OpenMetrics-Text; version=1.0.0; charset=utf-8 | OPEN_METRICS",
        "application/openmetrics-text;version=\"1.0.0\";q=0.3, text/plain;q=0.2 | OPEN_METRICS",
        "application/openmetrics-text;version=0.0.1 | TEXT",
        "application/openmetrics-text;version=2.0.0, text/plain;version=0.0.4;q=0.1 | TEXT",
        "application/openmetrics-text;q=0.2,text/plain;version=0.0.4;q=0.8 | TEXT",
        "application/openmetrics-text;q=0 | TEXT",
        "application/openmetrics-text;q=x | TEXT",
        "text/html,application/xhtml+xml,*/*;q=0.8 | TEXT",
        ";;,,;q= | TEXT"})
    void shouldChoose(String accept, MetricFormat format)
    {
        assertEquals(format, MetricFormat.choose(accept));
    }
}
