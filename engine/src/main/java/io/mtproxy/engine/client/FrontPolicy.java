// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a connection gets that is none of ours, by the reason.
 *
 * @param actions one for each reason.
 */
public record FrontPolicy(Map<FrontReason, Action> actions)
{
    /** Everything reaches the domain, so that nobody can tell us from it. */
    public static final FrontPolicy SPLICE_ALL = new FrontPolicy(Arrays.stream(FrontReason.values())
        .collect(Collectors.toMap(reason -> reason, reason -> Action.SPLICE)));

    /** What can be done with a connection. */
    public enum Action
    {
        /** The domain answers, from the first byte on. [P-TLS-60] */
        SPLICE,
        /** Closed without a word. */
        DROP,
        /** A TLS alert of ours, then closed. */
        ALERT;

        private String word()
        {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public FrontPolicy
    {
        actions = new EnumMap<>(actions);
        if (actions.size() != FrontReason.values().length)
        {
            throw new IllegalArgumentException("actions for " + actions.keySet());
        }
    }

    /**
     * @param rule as {@code REASON=ACTION}.
     * @return this policy with one rule more.
     * @throws IllegalArgumentException with what could have been said.
     */
    public FrontPolicy with(String rule)
    {
        int sign = rule.indexOf('=');
        String reasonWord = sign < 0 ? rule : rule.substring(0, sign);
        String actionWord = sign < 0 ? "" : rule.substring(sign + 1);
        FrontReason reason = Stream.of(FrontReason.values()).filter(any -> any.word().equals(reasonWord)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("\"" + reasonWord + "\" is no reason, these are: " +
                Stream.of(FrontReason.values()).map(FrontReason::word).collect(Collectors.joining(", "))));
        Action action = Stream.of(Action.values()).filter(any -> any.word().equals(actionWord)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("\"" + rule +
                "\" says not what to do — write " + reasonWord + "=splice, =drop or =alert"));
        Map<FrontReason, Action> changed = new EnumMap<>(actions);
        changed.put(reason, action);
        return new FrontPolicy(changed);
    }

    Action action(FrontReason reason)
    {
        return actions.getOrDefault(reason, Action.SPLICE);
    }
}
