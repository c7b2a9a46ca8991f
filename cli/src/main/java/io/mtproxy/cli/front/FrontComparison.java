// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import static io.mtproxy.cli.front.FrontFinding.differs;
import static io.mtproxy.cli.front.FrontFinding.note;
import static io.mtproxy.cli.front.FrontFinding.same;
import static io.mtproxy.cli.front.FrontFinding.unknown;

import io.mtproxy.cli.front.LineProbe.Answer;
import io.mtproxy.cli.front.ProbeHello.Offer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Field by field, what a look has shown. */
final class FrontComparison
{
    private static final int DEVIATION_MAX = 2;
    /** Delays are worth a word from here on. */
    private static final long DELAY_DIFFERENCE_US = 5_000;
    private static final double DELAY_RATIO = 3;
    private static final double US_PER_MS = 1000;

    private static final List<String> NAMELESS = List.of(FrontLook.HTTP, FrontLook.SILENCE);

    private final FrontLook look;
    private final List<FrontFinding> findings = new ArrayList<>();

    private FrontComparison(FrontLook look)
    {
        this.look = look;
    }

    /** @return a finding for each field that could be looked at, in the order of the fields. */
    static List<FrontFinding> compare(FrontLook look)
    {
        FrontComparison comparison = new FrontComparison(look);
        if (comparison.origin())
        {
            comparison.strangers();
            comparison.badInput();
            comparison.clients();
        }
        return comparison.findings;
    }

    /** Whether the domain is good for anything. */
    private boolean origin()
    {
        FrontSide origin = look.origin();
        if (!origin.isAnswered())
        {
            String why = origin.plain().stream().anyMatch(ServerFlight::isRetry) ?
                "it asks for another key share than X25519" :
                look.originVisit().problem().isEmpty() ?
                    "it agrees on " + look.originVisit().protocol() :
                    "it says " + look.originVisit().problem();
            findings.add(differs(FrontField.VERSION, look.target().origin() + " does not answer hellos by TLS 1.3 (" +
                why +
                "): choose another domain"));
            return false;
        }
        findings.add(same(FrontField.VERSION, "the domain answers"));
        findings.add(origin.groups().equals(List.of(ServerFlight.GROUP_HYBRID)) ?
            same(FrontField.HYBRID, "the domain takes X25519MLKEM768") :
            note(FrontField.HYBRID, "the domain does not take X25519MLKEM768, which browsers offer: so do most small " +
                "sites, hardly any large one"));
        return true;
    }

    private void strangers()
    {
        TlsVisit origin = look.originVisit();
        TlsVisit proxy = look.proxyVisit();
        if (!origin.problem().isEmpty())
        {
            findings.add(unknown(FrontField.CERTIFICATE, "no handshake with the domain: " + origin.problem()));
        }
        else if (!proxy.problem().isEmpty())
        {
            findings.add(differs(FrontField.CERTIFICATE, "no handshake through the proxy: " + proxy.problem() +
                " — strangers must be passed on: is the domain one of -D, and reached from the proxy?"));
        }
        else
        {
            findings.add(origin.leafDigest().equals(proxy.leafDigest()) ?
                same(FrontField.CERTIFICATE, "strangers see that of the domain, sha256 " +
                    origin.leafDigest().substring(0, 16)) :
                differs(FrontField.CERTIFICATE, "strangers see " + proxy.leafDigest().substring(0, 16) +
                    ", the domain shows " + origin.leafDigest().substring(0, 16) +
                    " — two servers behind one name, or another site"));
        }
        List<String> differences = new ArrayList<>();
        for (Offer offer : Offer.values())
        {
            compareForms(offer, look.strangers(), differences);
            if (!isSameSize(look.origin().totals(offer), look.strangers().totals(offer)))
            {
                differences.add("size of the flight " + range(look.strangers().totals(offer)) + ", the domain's " +
                    range(look.origin().totals(offer)));
            }
        }
        if (!look.origin().recordCounts().equals(look.strangers().recordCounts()))
        {
            differences.add(look.strangers().recordCounts() + " encrypted records, the domain " +
                look.origin().recordCounts());
        }
        if (proxy.problem().isEmpty() && !origin.application().equals(proxy.application()))
        {
            differences.add("ALPN " + proxy.application() + ", the domain " + origin.application());
        }
        findings.add(differences.isEmpty() ?
            same(FrontField.STRANGERS, "the domain's own") :
            differs(FrontField.STRANGERS, String.join("; ", differences)));
    }

