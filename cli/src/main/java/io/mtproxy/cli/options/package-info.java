// SPDX-License-Identifier: Apache-2.0

/** The argument line: the options of the C program, our own, and how the line is taken apart. */
@NullMarked
package io.mtproxy.cli.options;

import org.jspecify.annotations.NullMarked;
