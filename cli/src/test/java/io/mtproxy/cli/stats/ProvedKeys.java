// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.TestInfo;

/** Compares two reports key by key, and knows afterwards for which keys that was done. */
final class ProvedKeys
{
    private final Set<String> shown = new TreeSet<>();
    private Map<String, String> before = Map.of();
    private Map<String, String> after = Map.of();

    /** Two reports: what was done between them is what is proved. */
    ProvedKeys between(Map<String, String> first, Map<String, String> second)
    {
        before = first;
        after = second;
        return this;
    }

    /** Each key has changed by that much and no more. */
    ProvedKeys moved(long change, String... keys)
    {
        assertTrue(change != 0, "that is no change");
        for (String key : keys)
        {
            assertEquals(Long.parseLong(before.get(key)) + change, Long.parseLong(after.get(key)), key);
            shown.add(key);
        }
        return this;
    }

    /** Each key, a number of any form, has grown by that much or more. */
    ProvedKeys grew(double least, String... keys)
    {
        for (String key : keys)
        {
            double change = Double.parseDouble(after.get(key)) - Double.parseDouble(before.get(key));
            assertTrue(change >= least && change > 0, key + ": " + before.get(key) + ", then " + after.get(key));
            shown.add(key);
        }
        return this;
    }

    /** The key has changed, and to that. */
    ProvedKeys became(String key, String value)
    {
        assertEquals(value, after.get(key), key);
        assertTrue(!value.equals(before.get(key)), () -> key + " was " + value + " before");
        shown.add(key);
        return this;
    }

    /** Each key has the value that it always has. */
    ProvedKeys stayed(String value, String... keys)
    {
        for (String key : keys)
        {
            assertEquals(value, before.get(key), key);
            assertEquals(value, after.get(key), key);
            shown.add(key);
        }
        return this;
    }

    /** What a test says that it proves it must have compared. */
    void verify(TestInfo test)
    {
        Proves claims = test.getTestMethod().orElseThrow().getAnnotation(Proves.class);
        Set<String> compared = new TreeSet<>();
        shown.forEach(key -> compared.add(key.replaceAll("^secret_\\d+_", "secret_<N>_")));
        Set<String> claimed = new TreeSet<>(claims == null ? Set.of() : Arrays.asList(claims.value()));
        assertEquals(claimed, compared, "what is claimed and what was compared");
    }
}
