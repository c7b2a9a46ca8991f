// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

/**
 * One line of the report.
 *
 * @param text what was seen, and what to do.
 */
public record FrontFinding(FrontField field, Verdict verdict, String text)
{
    /** What a line means. */
    public enum Verdict
    {
        /** Nothing to see. */
        SAME("ok"),
        /** Worth knowing, gives nothing away by itself. */
        NOTE("note"),
        /** Somebody who looks can tell. */
        DIFFERS("DIFFERS"),
        /** It could not be looked at. */
        UNKNOWN("?");

        private final String word;

        Verdict(String word)
        {
            this.word = word;
        }

        @Override
        public String toString()
        {
            return word;
        }
    }

    static FrontFinding same(FrontField field, String text)
    {
        return new FrontFinding(field, Verdict.SAME, text);
    }

    static FrontFinding note(FrontField field, String text)
    {
        return new FrontFinding(field, Verdict.NOTE, text);
    }

    static FrontFinding differs(FrontField field, String text)
    {
        return new FrontFinding(field, Verdict.DIFFERS, text);
    }

    static FrontFinding unknown(FrontField field, String text)
    {
        return new FrontFinding(field, Verdict.UNKNOWN, text);
    }

    /** Points that this costs. */
    public int cost()
    {
        return verdict == Verdict.DIFFERS ? field.points() : 0;
    }
}
