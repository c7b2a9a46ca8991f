// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.top;

import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.cli.view.StatTables;
import io.mtproxy.cli.view.TextTable;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Tables with their rows filtered and sorted as it was chosen. */
final class TopRows
{
    private final Change change;
    private final TopState state;

    TopRows(Change change, TopState state)
    {
        this.change = change;
        this.state = state;
    }

    TextTable dcs()
    {
        return StatTables.dcs(change, chosen(change.now().dcs(), dc -> StatTables.dcName(dc.dcId()),
            DcState::connections,
            dc -> change.perSecond(dc, DcState::bytesToDatacenter) + change.perSecond(dc, DcState::bytesToClient),
            dc -> dc.dropped() + dc.stalls().values().stream().mapToLong(Long::longValue).sum()));
    }

    TextTable secrets()
    {
        return StatTables.secrets(change, chosen(change.now().secrets(), StatTables::secretName,
            SecretUsage::connections, secret -> change.perSecond(secret, SecretUsage::bytesToDatacenter) +
                change.perSecond(secret, SecretUsage::bytesToClient),
            SecretUsage::refusals));
    }

    TextTable processes()
    {
        return StatTables.processes(change, chosen(change.now().processes(), Snapshot.ProcessSample::name,
            process -> process.get(ProxyCounter.INBOUND_CONNECTIONS),
            process -> change.perSecond(process, ProxyCounter.PAYLOAD_BYTES_TO_DATACENTER) +
                change.perSecond(process, ProxyCounter.PAYLOAD_BYTES_TO_CLIENT),
            process -> process.get(ProxyCounter.DUTY_CYCLE_NS_MAX)));
    }

    TextTable links()
    {
        return StatTables.links(change, chosen(change.now().links(), LinkState::server, LinkState::clients,
            link -> link.bytesSent() + link.bytesReceived(), LinkState::waitingBytes));
    }

    /** In the order in which they come for the order by name. */
    private <T> List<T> chosen(List<T> all, Function<T, String> name, ToDoubleFunction<T> clients,
        ToDoubleFunction<T> traffic, ToDoubleFunction<T> trouble)
    {
        String filter = state.filter().toLowerCase(Locale.ROOT);
        List<T> rows = new ArrayList<>(all);
        rows.removeIf(row -> !name.apply(row).toLowerCase(Locale.ROOT).contains(filter));
        switch (state.order())
        {
            case NAME ->
            {
                // as they come
            }
            case CLIENTS -> rows.sort(Comparator.comparingDouble(clients).reversed());
            case TRAFFIC -> rows.sort(Comparator.comparingDouble(traffic).reversed());
            case TROUBLE -> rows.sort(Comparator.comparingDouble(trouble).reversed());
        }
        return state.isReversed() ? rows.reversed() : rows;
    }
}
