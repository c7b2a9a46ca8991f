// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.top;

/** What the keys have chosen. */
final class TopState
{
    private static final int INTERVAL_S_MAX = 60;
    private static final int FILTER_LENGTH_MAX = 40;

    private Pane pane = Pane.ALL;
    private Order order = Order.NAME;
    private boolean isReversed;
    private boolean isPaused;
    private boolean isHelp;
    private boolean isQuit;
    private boolean isTyping;
    private String filter = "";
    private int scroll;
    private int intervalS;

    /** @param intervalS seconds from picture to picture. */
    TopState(int intervalS)
    {
        this.intervalS = intervalS;
    }

    /** What is shown. */
    enum Pane
    {
        ALL,
        DATACENTERS,
        SECRETS,
        PROCESSES,
        LINKS,
        ENDS
    }

    /** What rows are sorted by. */
    enum Order
    {
        /** Id, position, name or address. */
        NAME,
        /** Clients, most first. */
        CLIENTS,
        /** Bytes a second, most first. */
        TRAFFIC,
        /** Stalls and drops, refusals, longest turns, bytes that wait: worst first. */
        TROUBLE
    }

    /** Keys that are more than one character, in a place where there are no others. */
    static final class Key
    {
        static final int UP = 0xe000;
        static final int DOWN = 0xe001;
        static final int PAGE_UP = 0xe002;
        static final int PAGE_DOWN = 0xe003;
        static final int ESCAPE = 27;
        static final int ENTER = 13;
        static final int BACKSPACE = 127;
        static final int INTERRUPT = 3;

        private static final int LINE_FEED = 10;
        private static final int CONTROL_H = 8;

        private Key()
        {
        }
    }

    /**
     * Does what a key means.
     *
     * @param pageRows rows of a page.
     */
    void onKey(int key, int pageRows)
    {
        if (key == Key.INTERRUPT)
        {
            isQuit = true;
        }
        else if (isTyping)
        {
            type(key);
        }
        else
        {
            command(key, pageRows);
        }
    }

    private void type(int key)
    {
        switch (key)
        {
            case Key.ENTER, Key.LINE_FEED -> isTyping = false;
            case Key.ESCAPE ->
            {
                isTyping = false;
                filter = "";
            }
            case Key.BACKSPACE, Key.CONTROL_H -> filter = filter.substring(0, Math.max(0, filter.length() - 1));
            default ->
            {
                if (key > ' ' && key < Key.BACKSPACE && filter.length() < FILTER_LENGTH_MAX)
                {
                    filter += (char)key;
                }
            }
        }
    }

    private void command(int key, int pageRows)
    {
        boolean wasHelp = isHelp;
        isHelp = false;
        switch (key)
        {
            case 'q', 'Q' -> isQuit = true;
            case '1', '2', '3', '4', '5', '6' -> show(Pane.values()[key - '1']);
            case '\t' -> show(Pane.values()[(pane.ordinal() + 1) % Pane.values().length]);
            case 'n' -> order = Order.NAME;
            case 'c' -> order = Order.CLIENTS;
            case 't' -> order = Order.TRAFFIC;
            case 'x' -> order = Order.TROUBLE;
            case 'r' -> isReversed = !isReversed;
            case 'p', ' ' -> isPaused = !isPaused;
            case '/' ->
            {
                isTyping = true;
                filter = "";
            }
            case Key.ESCAPE -> filter = "";
            case '+' -> intervalS = Math.min(INTERVAL_S_MAX, intervalS + 1);
            case '-' -> intervalS = Math.max(1, intervalS - 1);
            case '?', 'h' -> isHelp = !wasHelp;
            case Key.UP -> scroll = Math.max(0, scroll - 1);
            case Key.DOWN -> scroll++;
            case Key.PAGE_UP -> scroll = Math.max(0, scroll - pageRows);
            case Key.PAGE_DOWN -> scroll += pageRows;
            default ->
            {
                // means nothing
            }
        }
    }

    private void show(Pane value)
    {
        pane = value;
        scroll = 0;
    }

    /**
     * Keeps the last page full.
     *
     * @param scrollMax rows that may be above the first one shown.
     */
    int scroll(int scrollMax)
    {
        scroll = Math.clamp(scroll, 0, Math.max(0, scrollMax));
        return scroll;
    }

    Pane pane()
    {
        return pane;
    }

    Order order()
    {
        return order;
    }

    boolean isReversed()
    {
        return isReversed;
    }

    boolean isPaused()
    {
        return isPaused;
    }

    boolean isHelp()
    {
        return isHelp;
    }

    boolean isQuit()
    {
        return isQuit;
    }

    boolean isTyping()
    {
        return isTyping;
    }

    String filter()
    {
        return filter;
    }

    int intervalS()
    {
        return intervalS;
    }
}
