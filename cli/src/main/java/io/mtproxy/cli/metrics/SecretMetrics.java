// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.cli.view.StatTables;
import io.mtproxy.engine.status.api.SecretUsage;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What is counted by client secret. Its position names it for people; its keyed hash keeps a series apart from that of
 * another secret that takes the position later.
 */
final class SecretMetrics
{
    private static final MetricFamily CONNECTIONS = MetricFamily.gauge("secret_connections",
        "Clients under the secret, handshake done.");
    private static final MetricFamily ADDRESSES = MetricFamily.gauge("secret_client_addresses",
        "Distinct addresses of clients under the secret that have forwarded a packet.");
    private static final MetricFamily KEYS = MetricFamily.gauge("secret_auth_keys",
        "Distinct auth keys of these clients.");
    private static final MetricFamily HANDSHAKES = MetricFamily.counter("secret_handshakes",
        "Handshakes under the secret that were accepted.");
    private static final MetricFamily REFUSALS = MetricFamily.counter("secret_refusals",
        "Starts that showed the secret and were refused all the same, such as replays.");
    private static final MetricFamily FRAMES = MetricFamily.counter("secret_relayed_frames",
        "Packets of clients under the secret that were handed on, and answers to them.");
    private static final MetricFamily BYTES = MetricFamily.counter("secret_relayed_bytes",
        "Bytes of relayed frames under the secret, without headers.");

    private SecretMetrics()
    {
    }

    static void write(MetricWriter out, List<SecretUsage> secrets)
    {
        each(out, CONNECTIONS, secrets, SecretUsage::connections);
        each(out, ADDRESSES, secrets, SecretUsage::addresses);
        each(out, KEYS, secrets, SecretUsage::authKeys);
        each(out, HANDSHAKES, secrets, SecretUsage::handshakes);
        each(out, REFUSALS, secrets, SecretUsage::refusals);
        both(out, FRAMES, secrets, SecretUsage::packetsToDatacenter, SecretUsage::packetsToClient);
        both(out, BYTES, secrets, SecretUsage::bytesToDatacenter, SecretUsage::bytesToClient);
    }

    private static void each(MetricWriter out, MetricFamily family, List<SecretUsage> secrets,
        ToLongFunction<SecretUsage> value)
    {
        out.family(family);
        secrets.forEach(secret -> out.sample(labels(secret), value.applyAsLong(secret)));
    }

    private static void both(MetricWriter out, MetricFamily family, List<SecretUsage> secrets,
        ToLongFunction<SecretUsage> toDatacenter, ToLongFunction<SecretUsage> toClient)
    {
        out.family(family);
        for (SecretUsage secret : secrets)
        {
            out.sample(labels(secret) + MetricsPage.TO_DATACENTER, toDatacenter.applyAsLong(secret));
            out.sample(labels(secret) + MetricsPage.TO_CLIENT, toClient.applyAsLong(secret));
        }
    }

    private static String labels(SecretUsage secret)
    {
        return MetricWriter.labels("secret", StatTables.secretName(secret), "id", secret.id());
    }
}
