// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.FullStatus;
import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusState;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The picture of {@code top}, without a terminal. */
class TopScreenTest
{
    private static final long START_MS = 1_795_600_000_000L;

    private final StatusFile file =
        StatusFile.inMemory(List.of("client-0", "datacenter-0"), "version=1.2.3\n", () -> START_MS);
    private final TopState state = new TopState(2);
    private Change change;

    @BeforeEach
    void fill()
    {
        FullStatus.fill(file, 12, 20);
        file.state(StatusState.SERVING);
        Snapshot before = snapshot(START_MS + 60_000);
        file.counters(1).add(ProxyCounter.PAYLOAD_BYTES_TO_CLIENT, 4 << 20);
        change = new Change(before, snapshot(START_MS + 62_000));
    }

    /** The sizes that terminals have, and any other. */
    @ParameterizedTest
    @CsvSource({"24,80", "60,200", "1,1", "2,10", "5,40", "12,30", "1000,1000"})
    void shouldFitAnySize(int rows, int columns)
    {
        for (int key : List.of((int)'1', (int)'2', (int)'3', (int)'4', (int)'5', (int)'6', (int)'?', (int)'/'))
        {
            state.onKey(key, 10);
            List<TopScreen.Line> lines = TopScreen.lines(change, state, rows, columns);
            assertTrue(lines.size() <= rows, () -> lines.size() + " lines");
            for (TopScreen.Line line : lines)
            {
                assertTrue(line.text().length() <= columns, line::text);
                assertTrue(line.text().chars().allMatch(c -> c >= ' '), line::text);
            }
        }
    }

    @Test
    void shouldShowEverythingOnSmallScreen()
    {
        String picture = picture(24, 80);

        assertTrue(picture.contains("proxy 443: running for 1 min 2 s, version 1.2.3"), picture);
        assertTrue(picture.contains("to clients: 2.00 MiB/s"), picture);
        for (String head : List.of("latency ", "dc ", "secret ", "process "))
        {
            assertTrue(picture.lines().anyMatch(line -> line.startsWith(head)), picture);
        }
        assertTrue(picture.contains("rtt p99"), picture);
        assertTrue(picture.lines().toList().getLast().startsWith("q quit"), picture);
        assertEquals(24, picture.lines().count(), picture);
    }

    @Test
    void shouldShowMoreOnLargeScreen()
    {
        String picture = picture(60, 200);

        assertTrue(picture.contains("bytes to client"), picture);
        assertTrue(picture.lines().anyMatch(line -> line.startsWith("20  ")), picture);
        assertTrue(picture.lines().anyMatch(line -> line.startsWith("12  ")), picture);
        assertTrue(picture.contains("duty cycle"), picture);
    }

    @Test
    void shouldSortAndFilter()
    {
        press("2c");
        assertEquals("20", firstRow());
        press("r");
        assertEquals("1", firstRow());
        press("rn");
        assertEquals("1", firstRow());
        press("/12\r");
        assertEquals("12", firstRow());
        assertTrue(picture(24, 80).contains("only *12*"));
        state.onKey(TopState.Key.ESCAPE, 10);
        assertEquals("1", firstRow());
    }

    @Test
    void shouldScrollNoFurtherThanLastPage()
    {
        press("2");
        state.onKey(TopState.Key.DOWN, 10);
        assertEquals("2", firstRow());
        for (int i = 0; i < 10; i++)
        {
            state.onKey(TopState.Key.PAGE_DOWN, 10);
        }
        String picture = picture(24, 80);
        assertTrue(picture.lines().anyMatch(line -> line.startsWith("20 ")), picture);
        state.onKey(TopState.Key.UP, 10);
        assertFalse(picture(24, 80).lines().anyMatch(line -> line.startsWith("20 ")));
        state.onKey(TopState.Key.PAGE_UP, 100);
        assertEquals("1", firstRow());
    }

    @Test
    void shouldQuitByKeys()
    {
        press("x?p+");
        assertFalse(state.isQuit());
        assertEquals(3, state.intervalS());
        assertTrue(state.isPaused());
        press("/q");
        assertFalse(state.isQuit());
        press("\r");
        assertEquals("q", state.filter());
        press("q");
        assertTrue(state.isQuit());

        TopState typing = new TopState(1);
        typing.onKey('/', 1);
        typing.onKey(TopState.Key.INTERRUPT, 1);
        assertTrue(typing.isQuit());
    }

    private void press(String keys)
    {
        keys.chars().forEach(key -> state.onKey(key, 10));
    }

    /** The first cell of the first row of the table. */
    private String firstRow()
    {
        List<String> lines = picture(24, 80).lines().toList();
        int head = 0;
        while (!lines.get(head).startsWith("dc "))
        {
            head++;
        }
        return lines.get(head + 1).split(" ", 2)[0];
    }

    private String picture(int rows, int columns)
    {
        return TopScreen.lines(change, state, rows, columns).stream().map(TopScreen.Line::text)
            .collect(Collectors.joining("\n"));
    }

    private Snapshot snapshot(long nowMs)
    {
        return Snapshot.of(new ProxyView("443", List.of(new ProcessView("engine", file.reader(), true)), List.of()),
            nowMs);
    }
}
