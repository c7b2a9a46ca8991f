// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.config.ProxySecretFile;
import org.jspecify.annotations.Nullable;

/**
 * Who may speak RPC on the stats port. [P-RPC-80]
 *
 * @param secret          of {@code --aes-pwd}; null: nobody.
 * @param isDhSkipAllowed {@code --allow-skip-dh}: also without DH. [C-CLI-44]
 * @param dhAcceptRateMax {@code --max-dh-accept-rate}: exchanges a second; 0 is no limit. [C-CLI-47]
 */
public record RpcAccess(@Nullable ProxySecretFile secret, boolean isDhSkipAllowed, int dhAcceptRateMax)
{
    /** No RPC at all. */
    public static final RpcAccess NONE = new RpcAccess(null, false, 0);
}
