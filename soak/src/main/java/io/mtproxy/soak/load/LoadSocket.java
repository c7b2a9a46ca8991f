// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.nio.channels.SelectionKey;

/** What a {@link LoadLoop}'s selector has something for. */
interface LoadSocket
{
    void onReady(SelectionKey key);
}
