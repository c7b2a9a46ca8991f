// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static io.mtproxy.engine.sim.FakeTlsWorld.DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_NS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.agent.OriginProfileFiles;
import io.mtproxy.engine.transport.FlightSizes;
import io.mtproxy.engine.transport.OriginProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was learnt of domains outlives the process that learnt it. */
class ProfileRestartSimulationTest
{
    @TempDir private Path folder;
    private final List<String> lines = new ArrayList<>();

    /** [P-TLS-52] [P-TLS-53] Learnt, restarted, answered as before: at once, though the domain cannot be looked at. */
    @Test
    void shouldAnswerAsBeforeAfterARestart() throws IOException
    {
        try (FakeTlsWorld world = world(folder))
        {
            world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, 9000));
            world.advance(61 * SECOND_NS);
            assertEquals(138 + 9000, flightLength(world, DOMAIN));
        }
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.collaborators = context -> context.originProfiles(new OriginProfileFiles(folder)).log(lines::add);
            setup.originProber = (domain, early) -> new OriginProber.Finding(null, false, null, "away");
        }))
        {
            assertEquals(138 + 9000, flightLength(world, DOMAIN));
            assertEquals(138 + 4242, flightLength(world, SECOND_DOMAIN));
        }
    }

    /** [P-TLS-52] Flights of a look after the restart are added to those of before. */
    @Test
    void shouldGoOnLearningAfterARestart() throws IOException
    {
        for (int length : new int[]{9000, 9001})
        {
            try (FakeTlsWorld world = world(folder))
            {
                world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, length));
                world.advance(61 * SECOND_NS);
            }
        }
        assertEquals(FlightSizes.ofLengths(9000, 9001),
            new OriginProfileFiles(folder).load(DOMAIN).orElseThrow().profile().flight());
    }

    /** A damaged file is no reason not to start, and is mended by the next look; a folder that is gone is told once. */
    @Test
    void shouldLiveWithABadFolder() throws IOException
    {
        try (FakeTlsWorld world = world(folder))
        {
            world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, 9000));
            world.advance(61 * SECOND_NS);
        }
        try (var files = Files.list(folder))
        {
            for (Path file : files.toList())
            {
                Files.writeString(file, "x");
            }
        }
        try (FakeTlsWorld world = world(folder))
        {
            assertTrue(flightLength(world, DOMAIN) < 138 + 4000);
            world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, 9000));
            world.advance(61 * SECOND_NS);
        }
        assertTrue(new OriginProfileFiles(folder).load(DOMAIN).isPresent());
        lines.clear();
        try (FakeTlsWorld world = world(folder.resolve("gone")))
        {
            world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, 9000));
            world.advance(3700 * SECOND_NS);
            assertEquals(138 + 9000, flightLength(world, DOMAIN));
        }
        assertEquals(1, lines.stream().filter(line -> line.contains("cannot be kept")).count(), lines.toString());
    }

    private FakeTlsWorld world(Path where) throws IOException
    {
        return new FakeTlsWorld(setup -> setup.collaborators =
            context -> context.originProfiles(new OriginProfileFiles(where)).log(lines::add));
    }

    private static int flightLength(FakeTlsWorld world, String domain)
    {
        SimulatedTlsClient client = world.connect(0, domain);
        world.advanceSome();
        return client.peer.flight().length;
    }
}
