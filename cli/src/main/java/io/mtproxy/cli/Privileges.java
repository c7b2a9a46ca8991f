// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxUsers;
import io.mtproxy.engine.status.StatusDirectory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The user that a process started as root becomes, before it reads any byte from the network. [C-LIFE-10] [C-CLI-34] */
final class Privileges
{
    private static final String USER_DEFAULT = "mtproxy";
    private static final int EXIT_FAILED = 1;
    private static final int ROOT = 0;

    private Privileges()
    {
    }

    /**
     * Finds whom to become.
     *
     * @param asked {@code -u}, or null.
     * @return null when this process was not started as root: then nothing is looked at.
     * @throws ConfigurationException when there is no such user. [C-EXIT-10]
     */
    static LinuxUsers.@Nullable User find(@Nullable String asked) throws ConfigurationException
    {
        if (StatusDirectory.currentUid() != ROOT)
        {
            return null;
        }
        String name = asked == null ? USER_DEFAULT : asked;
        LinuxUsers.User user = LinuxUsers.find(name);
        if (user == null)
        {
            throw new ConfigurationException(EXIT_FAILED, List.of(
                "started as root, and there is no user \"" + name + "\" to become" +
                    (asked == null ? ", which is the default" : ""),
                "name a user with -u, as in -u nobody; -u root stays root"));
        }
        return user;
    }

    /** Becomes that user; there is no way back. */
    static void drop(LinuxUsers.@Nullable User user) throws ConfigurationException
    {
        if (user == null)
        {
            return;
        }
        int error = LinuxUsers.become(user);
        // a container may run root without the right to change groups: then root is what it was, with one group
        if (error != 0 && user.uid() != ROOT)
        {
            throw ProxyStart.failed("the user cannot be changed to \"" + user.name() + "\" (error " + error +
                ") — the container must allow setuid and setgid, or start as that user");
        }
    }
}
