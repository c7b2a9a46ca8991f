// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a {@link ClientSwarm} saw, at one moment or in all.
 *
 * @param elapsed           since the start.
 * @param connectionsOpen   now.
 * @param connectionsOpened since the start.
 * @param messagesSent      payloads handed to the proxy.
 * @param messagesAnswered  payloads or acknowledgements that came back right.
 * @param quickAcks         of them or beside them, quick acknowledgements.
 * @param bytesSent         payload bytes to the proxy.
 * @param bytesReceived     payload bytes from it.
 * @param mismatches        answers with a wrong byte, or out of order.
 * @param errors            everything else that went wrong, by kind; kinds without any are left out.
 * @param latencyNs         from the time a message was meant to be sent until its answer was whole.
 */
public record SoakReport(
    Duration elapsed, int connectionsOpen, long connectionsOpened, long messagesSent, long messagesAnswered,
    long quickAcks, long bytesSent, long bytesReceived, long mismatches, Map<ErrorKind, Long> errors,
    Histogram latencyNs)
{
    /** What can go wrong for a client. */
    public enum ErrorKind
    {
        CONNECT_FAILED,
        CLOSED_BY_PROXY,
        CONNECTION_RESET,
        PROTOCOL_VIOLATION,
        WRONG_QUICK_ACK,
        /** Under way when its connection ended or the time was over. */
        MESSAGE_LOST,
        /** The swarm's own thread failed. */
        INTERNAL
    }

    public SoakReport
    {
        errors = Map.copyOf(errors);
    }

    /** Whether every message came back right and nothing else happened. */
    public boolean isClean()
    {
        return mismatches == 0 && errors.isEmpty() && messagesAnswered == messagesSent;
    }

    public long messagesPerSecond()
    {
        return Math.round(messagesAnswered * 1e9 / Math.max(1, elapsed.toNanos()));
    }

    @Override
    public String toString()
    {
        return String.format(
            Locale.ROOT,
            "%.1f s: %d connections (%d opened), %d sent, %d answered (%d/s), %d quick acks, %.1f MB out, " +
                "%.1f MB in, %d mismatches, errors %s, latency ms p50 %.3f p99 %.3f p99.9 %.3f max %.3f",
            elapsed.toMillis() / 1e3, connectionsOpen, connectionsOpened, messagesSent, messagesAnswered,
            messagesPerSecond(), quickAcks, bytesSent / 1e6, bytesReceived / 1e6, mismatches, errors,
            latencyNs.getValueAtPercentile(50) / 1e6, latencyNs.getValueAtPercentile(99) / 1e6,
            latencyNs.getValueAtPercentile(99.9) / 1e6, latencyNs.getMaxValue() / 1e6);
    }
}