    private void badInput()
    {
        List<String> differences = new ArrayList<>();
        List<String> alike = new ArrayList<>();
        for (Map.Entry<String, FrontLook.Pair> each : look.bad().entrySet())
        {
            String origin = describe(each.getValue().origin());
            String proxy = describe(each.getValue().proxy());
            boolean isSame = origin.equals(proxy);
            String text = isSame ?
                origin :
                "the proxy: " + proxy + "; the domain: " + origin +
                    (NAMELESS.contains(each.getKey()) ? " (with several domains this goes to the first one)" : "");
            switch (each.getKey())
            {
                case FrontLook.HTTP -> findings.add(finding(FrontField.HTTP, isSame, text));
                case FrontLook.SILENCE -> findings.add(finding(FrontField.SILENCE, isSame, text));
                default -> (isSame ? alike : differences).add(each.getKey() + ": " + text);
            }
        }
        findings.add(finding(FrontField.BAD_INPUT, differences.isEmpty(),
            String.join("; ", differences.isEmpty() ? alike : differences)));
    }

    private static FrontFinding finding(FrontField field, boolean isSame, String text)
    {
        return isSame ? same(field, text) : differs(field, text);
    }

    /** @return the end, and what came before it as far as it is the same in every look. */
    private static String describe(Answer answer)
    {
        ServerFlight flight = answer.flight();
        String text = new String(answer.bytes(), StandardCharsets.ISO_8859_1);
        String what = answer.bytes().length == 0 ?
            "nothing comes" :
            flight.alert() >= 0 ?
                "alert " + flight.alert() :
                !flight.form().isEmpty() ?
                    "a ServerHello and " + flight.encryptedLengths().size() + " encrypted records" :
                    text.startsWith("HTTP/") ?
                        text.lines().findFirst().orElse("") + " with " + text.lines().count() + " lines" :
                        answer.bytes().length + " bytes";
        return what + ", then it " + answer.end();
    }

    private void clients()
    {
        FrontSide clients = look.clients();
        if (clients == null)
        {
            findings.add(unknown(FrontField.SERVER_HELLO,
                "without a secret nobody is a client: give one by --mtproto-secret-file"));
            return;
        }
        if (clients.plain().stream().map(ServerFlight::encryptedLengths).anyMatch(lengths -> lengths.size() != 1))
        {
            findings.add(unknown(FrontField.SERVER_HELLO,
                "a signed hello is passed on like a stranger's: is the secret " +
                    "one of this proxy's, the domain one of -D, and are both clocks right?"));
            return;
        }
        FrontSide origin = look.origin();
        List<String> differences = new ArrayList<>();
        for (Offer offer : Offer.values())
        {
            compareForms(offer, clients, differences);
        }
        findings.add(finding(FrontField.SERVER_HELLO, differences.isEmpty(),
            differences.isEmpty() ? origin.forms(Offer.PLAIN).getFirst() : String.join("; ", differences)));
        findings.add(finding(FrontField.GROUPS, clients.groups().equals(origin.groups()),
            groups(clients.groups()) + ", the domain's " + groups(origin.groups())));
        findings.add(finding(FrontField.RECORD_TYPES, clients.typesBefore().equals(origin.typesBefore()),
            clients.typesBefore() + ", the domain's " + origin.typesBefore()));
        recordCount(clients, origin);
        flightSize(clients, origin);
        tickets();
        delay(clients);
    }

