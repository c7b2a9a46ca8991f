// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFileReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The status files in the folder of a proxy. They stay mapped from look to look; one that a new process has replaced is
 * opened anew. For any thread.
 */
public final class ProxyFiles
{
    private final String name;
    private final Path folder;
    private final Map<Path, Opened> opened = new HashMap<>();

    /**
     * @param name   of the proxy.
     * @param folder of the proxy.
     */
    public ProxyFiles(String name, Path folder)
    {
        this.name = name;
        this.folder = folder;
    }

    /** @param identity of the file, which changes when another takes its place; null where there is none. */
    private record Opened(@Nullable Object identity, StatusFileReader reader)
    {
    }

    /** @return what is there now; a file or folder that cannot be read is a line of the view. */
    public synchronized ProxyView look()
    {
        List<Path> files;
        try
        {
            files = StatusDirectory.statusFiles(folder);
        }
        catch (IOException e)
        {
            return new ProxyView(name, List.of(), List.of(folder + ": cannot be read: " + e));
        }
        opened.keySet().retainAll(files);
        List<ProcessView> processes = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Path file : files)
        {
            try
            {
                StatusFileReader reader = reader(file);
                processes.add(new ProcessView(processName(file), reader, reader.isAlive()));
            }
            catch (IOException e)
            {
                opened.remove(file);
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        return new ProxyView(name, processes, problems);
    }

    private StatusFileReader reader(Path file) throws IOException
    {
        Object identity =
            Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
        Opened known = opened.get(file);
        if (known == null || !Objects.equals(known.identity, identity))
        {
            known = new Opened(identity, StatusFileReader.open(file));
            opened.put(file, known);
        }
        return known.reader;
    }

    private static String processName(Path file)
    {
        String fileName = String.valueOf(file.getFileName());
        return fileName.substring(0, fileName.length() - StatusDirectory.STATUS_SUFFIX.length());
    }
}
