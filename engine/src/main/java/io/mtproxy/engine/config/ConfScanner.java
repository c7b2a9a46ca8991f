// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

/** Moves over the text of a configuration file byte by byte and knows the line. [C-CFG-01] [C-CFG-31] */
final class ConfScanner
{
    /** Returned by {@link #peek} at the end. */
    static final int END = -1;
    /** Returned by {@link #number} for what no int can hold. [C-CFG-11] */
    static final long TOO_LONG = Long.MAX_VALUE;

    /** Characters of the text shown with a problem. [C-CFG-30] */
    private static final int EXCERPT_LENGTH = 20;
    private static final long NUMBER_LIMIT = 1L << 40;

    private final byte[] text;
    private final int end;
    private int position;
    private int tokenBegin;
    private int line = 1;

    ConfScanner(byte[] text, int end)
    {
        this.text = text;
        this.end = end;
    }

    /** @return line of the next byte, counted from 1. */
    int line()
    {
        return line;
    }

    int position()
    {
        return position;
    }

    /** @return the next byte, unsigned, or {@link #END}. */
    int peek()
    {
        return position < end ? text[position] & 0xff : END;
    }

    /** Takes the next byte if it is this one. */
    boolean take(char wanted)
    {
        if (peek() != wanted)
        {
            return false;
        }
        skip();
        return true;
    }

    /** Takes the next bytes if they are this word, whatever follows it. [C-CFG-03] */
    boolean takeWord(String word)
    {
        if (!isAt(word, position))
        {
            return false;
        }
        position += word.length();
        return true;
    }

    /** Skips blanks, line ends and comments. [C-CFG-01] */
    void skipSpace()
    {
        while (isBlank(peek()) || peek() == '\r' || peek() == '\n' || peek() == '#')
        {
            if (peek() == '#')
            {
                skipLine();
            }
            else
            {
                skip();
            }
        }
    }

    /** Skips blanks within the line and says how many. [C-CFG-02] */
    int skipBlanks()
    {
        int before = position;
        while (isBlank(peek()))
        {
            position++;
        }
        return position - before;
    }

    /** @return the value of the digits here, -1 when there are none, {@link #TOO_LONG} when there are too many. */
    long number()
    {
        tokenBegin = position;
        if (!isDigit(peek()))
        {
            return -1;
        }
        long value = 0;
        for (; isDigit(peek()); position++)
        {
            value = value >= NUMBER_LIMIT ? TOO_LONG : value * 10 + peek() - '0';
        }
        return value >= NUMBER_LIMIT ? TOO_LONG : value;
    }

    /** @return the word here, of letters, digits, dots, hyphens and underscores; empty when there is none. */
    String word()
    {
        tokenBegin = position;
        while (isWord(peek()))
        {
            position++;
        }
        return token();
    }

    /** @return the IPv6 address in brackets here, with its brackets; empty when the closing one is missing. */
    String bracketed()
    {
        tokenBegin = position;
        position++;
        while (isIpv6(peek()))
        {
            position++;
        }
        if (take(']'))
        {
            return token();
        }
        return "";
    }

    /** Goes back to the begin of the last number, word or address, to show it. */
    void rewindToken()
    {
        position = tokenBegin;
    }

    private String token()
    {
        StringBuilder shown = new StringBuilder();
        for (int i = tokenBegin; i < position; i++)
        {
            shown.append((char)(text[i] & 0xff));
        }
        return shown.toString();
    }

    /**
     * Skips to where a statement may begin again: behind the next semicolon, or at the next line that begins with one
     * of the keywords.
     */
    void skipStatement(String[] keywords)
    {
        while (peek() != END)
        {
            if (peek() == '#')
            {
                skipLine();
            }
            else if (take(';'))
            {
                return;
            }
            else if (take('\n') && isKeywordNext(keywords))
            {
                return;
            }
            else if (peek() != '\n' && peek() != END && peek() != ';' && peek() != '#')
            {
                skip();
            }
        }
    }

    /** @return whether one of the keywords stands here or behind blanks. */
    boolean isKeywordNext(String[] keywords)
    {
        int at = position;
        while (at < end && isBlank(text[at]))
        {
            at++;
        }
        for (String keyword : keywords)
        {
            if (isAt(keyword, at))
            {
                return true;
            }
        }
        return false;
    }

    /** @return some of the text from here to the end of the line, printable. [C-CFG-30] */
    String excerpt()
    {
        StringBuilder shown = new StringBuilder();
        for (int i = position; i < end && text[i] != '\n' && text[i] != '\r' && shown.length() < EXCERPT_LENGTH; i++)
        {
            int c = text[i] & 0xff;
            shown.append(c < ' ' || c >= 0x7f ? '?' : (char)c);
        }
        return shown.toString();
    }

    private void skipLine()
    {
        while (peek() != END && peek() != '\n')
        {
            position++;
        }
    }

    private void skip()
    {
        if (text[position] == '\n')
        {
            line++;
        }
        position++;
    }

    private boolean isAt(String word, int at)
    {
        if (end - at < word.length())
        {
            return false;
        }
        for (int i = 0; i < word.length(); i++)
        {
            if (text[at + i] != word.charAt(i))
            {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(int c)
    {
        return c == ' ' || c == '\t';
    }

    private static boolean isDigit(int c)
    {
        return c >= '0' && c <= '9';
    }

    private static boolean isWord(int c)
    {
        return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    }

    private static boolean isIpv6(int c)
    {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    }
}
