// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.util.concurrent.atomic.AtomicLong;

/** What the stats port counts of itself; the report adds it to what the engine counts. */
final class StatsCounts
{
    final AtomicLong accepted = new AtomicLong();
    final AtomicLong open = new AtomicLong();
    final AtomicLong acceptsFailed = new AtomicLong();
    final AtomicLong reads = new AtomicLong();
    final AtomicLong readBytes = new AtomicLong();
    final AtomicLong writes = new AtomicLong();
    final AtomicLong writtenBytes = new AtomicLong();

    final AtomicLong httpConnections = new AtomicLong();
    final AtomicLong httpQueries = new AtomicLong();
    final AtomicLong httpBadHeads = new AtomicLong();

    /** Key exchanges under way. */
    final AtomicLong rpcExchanges = new AtomicLong();
    /** Connections that have their keys. */
    final AtomicLong rpcEncrypted = new AtomicLong();
    /** Those whose keys come from a DH exchange. */
    final AtomicLong rpcDh = new AtomicLong();
    /** Those that are ready. */
    final AtomicLong rpcReady = new AtomicLong();
    final AtomicLong dhRounds = new AtomicLong();
    final AtomicLong rpcQueries = new AtomicLong();
    final AtomicLong rpcAnswers = new AtomicLong();
    final AtomicLong rpcErrors = new AtomicLong();
}
