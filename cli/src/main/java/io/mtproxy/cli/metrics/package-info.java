// SPDX-License-Identifier: Apache-2.0

/**
 * The proxy's numbers as Prometheus and OpenMetrics take them. Names, types and labels are in {@link MetricCatalog};
 * everything else is a view of status files.
 */
@NullMarked
package io.mtproxy.cli.metrics;

import org.jspecify.annotations.NullMarked;
