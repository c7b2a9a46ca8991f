// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

/** Where the client secrets come from: options and files, as the operator mixed them. [C-CLI-71] [C-CLI-74] */
@FunctionalInterface
public interface SecretSource
{
    /**
     * Reads all of them anew, files included. May block; never called in a duty cycle.
     *
     * @return the secrets in their order; copied, so the list stays the source's.
     * @throws ConfigurationException with a line for each problem, naming file and line and repeating no digit.
     */
    SecretList load() throws ConfigurationException;
}
