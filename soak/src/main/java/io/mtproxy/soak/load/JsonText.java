// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

/** Writes JSON, one value after the other; who calls keeps names and values in step. */
final class JsonText
{
    private final StringBuilder out = new StringBuilder();
    private boolean needsComma;

    JsonText beginObject()
    {
        return begin('{');
    }

    JsonText endObject()
    {
        return end('}');
    }

    JsonText beginArray()
    {
        return begin('[');
    }

    JsonText endArray()
    {
        return end(']');
    }

    JsonText name(String name)
    {
        separate();
        quote(name);
        out.append(": ");
        needsComma = false;
        return this;
    }

    JsonText value(String value)
    {
        separate();
        quote(value);
        return this;
    }

    JsonText value(boolean value)
    {
        separate();
        out.append(value);
        return this;
    }

    JsonText value(long value)
    {
        separate();
        out.append(value);
        return this;
    }

    /** What is not a number in JSON becomes null. */
    JsonText value(double value)
    {
        separate();
        out.append(Double.isFinite(value) ? Double.toString(value) : "null");
        return this;
    }

    @Override
    public String toString()
    {
        return out.toString();
    }

    private JsonText begin(char bracket)
    {
        separate();
        out.append(bracket);
        needsComma = false;
        return this;
    }

    private JsonText end(char bracket)
    {
        out.append(bracket);
        needsComma = true;
        return this;
    }

    private void separate()
    {
        if (needsComma)
        {
            out.append(",\n");
        }
        needsComma = true;
    }

    private void quote(String text)
    {
        out.append('"');
        for (int i = 0; i < text.length(); i++)
        {
            char c = text.charAt(i);
            if (c == '"' || c == '\\')
            {
                out.append('\\').append(c);
            }
            else if (c < ' ')
            {
                out.append(String.format("\\u%04x", (int)c));
            }
            else
            {
                out.append(c);
            }
        }
        out.append('"');
    }
}
