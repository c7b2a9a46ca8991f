// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a proxy is started: words with placeholders. A name that is known stands for such words; what follows it is
 * inserted where they have {@code {more}}.
 *
 * @param name  as it was asked for.
 * @param words of the command.
 */
public record ProxyCommand(String name, List<String> words)
{
    /** The placeholders, for help. */
    public static final String PLACEHOLDERS =
        "{port} {stats} {config} {aes-pwd} {folder} (of its own) {user} {secret} {secrets} (-S for each) {workers} (-M N, or nothing) " +
            "{tls} (-D localhost in scenarios of fake-TLS, else nothing) {upstream} (port of the datacenter)";

    /** The argument line of the C program, which is ours as well. */
    public static final List<String> ARGUMENTS = List.of("-u", "{user}", "-c", "19000", "-p", "{stats}",
        "--http-stats", "-H", "{port}", "{secrets}", "{workers}", "{tls}", "{more}", "--aes-pwd", "{aes-pwd}",
        "{config}");

    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");
    private static final String MORE = "{more}";

    public ProxyCommand
    {
        words = List.copyOf(words);
    }

    /**
     * @param text  a name of {@code known} and more words, or a whole command; quotes hold words together.
     * @param known commands by name.
     * @throws IllegalArgumentException when nothing is in it.
     */
    public static ProxyCommand of(String text, Map<String, List<String>> known)
    {
        List<String> given = split(text);
        if (given.isEmpty())
        {
            throw new IllegalArgumentException("a proxy's command is empty");
        }
        List<String> preset = known.get(given.getFirst());
        if (preset == null)
        {
            return new ProxyCommand(text, given);
        }
        List<String> words = new ArrayList<>();
        for (String word : preset)
        {
            if (word.equals(MORE))
            {
                words.addAll(given.subList(1, given.size()));
            }
            else
            {
                words.add(word);
            }
        }
        return new ProxyCommand(text, words);
    }

    private static List<String> split(String text)
    {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find())
        {
            for (int i = 1; i <= 3; i++)
            {
                if (matcher.group(i) != null)
                {
                    words.add(matcher.group(i));
                }
            }
        }
        return words;
    }

    /** Whether the words say that this is {@link BareRelay}, whose clients speak {@link Wire#PLAIN}. */
    public boolean isBareRelay()
    {
        return words.contains("{upstream}");
    }

    /** What the placeholders stand for. */
    record Values(
        int port, int statsPort, int upstreamPort, Path folder, Path config, Path aesPwd, List<byte[]> secrets,
        int workers, boolean isTls)
    {
    }

    /** @return the command with its placeholders filled in. */
    List<String> fill(Values values)
    {
        HexFormat hex = HexFormat.of();
        List<String> filled = new ArrayList<>();
        for (String word : words)
        {
            switch (word)
            {
                case "{secrets}" -> values.secrets.forEach(secret -> filled.addAll(List.of("-S",
                    hex.formatHex(secret))));
                case "{workers}" -> filled.addAll(
                    values.workers == 0 ? List.of() : List.of("-M", Integer.toString(values.workers)));
                case "{tls}" -> filled.addAll(values.isTls ? List.of("-D", FakeTlsStream.DOMAIN) : List.of());
                case MORE ->
                {
                    // nothing was given
                }
                default -> filled.add(word.replace("{port}", Integer.toString(values.port))
                    .replace("{stats}", Integer.toString(values.statsPort))
                    .replace("{upstream}", Integer.toString(values.upstreamPort))
                    .replace("{config}", values.config.toString())
                    .replace("{aes-pwd}", values.aesPwd.toString())
                    .replace("{folder}", values.folder.toString())
                    .replace("{user}", System.getProperty("user.name"))
                    .replace("{secret}", hex.formatHex(values.secrets.getFirst())));
            }
        }
        return filled;
    }
}
