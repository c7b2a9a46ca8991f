// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.instances;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.StatusDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.function.Executable;

class InstanceFinderTest
{
    @TempDir private Path root;

    @Test
    void shouldTakeOnlyProxy() throws Exception
    {
        try (StatusDirectory proxy = StatusDirectory.claim(root, "443"))
        {
            assertEquals(new Instance("443", proxy.folder(), true), finder(null).find());
            assertEquals(new Instance("443", proxy.folder(), true), finder(null).findLiving());
            assertEquals(new Instance("443", proxy.folder(), true), finder("443").find());
        }
        assertEquals(new Instance("443", root.resolve("443"), false), finder(null).find());
    }

    @Test
    void shouldTakeOnlyOneThatRuns() throws Exception
    {
        StatusDirectory.claim(root, "443").close();
        StatusDirectory.claim(root, "444").close();
        try (StatusDirectory proxy = StatusDirectory.claim(root, "445"))
        {
            assertEquals(proxy.folder(), finder(null).find().folder());
            assertEquals(root.resolve("444"), finder("444").find().folder());
        }
    }

    @Test
    void shouldListSeveral() throws Exception
    {
        try (StatusDirectory first = StatusDirectory.claim(root, "443");
            StatusDirectory second = StatusDirectory.claim(root, "8443"))
        {
            StatusDirectory.claim(root, "old").close();

            assertEquals(
                "2 there are several proxies, choose one with --instance: 443 (runs), 8443 (runs), old (ended)",
                refusal(() -> finder(null).find()));
            assertTrue(first.folder().startsWith(root) && second.folder().startsWith(root));
        }
        assertEquals("3 no proxy runs, there are: 443 (ended), 8443 (ended), old (ended)",
            refusal(() -> finder(null).findLiving()));
        assertEquals("3 proxy \"old\" in " + root + " does not run", refusal(() -> finder("old").findLiving()));
    }

    @Test
    void shouldSayThatThereIsNone() throws Exception
    {
        Path missing = root.resolve("missing");

        assertEquals("3 no proxy in " + missing + " — start one, or name its status directory with --status-dir",
            refusal(() -> new InstanceFinder(List.of(missing), null).find()));
        assertEquals("3 no proxy in " + root + " — start one, or name its status directory with --status-dir",
            refusal(() -> finder(null).findLiving()));
        StatusDirectory.claim(root, "443").close();
        assertEquals("3 no proxy \"444\" in " + root + ", there are: 443 (ended)", refusal(() -> finder("444").find()));
    }

    @Test
    void shouldLookIntoFirstDirectoryThatHasAny() throws Exception
    {
        Path own = Files.createDirectory(root.resolve("own"));
        Path other = Files.createDirectory(root.resolve("other"));
        StatusDirectory.claim(other, "443").close();
        InstanceFinder finder = new InstanceFinder(List.of(own, other), null);

        assertEquals(other.resolve("443"), finder.find().folder());

        StatusDirectory.claim(own, "444").close();
        assertEquals(own.resolve("444"), finder.find().folder());
    }

    private InstanceFinder finder(@Nullable String name)
    {
        return new InstanceFinder(List.of(root), name);
    }

    private static String refusal(Executable call)
    {
        InstanceException e = assertThrows(InstanceException.class, call);
        return e.exitCode() + " " + e.line();
    }
}
