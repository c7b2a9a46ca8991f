// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.io.IOException;

/** What was found is not a status file or folder that can be used; the message says where, why and what to do. */
public final class StatusFileException extends IOException
{
    private static final long serialVersionUID = 1L;

    StatusFileException(String message)
    {
        super(message);
    }
}
