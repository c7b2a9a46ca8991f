// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import io.mtproxy.cli.front.FrontFinding.Verdict;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Compares a proxy with its domain, and says what gives it away. */
public final class FrontDoctor
{
    private static final int SCORE_MAX = 100;
    private static final int NAME_TYPE_DNS = 2;

    private FrontDoctor()
    {
    }

    /**
     * What a look has shown.
     *
     * @param findings in the order of the fields.
     */
    public record Report(FrontTarget target, List<FrontFinding> findings)
    {
        public Report
        {
            findings = findings.stream().sorted(Comparator.comparing(FrontFinding::field)).toList();
        }

        /** 100 where nothing was seen that tells the two apart. */
        public int score()
        {
            return Math.max(0, SCORE_MAX - findings.stream().mapToInt(FrontFinding::cost).sum());
        }

        /** Whether somebody who looks can tell. */
        public boolean isHealthy()
        {
            return findings.stream().allMatch(finding -> finding.cost() == 0);
        }

        /** What to print. */
        public List<String> lines()
        {
            List<String> lines = new ArrayList<>();
            lines.add("%s: proxy %s beside %s".formatted(target.domain(), text(target.proxy()), text(target.origin())));
            for (FrontFinding finding : findings)
            {
                lines.add(String.format(Locale.ROOT, "  %-8s %-22s %s", finding.verdict(), finding.field(),
                    finding.text()));
            }
            String away = findings.stream().filter(finding -> finding.cost() > 0)
                .sorted(Comparator.comparingInt(FrontFinding::cost).reversed())
                .map(finding -> finding.field() + " -" + finding.cost()).collect(Collectors.joining(", "));
            boolean isPartial = findings.stream().anyMatch(finding -> finding.verdict() == Verdict.UNKNOWN);
            lines.add("score %d of %d%s%s".formatted(score(), SCORE_MAX,
                away.isEmpty() ? ": nothing seen that gives us away" : ", given away by: " + away,
                isPartial ? " (not everything could be looked at)" : ""));
            return lines;
        }

        private static String text(InetSocketAddress address)
        {
            return (address.getAddress() == null ? address.getHostString() : address.getAddress().getHostAddress()) +
                ":" +
                address.getPort();
        }
    }

    /**
     * Looks at a domain and the proxy before it.
     *
     * @param count     hellos of each kind to each of the two.
     * @param silenceMs for which nothing is sent; the proxy hands silence over after 10 s. [P-TLS-30]
     */
    public static Report examine(FrontTarget target, RandomGenerator random, int count, int silenceMs)
        throws InterruptedException
    {
        FrontLook look = FrontLook.take(target, random, count, silenceMs);
        List<FrontFinding> findings = new ArrayList<>(FrontComparison.compare(look));
        findings.add(address(target));
        if (!look.originVisit().chain().isEmpty())
        {
            findings.add(validity(target.domain(), look.originVisit().chain().getFirst()));
        }
        return new Report(target, findings);
    }

    /** A censor looks the name up and compares. */
    private static FrontFinding address(FrontTarget target)
    {
        InetAddress proxy = target.proxy().getAddress();
        if (proxy == null)
        {
            return FrontFinding.unknown(FrontField.ADDRESS, target.proxy().getHostString() + " cannot be resolved");
        }
        try
        {
            List<InetAddress> all = Arrays.asList(InetAddress.getAllByName(target.domain()));
            String list = all.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
            if (all.contains(proxy))
            {
                return FrontFinding.same(FrontField.ADDRESS, "the name leads to " + list);
            }
            return proxy.isLoopbackAddress() && !target.isGiven() ?
                FrontFinding.note(FrontField.ADDRESS, "the name leads to " + list +
                    "; looked at from this machine, the " +
                    "proxy's own address is not known: run it with --connect and the address that clients have") :
                FrontFinding.differs(FrontField.ADDRESS, "the name leads to " + list + ", the proxy is " +
                    proxy.getHostAddress() +
                    " — a name of your own that leads here, or a domain in the same network, " +
                    "hides this");
        }
        catch (UnknownHostException e)
        {
            return FrontFinding.differs(FrontField.ADDRESS, "the name " + target.domain() +
                " leads nowhere: nobody would visit it");
        }
    }

    private static FrontFinding validity(String domain, X509Certificate leaf)
    {
        try
        {
            leaf.checkValidity();
        }
        catch (CertificateException e)
        {
            return FrontFinding.differs(FrontField.VALIDITY, "the domain's certificate is out of its time, until " +
                leaf.getNotAfter().toInstant() + " — a site that browsers refuse has no visitors");
        }
        return names(leaf).stream().anyMatch(name -> matches(name, domain)) ?
            FrontFinding.same(FrontField.VALIDITY, "for the name, until " + leaf.getNotAfter().toInstant()) :
            FrontFinding.differs(FrontField.VALIDITY, "the domain's certificate is for " + names(leaf) + ", not for " +
                domain + " — choose one of these names");
    }

    private static List<String> names(X509Certificate leaf)
    {
        try
        {
            Collection<List<?>> names = leaf.getSubjectAlternativeNames();
            return names == null ?
                List.of() :
                names.stream()
                    .filter(name -> name.getFirst() instanceof Integer type && type == NAME_TYPE_DNS)
                    .map(name -> String.valueOf(name.get(1))).toList();
        }
        catch (CertificateParsingException e)
        {
            return List.of();
        }
    }

    private static boolean matches(String name, String domain)
    {
        int dot = domain.indexOf('.');
        return name.equalsIgnoreCase(domain) ||
            name.startsWith("*.") && dot > 0 && name.substring(1).equalsIgnoreCase(domain.substring(dot));
    }
}
