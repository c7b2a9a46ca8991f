// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import java.util.function.BiConsumer;

/** Writes one JSON object (RFC 8259), member by member; names are ours and need no escape. */
final class JsonText
{
    private static final char FIRST_PRINTABLE = ' ';

    private final StringBuilder out = new StringBuilder("{");
    private boolean isFirst = true;

    JsonText put(String name, long value)
    {
        begin(name).append(value);
        return this;
    }

    JsonText put(String name, boolean value)
    {
        begin(name).append(value);
        return this;
    }

    JsonText put(String name, String value)
    {
        quote(begin(name), value);
        return this;
    }

    JsonText put(String name, JsonText value)
    {
        begin(name).append(value);
        return this;
    }

    /** An array of objects. */
    <T> JsonText putAll(String name, Iterable<T> items, BiConsumer<JsonText, T> writer)
    {
        begin(name).append('[');
        String separator = "";
        for (T item : items)
        {
            JsonText object = new JsonText();
            writer.accept(object, item);
            out.append(separator).append(object);
            separator = ",";
        }
        out.append(']');
        return this;
    }

    private StringBuilder begin(String name)
    {
        out.append(isFirst ? "\"" : ",\"").append(name).append("\":");
        isFirst = false;
        return out;
    }

    private static void quote(StringBuilder out, String text)
    {
        out.append('"');
        for (int i = 0; i < text.length(); i++)
        {
            char c = text.charAt(i);
            switch (c)
            {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default ->
                {
                    if (c < FIRST_PRINTABLE || Character.isSurrogate(c))
                    {
                        out.append(String.format("\\u%04x", (int)c));
                    }
                    else
                    {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** @return the object, closed. */
    @Override
    public String toString()
    {
        return out + "}";
    }
}
