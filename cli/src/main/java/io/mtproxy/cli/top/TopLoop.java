// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.top;

import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.engine.io.linux.LinuxTerminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Draws again and again, and does what keys say; the terminal is as before when it ends, however that happens. */
public final class TopLoop
{
    private static final String BEGIN = "\u001b[?1049h\u001b[?25l\u001b[2J";
    private static final String END = "\u001b[0m\u001b[?25h\u001b[?1049l";
    private static final String CLEAR = "\u001b[2J";
    private static final String HOME = "\u001b[H";
    private static final String LINE_REST = "\u001b[0m\u001b[K";
    private static final String SCREEN_REST = "\u001b[J";
    private static final String HEAD = "\u001b[1m";
    private static final String TITLE = "\u001b[7m";

    private static final int END_OF_KEYS = -1;
    /** How soon a new size, or the wish to stop, is noticed. */
    private static final long LOOK_MS = 200;
    /** Time for the rest of a key that is several bytes. */
    private static final long SEQUENCE_MS = 50;
    private static final int ROWS_DEFAULT = 24;
    private static final int COLUMNS_DEFAULT = 80;

    private final LinuxTerminal terminal;
    private final PrintStream out;
    private final Supplier<Snapshot> snapshots;
    private final TopState state;
    private final BlockingQueue<Integer> keys = new LinkedBlockingQueue<>();
    private LinuxTerminal.Size size = new LinuxTerminal.Size(0, 0);
    private boolean isRestored;

    /**
     * @param terminal  whose keys are taken, closed at the end.
     * @param out       of the terminal.
     * @param snapshots one at each call.
     * @param intervalS seconds from picture to picture.
     */
    public TopLoop(LinuxTerminal terminal, PrintStream out, Supplier<Snapshot> snapshots, int intervalS)
    {
        this.terminal = terminal;
        this.out = out;
        this.snapshots = snapshots;
        this.state = new TopState(intervalS);
    }

    /**
     * Runs until a key ends it.
     *
     * @param in           gives the keys.
     * @param isStopWanted looked at several times a second.
     */
    public void run(InputStream in, BooleanSupplier isStopWanted) throws InterruptedException
    {
        Thread restoring = new Thread(this::restore, "terminal");
        Runtime.getRuntime().addShutdownHook(restoring);
        try
        {
            terminal.takeKeys();
            out.print(BEGIN);
            Thread.ofPlatform().daemon().name("keys").start(() -> readKeys(in));
            drawUntilEnd(isStopWanted);
        }
        finally
        {
            restore();
        }
    }

    private void drawUntilEnd(BooleanSupplier isStopWanted) throws InterruptedException
    {
        Snapshot before = snapshots.get();
        Change change = new Change(before, before);
        long nextNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        boolean isChanged = true;
        while (!state.isQuit() && !isStopWanted.getAsBoolean())
        {
            LinuxTerminal.Size found = terminal.size();
            if (isChanged || !found.equals(size))
            {
                draw(change, found);
            }
            Integer key = keys.poll(LOOK_MS, TimeUnit.MILLISECONDS);
            isChanged = key != null;
            if (key != null && !onKey(key))
            {
                return;
            }
            if (System.nanoTime() - nextNs >= 0 && !state.isPaused())
            {
                Snapshot now = snapshots.get();
                change = new Change(before, now);
                before = now;
                nextNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(state.intervalS());
                isChanged = true;
            }
        }
    }

    /** @return false when there will be no more keys. */
    private boolean onKey(int first) throws InterruptedException
    {
        if (first == END_OF_KEYS)
        {
            return false;
        }
        int key = first == TopState.Key.ESCAPE ? sequence() : first;
        state.onKey(key, Math.max(1, rows(size) / 2));
        return true;
    }

    /** @return the key that several bytes are; escape itself when nothing follows. */
    private int sequence() throws InterruptedException
    {
        Integer next = keys.poll(SEQUENCE_MS, TimeUnit.MILLISECONDS);
        if (next == null || next != '[' && next != 'O')
        {
            return TopState.Key.ESCAPE;
        }
        StringBuilder rest = new StringBuilder();
        for (Integer more = keys.poll(SEQUENCE_MS, TimeUnit.MILLISECONDS); more != null && more > 0; more = keys.poll(
            SEQUENCE_MS, TimeUnit.MILLISECONDS))
        {
            rest.append((char)more.intValue());
            if (Character.isLetter(more) || more == '~')
            {
                break;
            }
        }
        return switch (rest.toString())
        {
            case "A" -> TopState.Key.UP;
            case "B" -> TopState.Key.DOWN;
            case "5~" -> TopState.Key.PAGE_UP;
            case "6~" -> TopState.Key.PAGE_DOWN;
            default -> 0;
        };
    }

    private void draw(Change change, LinuxTerminal.Size found)
    {
        StringBuilder picture = new StringBuilder(found.equals(size) ? HOME : CLEAR + HOME);
        size = found;
        List<TopScreen.Line> lines = TopScreen.lines(change, state, rows(size), columns(size));
        for (int i = 0; i < lines.size(); i++)
        {
            TopScreen.Line line = lines.get(i);
            picture.append(i == 0 ? TITLE : line.isHead() ? HEAD : "").append(line.text()).append(LINE_REST)
                .append(i < lines.size() - 1 ? "\r\n" : SCREEN_REST);
        }
        out.print(picture);
        out.flush();
    }

    private static int rows(LinuxTerminal.Size of)
    {
        return of.rows() == 0 ? ROWS_DEFAULT : of.rows();
    }

    private static int columns(LinuxTerminal.Size of)
    {
        return of.columns() == 0 ? COLUMNS_DEFAULT : of.columns();
    }

    private void readKeys(InputStream in)
    {
        try
        {
            int key;
            do
            {
                key = in.read();
                keys.add(key);
            }
            while (key >= 0);
        }
        catch (IOException e)
        {
            keys.add(END_OF_KEYS);
        }
    }

    private synchronized void restore()
    {
        if (!isRestored)
        {
            isRestored = true;
            out.print(END);
            out.flush();
            terminal.close();
        }
    }
}
