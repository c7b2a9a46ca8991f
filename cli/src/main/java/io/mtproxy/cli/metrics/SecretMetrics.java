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

    private final MetricWriter out;
    private final List<SecretUsage> secrets;
    private final List<String> labels;

    private SecretMetrics(MetricWriter out, List<SecretUsage> secrets)
    {
        this.out = out;
        this.secrets = secrets;
        this.labels = secrets.stream().map(SecretMetrics::labels).toList();
    }

    static void write(MetricWriter out, List<SecretUsage> secrets)
    {
        new SecretMetrics(out, secrets).write();
    }

    private void write()
    {
        each(CONNECTIONS, SecretUsage::connections);
        each(ADDRESSES, SecretUsage::addresses);
        each(KEYS, SecretUsage::authKeys);
        each(HANDSHAKES, SecretUsage::handshakes);
        each(REFUSALS, SecretUsage::refusals);
        both(FRAMES, SecretUsage::packetsToDatacenter, SecretUsage::packetsToClient);
        both(BYTES, SecretUsage::bytesToDatacenter, SecretUsage::bytesToClient);
    }

    private void each(MetricFamily family, ToLongFunction<SecretUsage> value)
    {
        out.family(family);
        for (int i = 0; i < secrets.size(); i++)
        {
            out.sample(labels.get(i), value.applyAsLong(secrets.get(i)));
        }
    }

    private void both(MetricFamily family, ToLongFunction<SecretUsage> toDatacenter, ToLongFunction<
        SecretUsage> toClient)
    {
        out.family(family);
        for (int i = 0; i < secrets.size(); i++)
        {
            out.sample(labels.get(i) + MetricsPage.TO_DATACENTER, toDatacenter.applyAsLong(secrets.get(i)));
            out.sample(labels.get(i) + MetricsPage.TO_CLIENT, toClient.applyAsLong(secrets.get(i)));
        }
    }

    private static String labels(SecretUsage secret)
    {
        return MetricWriter.labels("secret", StatTables.secretName(secret), "id", secret.id());
    }
}
