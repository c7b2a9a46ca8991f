// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import io.mtproxy.cli.front.LineProbe.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Answers to hellos of one kind of visitor at one address.
 *
 * @param plain   to hellos with X25519.
 * @param hybrid  to hellos with X25519MLKEM768 too.
 * @param delayUs microseconds to the first byte, rising, of hellos that were sent one after the other.
 */
record FrontSide(List<ServerFlight> plain, List<ServerFlight> hybrid, List<Long> delayUs)
{
    /** Makes hellos that this visitor sends. */
    interface Hellos
    {
        byte[] next(ProbeHello.Offer offer);
    }

    /** Says hello: {@code count} times at once, and a few times in a row. */
    static FrontSide look(LineProbe probe, Hellos hellos, int count, int delayCount) throws InterruptedException
    {
        List<ServerFlight> plain = flights(probe, hellos, ProbeHello.Offer.PLAIN, count);
        boolean isAnswered = plain.stream().anyMatch(flight -> !flight.types().isEmpty());
        List<ServerFlight> hybrid = isAnswered ? flights(probe, hellos, ProbeHello.Offer.HYBRID, count) : plain;
        List<Long> delays = new ArrayList<>();
        for (int i = 0; i < delayCount && isAnswered; i++)
        {
            Answer answer = probe.askForFirstByte(hellos.next(ProbeHello.Offer.PLAIN));
            if (answer.delayUs() >= 0)
            {
                delays.add(answer.delayUs());
            }
        }
        return new FrontSide(plain, hybrid, delays.stream().sorted().toList());
    }

    private static List<ServerFlight> flights(LineProbe probe, Hellos hellos, ProbeHello.Offer offer, int count)
        throws InterruptedException
    {
        List<byte[]> all = new ArrayList<>();
        while (all.size() < count)
        {
            all.add(hellos.next(offer));
        }
        return probe.askAtOnce(all).stream().map(Answer::flight).toList();
    }

    /** Whether every hello was answered in TLS 1.3. */
    boolean isAnswered()
    {
        return plain.stream().allMatch(ServerFlight::isTls13);
    }

    /** Groups that were chosen where both were offered. */
    List<Integer> groups()
    {
        return hybrid.stream().map(ServerFlight::group).distinct().sorted().toList();
    }

    /** The forms of ServerHellos that were seen, the same in every look. */
    List<String> forms(ProbeHello.Offer offer)
    {
        return of(offer).stream().map(ServerFlight::form).distinct().sorted().toList();
    }

    List<ServerFlight> of(ProbeHello.Offer offer)
    {
        return offer == ProbeHello.Offer.PLAIN ? plain : hybrid;
    }

    /** How many encrypted records flights have, each number once. */
    List<Integer> recordCounts()
    {
        return plain.stream().map(flight -> flight.encryptedLengths().size()).distinct().sorted().toList();
    }

    /** Encrypted bytes of the flights, rising. */
    List<Integer> totals(ProbeHello.Offer offer)
    {
        return of(offer).stream().map(ServerFlight::encryptedTotal).sorted().toList();
    }

    /** Types of records up to the first encrypted one. */
    List<String> typesBefore()
    {
        return plain.stream()
            .map(flight -> flight.types().stream().map(Integer::toHexString).distinct().collect(Collectors.joining(
                " ")))
            .distinct().sorted().toList();
    }

    /** The middle one of the delays, 0 where there is none. */
    long delayMedianUs()
    {
        return delayUs.isEmpty() ? 0 : delayUs.get(delayUs.size() / 2);
    }
}
