// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.util.Objects;

/** The version string: one line without TABs. [C-CLI-23] */
final class ProductVersion
{
    private ProductVersion()
    {
    }

    /** @return name, version and what it runs on. */
    static String text()
    {
        return "mtproto-proxy " + number() + " on Java " + Runtime.version() + ", " +
            System.getProperty("os.name") + ' ' + System.getProperty("os.arch");
    }

    /** @return version as the jar has it; classes outside of one have none. */
    static String number()
    {
        return Objects.requireNonNullElse(ProductVersion.class.getPackage().getImplementationVersion(), "development");
    }
}
