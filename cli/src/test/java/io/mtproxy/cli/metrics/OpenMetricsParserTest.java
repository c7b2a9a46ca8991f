// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parser that the other tests trust refuses what the specification forbids. */
class OpenMetricsParserTest
{
    @Test
    void shouldReadWhatIsRight()
    {
        Map<String, OpenMetricsParser.Family> families = OpenMetricsParser.parse("""
            # HELP a_seconds A \\"quoted\\" help.
            # TYPE a_seconds histogram
            # UNIT a_seconds seconds
            a_seconds_bucket{x="1",le="0.5"} 1
            a_seconds_bucket{x="1",le="+Inf"} 3
            a_seconds_sum{x="1"} 2.5
            a_seconds_count{x="1"} 3
            # TYPE b counter
            b_total{y="a\\\\b\\nc"} 7
            # EOF
            """);

        assertEquals("A \"quoted\" help.", families.get("a_seconds").help);
        assertEquals("a\\b\nc", families.get("b").samples.getFirst().labels().get("y"));
        assertEquals(7, families.get("b").samples.getFirst().value());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '~', value = {
        "no end! # TYPE a gauge|a 1",
        "an end in the middle! # TYPE a gauge|# EOF|a 1|# EOF",
        "blank line! # TYPE a gauge||a 1|# EOF",
        "no type! a 1|# EOF",
        "no samples! # TYPE a gauge|# EOF",
        "unknown type! # TYPE a meter|a 1|# EOF",
        "two types! # TYPE a gauge|# TYPE a gauge|a 1|# EOF",
        "unit that is no suffix! # TYPE a counter|# UNIT a bytes|a_total 1|# EOF",
        "descriptor behind sample! # TYPE a gauge|a 1|# HELP a x|# EOF",
        "mixed families! # TYPE a gauge|a{x=\"1\"} 1|# TYPE b gauge|b 1|# TYPE a gauge|a 2|# EOF",
        "counter without total! # TYPE a counter|a 1|# EOF",
        "negative counter! # TYPE a counter|a_total -1|# EOF",
        "sample twice! # TYPE a gauge|a{x=\"1\",y=\"2\"} 1|a{y=\"2\",x=\"1\"} 2|# EOF",
        "label twice! # TYPE a gauge|a{x=\"1\",x=\"2\"} 1|# EOF",
        "trailing comma! # TYPE a gauge|a{x=\"1\",} 1|# EOF",
        "empty braces! # TYPE a gauge|a{} 1|# EOF",
        "bad escape! # TYPE a gauge|a{x=\"\\t\"} 1|# EOF",
        "two blanks! # TYPE a gauge|a  1|# EOF",
        "not a number! # TYPE a gauge|a 0x1|# EOF",
        "clash! # TYPE a counter|a_total 1|# TYPE a_total gauge|a_total 1|# EOF",
        "bad name! # TYPE a-b gauge|a-b 1|# EOF",
        "info of 2! # TYPE a info|a_info 2|# EOF",
        "no +Inf! # TYPE a histogram|a_bucket{le=\"1.0\"} 1|a_sum 1|a_count 1|# EOF",
        "bound without point! # TYPE a histogram|a_bucket{le=\"1\"} 1|a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 1|# EOF",
        "bound with zeros! # TYPE a histogram|a_bucket{le=\"0.50\"} 1|a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 1|# EOF",
        "buckets shrink! # TYPE a histogram|a_bucket{le=\"1.0\"} 2|a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 1|# EOF",
        "count differs! # TYPE a histogram|a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 2|# EOF",
        "no sum! # TYPE a histogram|a_bucket{le=\"+Inf\"} 1|a_count 1|# EOF"})
    void shouldRefuse(String name, String text)
    {
        String exposition = text.strip().replace('|', '\n') + "\n";
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OpenMetricsParser.parse(exposition),
            name).getMessage().length() > 0);
    }
}
