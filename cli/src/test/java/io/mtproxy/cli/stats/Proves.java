// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Which rows of {@code docs/spec/stats-keys.tsv} a test proves: by doing what the key counts, by starting with another setting,
 * or, for what is constant, by doing everything that could change it. {@link StatsKeysTest} holds the rows against it.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Proves
{
    /** Keys as in the table. */
    String[] value();
}
