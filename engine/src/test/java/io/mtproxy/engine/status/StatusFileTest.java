// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusFileTest
{
    private static final List<String> AGENTS = List.of("client-0", "datacenter-0", "conductor");
    private static final EpochClock CLOCK = () -> 1_700_000_000_123L;

    @TempDir Path folder;

    @Test
    void shouldShowToReaderWhatAgentsCount() throws IOException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "poller=epoll\nversion=1.2\n", CLOCK))
        {
            file.counters(0).add(ProxyCounter.TCP_READ_BYTES, 5);
            file.counters(1).add(ProxyCounter.TCP_READ_BYTES, 7);
            file.counters(0).set(ProxyCounter.DUTY_CYCLE_NS_MAX, 30);
            file.counters(1).set(ProxyCounter.DUTY_CYCLE_NS_MAX, 20);
            file.state(StatusState.SERVING);
            file.heartbeat(1_700_000_001_000L);

            StatusFileReader reader = StatusFileReader.open(path());

            assertEquals(12, reader.get(ProxyCounter.TCP_READ_BYTES));
            assertEquals(7, reader.get(1, ProxyCounter.TCP_READ_BYTES));
            assertEquals(30, reader.get(ProxyCounter.DUTY_CYCLE_NS_MAX));
            assertEquals(24, StatusFileReader.get(List.of(reader, file.reader()), ProxyCounter.TCP_READ_BYTES));
            assertEquals(30, StatusFileReader.get(List.of(reader, file.reader()), ProxyCounter.DUTY_CYCLE_NS_MAX));
            assertEquals(ProcessHandle.current().pid(), reader.pid());
            assertEquals(1_700_000_000_123L, reader.startEpochMs());
            assertEquals(1_700_000_001_000L, reader.heartbeatEpochMs());
            assertEquals(StatusState.SERVING, reader.state());
            assertEquals(3, reader.agentCount());
            assertEquals("datacenter-0", reader.agentName(1));
            assertEquals("epoll", reader.description().get("poller"));
            assertTrue(reader.isAlive());
        }
    }

    @Test
    void shouldGoOnCountingWhereAnotherEnded() throws IOException
    {
        StatusFile ended = StatusFile.create(path(), AGENTS, "", CLOCK);
        ended.counters(0).add(ProxyCounter.TCP_READ_BYTES, 5);
        ended.counters(1).add(ProxyCounter.TCP_READ_BYTES, 7);
        ended.counters(0).set(ProxyCounter.SPECIAL_CONNECTIONS, 3);
        ended.close();

        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            file.counters(1).add(ProxyCounter.TCP_READ_BYTES, 1);

            StatusFileReader reader = file.reader();
            assertEquals(13, reader.get(ProxyCounter.TCP_READ_BYTES));
            assertEquals(8, reader.get(1, ProxyCounter.TCP_READ_BYTES));
            assertEquals(0, reader.get(ProxyCounter.SPECIAL_CONNECTIONS), "clients of the other one are gone");
        }
    }

    @Test
    void shouldGiveEveryCounterOfEveryAgent() throws IOException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            for (int agent = 0; agent < AGENTS.size(); agent++)
            {
                for (ProxyCounter counter : ProxyCounter.values())
                {
                    file.counters(agent).set(counter, counter.id() * 10L + agent);
                }
            }
            List<String> seen = new ArrayList<>();
            StatusFileReader.open(path()).forEach((agent, id, kind, label, value) ->
            {
                ProxyCounter counter = ProxyCounter.ofId(id);
                assertEquals(counter.kind(), kind);
                assertEquals(AGENTS.get(agent) + ": " + counter.label(), label);
                assertEquals(id * 10L + agent, value);
                seen.add(label);
            });
            assertEquals(AGENTS.size() * ProxyCounter.count(), seen.size());
        }
    }

    @Test
    void shouldKeepDistinctErrors() throws IOException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            for (int i = 0; i < 3; i++)
            {
                file.errorLog().record(new IllegalStateException("seen thrice"));
            }
            List<String> errors = new ArrayList<>();
            int count = StatusFileReader.open(path()).readErrors(
                (observations, first, last, error) -> errors.add(observations + " " + error.lines().findFirst().get()));
            assertEquals(1, count);
            assertTrue(errors.get(0).startsWith("3 ") && errors.get(0).contains("seen thrice"), errors::toString);
        }
    }

    @Test
    void shouldBeReadableByGroupOnly() throws IOException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())));
        }
    }

    @Test
    void shouldHaveNoHoles() throws IOException, InterruptedException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            Process du = new ProcessBuilder("du", "-B1", file.path().toString()).start();
            String answer = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, du.waitFor());
            assertTrue(Long.parseLong(answer.split("\\s")[0]) >= Files.size(file.path()), answer);
        }
    }

    @Test
    void shouldNotTakeFileOfLiveProcess() throws IOException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            file.counters(0).increment(ProxyCounter.POLLS);
            IOException e = assertThrows(IOException.class, () -> StatusFile.create(path(), AGENTS, "", CLOCK));
            assertTrue(e.getMessage().contains("in use"), e::getMessage);
            assertTrue(StatusFileReader.open(path()).isAlive(), "the lock must survive the attempt");
        }
    }

    @Test
    void shouldKeepLastNumbersAfterEnd() throws IOException
    {
        StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK);
        file.counters(0).increment(ProxyCounter.POLLS);
        file.close();
        file.close();

        StatusFileReader reader = StatusFileReader.open(path());
        assertEquals(StatusState.ENDED, reader.state());
        assertEquals(1, reader.get(ProxyCounter.POLLS));
        assertFalse(reader.isAlive());
        file.counters(0).increment(ProxyCounter.POLLS);
        assertEquals(2, reader.get(ProxyCounter.POLLS), "the memory stays mapped");
    }

    @Test
    void shouldReplaceFileOfEndedProcessUnderReaders() throws IOException
    {
        StatusFile first = StatusFile.create(path(), AGENTS, "", CLOCK);
        first.counters(0).increment(ProxyCounter.POLLS);
        StatusFileReader old = StatusFileReader.open(path());
        first.close();
        try (StatusFile second = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            assertEquals(1, old.get(ProxyCounter.POLLS), "who has the old file mapped keeps seeing it");
            second.counters(0).add(ProxyCounter.POLLS, 5);
            assertEquals(5, StatusFileReader.open(path()).get(ProxyCounter.POLLS));
        }
    }

    @Test
    void shouldReadWhatKilledProcessLeft() throws IOException, InterruptedException
    {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-cp", System.getProperty("java.class.path"), CountingProcess.class.getName(), path().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try
        {
            assertEquals('r', process.getInputStream().read(), "the other process is ready");
            StatusFileReader reader = StatusFileReader.open(path());
            assertTrue(reader.isAlive());
            assertEquals(process.pid(), reader.pid());

            process.destroyForcibly();
            assertTrue(process.waitFor(120, TimeUnit.SECONDS));

            assertFalse(reader.isAlive());
            assertEquals(StatusState.SERVING, reader.state());
            assertEquals(42, StatusFileReader.open(path()).get(ProxyCounter.POLLS));
            assertEquals(CountingProcess.LAST_HEARTBEAT_MS, reader.heartbeatEpochMs(), "the time of death");

            try (StatusFile next = StatusFile.create(path(), AGENTS, "", CLOCK))
            {
                assertEquals(43, next.reader().get(ProxyCounter.TCP_READ_BYTES), "the last store counts");
                SecretRow secret = next.agent(0).secrets().take(77);
                assertEquals(7, secret.get(SecretCounter.HANDSHAKES));
                assertEquals(0, secret.get(SecretCounter.CONNECTIONS));
                assertEquals(2, next.reader().startCount());
            }
        }
        finally
        {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldRecogniseHalfWrittenFile() throws IOException
    {
        Files.write(path(), new byte[new StatusShape(1, 1, 1).fileLength()]);
        assertRefused("not complete");
    }

    @Test
    void shouldRecogniseTruncatedFile() throws IOException
    {
        StatusFile.create(path(), AGENTS, "", CLOCK).close();
        for (long length : new long[]{0, 100, StatusLayout.HEADER_LENGTH, Files.size(path()) - 1})
        {
            StatusFile.create(path(), AGENTS, "", CLOCK).close();
            try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.WRITE))
            {
                channel.truncate(length);
            }
            assertRefused(length < StatusLayout.HEADER_LENGTH ? "not a status file" : "truncated");
        }
    }

    @Test
    void shouldRecogniseOtherVersion() throws IOException
    {
        StatusFile.create(path(), AGENTS, "", CLOCK).close();
        putInt(StatusLayout.VERSION_OFFSET, 2 << 16);
        assertRefused("layout 1");
    }

    @Test
    void shouldReadFileOfLaterMinorVersion() throws IOException
    {
        StatusFile.create(path(), AGENTS, "", CLOCK).close();
        putInt(StatusLayout.VERSION_OFFSET, StatusLayout.VERSION + 3);
        putInt(StatusLayout.SECTION_COUNT_OFFSET, StatusLayout.SECTION_TYPES.length + 1);
        putInt(StatusLayout.SECTIONS_OFFSET + StatusLayout.SECTION_TYPES.length * StatusLayout.SECTION_ENTRY_LENGTH,
            99);
        assertEquals(3, StatusFileReader.open(path()).agentCount());
    }

    /** A configuration replaced again and again is read whole through a second map. [C-REL-12] */
    @Test
    void shouldShowAConfigurationInOnePiece() throws IOException, InterruptedException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            StatusFileReader reader = StatusFileReader.open(path());
            assertEquals(Map.of(), reader.configuration());
            int rounds = 100_000;
            file.configuration("a=0\nb=0\n");
            Thread writer = new Thread(() ->
            {
                for (int i = 1; i <= rounds; i++)
                {
                    // longer and shorter ones in turn, so that a torn text shows
                    file.configuration("a=" + i + "\n" + "x=\n".repeat(i % 50) + "b=" + i + "\n");
                    for (int pause = 0; pause < 100; pause++)
                    {
                        Thread.onSpinWait();
                    }
                }
            });
            writer.start();
            int last = 0;
            while (last < rounds)
            {
                Map<String, String> lines = reader.configuration();
                assertEquals(lines.get("a"), lines.get("b"));
                int now = Integer.parseInt(lines.get("a"));
                assertTrue(now >= last);
                last = now;
            }
            writer.join();
        }
    }

    @Test
    void shouldRecogniseForeignFile() throws IOException
    {
        Files.writeString(path(), "a text that is long enough to hold a header. ".repeat(100));
        assertRefused("not a status file of layout");
    }

    @Test
    void shouldRecogniseDamagedSections() throws IOException
    {
        int position = 0;
        for (int type : StatusLayout.SECTION_TYPES)
        {
            int entry = StatusLayout.SECTIONS_OFFSET + position++ * StatusLayout.SECTION_ENTRY_LENGTH;
            StatusFile.create(path(), AGENTS, "", CLOCK).close();
            putInt(entry + StatusLayout.SECTION_OFFSET_OFFSET, 1 << 29);
            assertRefused("section " + type + " lies outside");

            StatusFile.create(path(), AGENTS, "", CLOCK).close();
            putInt(entry + StatusLayout.SECTION_TYPE_OFFSET, 77);
            if (type < StatusLayout.SECTION_SECRET_GAUGES)
            {
                assertRefused("section " + type + " is missing");
            }
        }
        StatusFile.create(path(), AGENTS, "", CLOCK).close();
        putInt(StatusLayout.AGENT_COUNT_OFFSET, 1 << 20);
        assertRefused("counters do not fit");
    }

    @Test
    void shouldReportFolderThatDoesNotExist()
    {
        assertThrows(IOException.class,
            () -> StatusFile.create(folder.resolve("missing/engine.status"), AGENTS, "", CLOCK));
    }

    @Test
    void shouldWorkInPrivateMemory() throws IOException
    {
        StatusFile file = StatusFile.inMemory(AGENTS, "a=b\n", CLOCK);
        file.counters(2).increment(ProxyCounter.CONFIG_RELOADS);
        assertNull(file.path());
        assertEquals(1, file.reader().get(ProxyCounter.CONFIG_RELOADS));
        assertTrue(file.reader().isAlive());
        file.close();
        assertFalse(file.reader().isAlive());
    }

    /** Values are written by one thread and read through a second map: whole, and never going back. */
    @Test
    void shouldNeitherTearNorGoBackWhileReading() throws IOException, InterruptedException
    {
        try (StatusFile file = StatusFile.create(path(), AGENTS, "", CLOCK))
        {
            StatusFileReader reader = StatusFileReader.open(path());
            // each step changes both halves of the word, so a torn value shows
            long step = (1L << 32) + 1;
            int rounds = 3_000_000;
            String failure = null;
            Thread writer = new Thread(() ->
            {
                ProxyCounters counters = file.counters(1);
                for (int i = 0; i < rounds; i++)
                {
                    counters.add(ProxyCounter.TCP_READ_BYTES, step);
                    counters.increment(ProxyCounter.TCP_READ_CALLS);
                }
            });
            writer.start();
            long last = 0;
            while (last < rounds * step)
            {
                long calls = reader.get(ProxyCounter.TCP_READ_CALLS);
                long value = reader.get(ProxyCounter.TCP_READ_BYTES);
                if (value >>> 32 != (value & 0xffff_ffffL) || value < last || value / step < calls)
                {
                    failure = "value 0x" + Long.toHexString(value) + " after 0x" + Long.toHexString(last);
                    break;
                }
                last = value;
            }
            writer.join();
            assertNull(failure);
        }
    }

    private Path path()
    {
        return folder.resolve("engine.status");
    }

    private void putInt(int offset, int value) throws IOException
    {
        try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.WRITE))
        {
            channel.write(ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, value), offset);
        }
    }

    private void assertRefused(String message)
    {
        StatusFileException e = assertThrows(StatusFileException.class, () -> StatusFileReader.open(path()));
        assertTrue(e.getMessage().contains(message), e::getMessage);
        assertTrue(e.getMessage().startsWith(path().toString()), e::getMessage);
    }

    /** Runs as a process of its own and waits to be killed. */
    static final class CountingProcess
    {
        static final long LAST_HEARTBEAT_MS = 1_700_000_007_000L;

        private CountingProcess()
        {
        }

        public static void main(String[] args) throws IOException, InterruptedException
        {
            StatusFile file = StatusFile.create(Path.of(args[0]), AGENTS, "", CLOCK);
            file.counters(0).add(ProxyCounter.POLLS, 42);
            file.counters(0).add(ProxyCounter.TCP_READ_BYTES, 42);
            SecretRow secret = file.agent(0).secrets().take(77);
            secret.add(SecretCounter.HANDSHAKES, 7);
            secret.add(SecretCounter.CONNECTIONS, 2);
            file.heartbeat(LAST_HEARTBEAT_MS);
            file.counters(0).increment(ProxyCounter.TCP_READ_BYTES);
            file.state(StatusState.SERVING);
            System.out.print('r');
            System.out.flush();
            Thread.sleep(60_000);
            file.close();
        }
    }
}