    /** Telegram's clients take one record, which no option of ours changes. [P-TLS-21] */
    private void recordCount(FrontSide clients, FrontSide origin)
    {
        boolean isOne = origin.recordCounts().equals(List.of(1));
        findings.add(finding(FrontField.RECORD_COUNT, isOne, isOne ?
            "one, as with the domain" :
            clients.recordCounts() + ", the domain's " + origin.plain().getFirst().encryptedLengths() +
                " — Telegram's clients take one record only; a domain that sends one (servers with BoringSSL do) hides this"));
    }

    private void flightSize(FrontSide clients, FrontSide origin)
    {
        List<String> lines = new ArrayList<>();
        boolean isSame = true;
        for (Offer offer : Offer.values())
        {
            isSame &= isSameSize(origin.totals(offer), clients.totals(offer));
            lines.add(range(clients.totals(offer)) + ", the domain's " + range(origin.totals(offer)) +
                (offer == Offer.PLAIN ? "" : " with the hybrid share offered"));
        }
        boolean isTooLong = origin.totals(Offer.PLAIN).getLast() > ServerFlight.HEADER_LENGTH + 16 * 1024 + 256;
        findings.add(finding(FrontField.FLIGHT_SIZE, isSame, String.join("; ", lines) +
            (isTooLong ?
                " — longer than one record can be: choose a domain with fewer certificates" :
                isSame ?
                    "" :
                    " — right after a start nothing is learnt yet: look again in a minute")));
    }

    private void tickets()
    {
        List<Integer> tickets = look.originVisit().ticketLengths();
        if (!look.originVisit().problem().isEmpty())
        {
            findings.add(unknown(FrontField.TICKETS, "no handshake with the domain"));
            return;
        }
        findings.add(tickets.isEmpty() ?
            same(FrontField.TICKETS, "the domain sends none, and neither do we") :
            differs(FrontField.TICKETS, "the domain sends records of " + tickets +
                " after each handshake — Telegram's clients would take ours for data"));
    }

    /** Clients and strangers come to the same address, so that their delays can be compared from anywhere. */
    private void delay(FrontSide clients)
    {
        long ours = clients.delayMedianUs();
        long theirs = look.strangers().delayMedianUs();
        boolean isFar = Math.abs(ours - theirs) > DELAY_DIFFERENCE_US &&
            Math.max(ours, theirs) > DELAY_RATIO * Math.min(ours, theirs);
        findings.add(finding(FrontField.DELAY, !isFar,
            "%.1f ms to the first byte, %.1f ms where the domain answers itself"
                .formatted(ours / US_PER_MS, theirs / US_PER_MS)));
    }

    private void compareForms(Offer offer, FrontSide side, List<String> differences)
    {
        List<String> theirs = look.origin().forms(offer);
        List<String> ours = side.forms(offer);
        if (!theirs.equals(ours))
        {
            differences.add((offer == Offer.PLAIN ? "" : "with the hybrid share offered: ") + ours + ", the domain's " +
                theirs);
        }
    }

    /** Every length of one is near one of the other: twenty looks each are too few for more. */
    private static boolean isSameSize(List<Integer> theirs, List<Integer> ours)
    {
        return ours.getFirst() >= theirs.getFirst() - DEVIATION_MAX && ours.getLast() <= theirs.getLast() +
            DEVIATION_MAX;
    }

    private static String range(List<Integer> sorted)
    {
        return new TreeSet<>(sorted).size() == 1 ?
            sorted.getFirst() + " bytes" :
            sorted.getFirst() + " to " + sorted.getLast() + " bytes";
    }

    private static String groups(List<Integer> groups)
    {
        return groups.stream().map(group -> switch (group)
        {
            case ServerFlight.GROUP_HYBRID -> "X25519MLKEM768";
            case ServerFlight.GROUP_X25519 -> "X25519";
            default -> "0x" + Integer.toHexString(group);
        }).collect(Collectors.joining(" and "));
    }
}
