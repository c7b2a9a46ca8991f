// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.cli.instances.Instance;
import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.instances.InstanceFinder;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that is looked for at each look, so that it may begin later and be another one afterwards. For any thread.
 */
public final class FoundProxy
{
    private final InstanceFinder finder;
    private @Nullable Instance instance;
    private @Nullable ProxyFiles files;

    /** @param finder of the proxy. */
    public FoundProxy(InstanceFinder finder)
    {
        this.finder = finder;
    }

    /** @return what there is now; a view without processes, with a line that says why, when there is no proxy. */
    public synchronized ProxyView look()
    {
        try
        {
            Instance found = finder.find();
            ProxyFiles known = files;
            if (known == null || instance == null || !found.folder().equals(instance.folder()))
            {
                known = new ProxyFiles(found.name(), found.folder());
            }
            instance = found;
            files = known;
            return known.look();
        }
        catch (InstanceException | IOException e)
        {
            return new ProxyView("", List.of(), List.of(String.valueOf(e.getMessage())));
        }
    }
}
