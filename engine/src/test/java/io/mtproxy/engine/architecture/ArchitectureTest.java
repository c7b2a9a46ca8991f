// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The arrows between the engine's packages and the names that our code does not use (style, section 1). Each rule is
 * also turned on the classes of {@code fixture}, which break it.
 */
class ArchitectureTest
{
    private static final String ENGINE = "io.mtproxy.engine";
    private static final String CRYPTO = "io.mtproxy.crypto";
    private static final String FIXTURE = "io.mtproxy.engine.architecture.fixture";

    /** What a package may use of ours besides itself and {@link #CRYPTO}. The engine's own package may use all. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
        Map.entry("agent", Set.of("client", "datacenter", "transport", "rpc", "relay", "io", "memory", "status",
            "config")),
        Map.entry("client", Set.of("transport", "rpc", "relay", "io", "memory", "status", "config")),
        Map.entry("datacenter", Set.of("transport", "rpc", "relay", "io", "memory", "status", "config")),
        Map.entry("transport", Set.of("memory", "config")),
        Map.entry("rpc", Set.of("memory", "config")),
        Map.entry("relay", Set.of("io", "memory")),
        Map.entry("config", Set.of("relay")),
        Map.entry("status", Set.of()),
        Map.entry("io", Set.of("memory")),
        // ChunkChain.writeTo gives its chunks to a socket.
        Map.entry("memory", Set.of("io")));

    /** Packages that may use the records and enums of the engine's own package: the configuration's values. */
    private static final Set<String> TAKE_CONFIGURATION = Set.of("agent", "client", "datacenter");

    /** Packages that take bytes, time and randomness as arguments and know no socket (architecture A5). */
    private static final Set<String> PURE = Set.of("transport", "rpc");

    static
    {
        // Names are enough; reading half of the JDK to know its classes' parents takes seconds.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    }

    private static final JavaClasses OURS = new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages("io.mtproxy");
    private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(FIXTURE);

    @Test
    void shouldReadOurClasses()
    {
        assertTrue(OURS.contain("io.mtproxy.engine.relay.RelayRing"));
        assertTrue(OURS.contain("io.mtproxy.crypto.AesCtrStream"));
        assertTrue(OURS.stream().noneMatch(type -> type.getName().startsWith(FIXTURE)));
    }

    @Test
    void shouldPointArrowsOneWay()
    {
        assertEquals("", arrowFindings(OURS, ENGINE));
    }

    @Test
    void shouldFindArrowsThatPointTheOtherWay()
    {
        String findings = arrowFindings(BROKEN, FIXTURE);

        assertContains(findings, "fixture/transport/BrokenFrames.java",
            "agent.BrokenAgent is banned here, use what transport may: [config, memory]");
        assertContains(findings, "fixture/relay/BrokenRing.java",
            "BrokenRoot is banned here, use what relay may: [io, memory]");
    }

    @Test
    void shouldKeepProtocolPure()
    {
        assertEquals("", purityFindings(OURS, ENGINE));
    }

    @Test
    void shouldFindImpureProtocol()
    {
        String findings = purityFindings(BROKEN, FIXTURE);

        assertContains(findings, "fixture/transport/BrokenFrames.java",
            "org.agrona.concurrent.NanoClock is banned here, use the time as an argument");
        assertContains(findings, "fixture/transport/BrokenFrames.java",
            "java.nio.channels.SocketChannel is banned here, use bytes as arguments");
    }

    @Test
    void shouldHaveNoStaticsThatChange()
    {
        assertEquals("", staticFindings(OURS));
    }

    @Test
    void shouldFindStaticsThatChange()
    {
        assertContains(staticFindings(BROKEN), "fixture/transport/BrokenFrames.java",
            "static changing is banned here, use a field of an object made by the context");
        assertContains(staticFindings(BROKEN), "fixture/transport/BrokenFrames.java",
            "static COUNT is banned here, use a field of an object made by the context");
    }

    @Test
    void shouldUseNoBannedName()
    {
        assertEquals("", banFindings(OURS, bans(ENGINE)));
    }

    @Test
    void shouldFindEachBannedName()
    {
        for (Ban ban : bans(FIXTURE))
        {
            assertContains(banFindings(BROKEN, List.of(ban)), "fixture/agent/BrokenAgent.java",
                ban.name() + " is banned here, use " + ban.use());
        }
    }

    @Test
    void shouldSayFileAndLine()
    {
        Ban ban = Ban.member("java.lang.Thread", "sleep", "nothing", within(FIXTURE));

        assertTrue(banFindings(BROKEN, List.of(ban)).matches(
            "io/mtproxy/engine/architecture/fixture/agent/BrokenAgent.java:[1-9][0-9]*: " +
                "Thread.sleep is banned here, use nothing"));
    }

    private static List<Ban> bans(String engine)
    {
        Predicate<JavaClass> inEngine = within(engine);
        Predicate<JavaClass> inEngineOrCrypto = inEngine.or(within(CRYPTO));
        // Soak's entry class is a command of its own.
        Predicate<JavaClass> outsideCli = within("io.mtproxy").and(within("io.mtproxy.cli").negate())
            .and(type -> !type.getName().equals("io.mtproxy.soak.SoakMain"));
        // The context gives the clocks; everything else is given them.
        Predicate<JavaClass> noContext = inEngineOrCrypto.and(type -> !type.getSimpleName().endsWith("Context") ||
            !type.getPackageName().equals(engine));

        return List.of(
            Ban.member("java.lang.System", "nanoTime", "the context's NanoClock", noContext),
            Ban.member("java.lang.System", "currentTimeMillis", "the context's EpochClock", noContext),
            Ban.member("java.time.Instant", "now", "the context's EpochClock", noContext),
            Ban.type("java.time.Clock", "the context's EpochClock", noContext),
            Ban.member("org.agrona.concurrent.SystemNanoClock", "INSTANCE", "the context's NanoClock", noContext),
            Ban.member("org.agrona.concurrent.SystemEpochClock", "INSTANCE", "the context's EpochClock", noContext),
            Ban.byteBufferMethod("javax.crypto.Cipher", "update", "AesCtrStream or AesCbcStream", inEngineOrCrypto),
            Ban.member("javax.crypto.Cipher", "doFinal", "AesCtrStream or AesCbcStream", inEngineOrCrypto),
            Ban.prefix("sun.misc.", "-", "Agrona's buffers, or io.linux for native calls", inEngineOrCrypto),
            Ban.member("java.lang.foreign.Linker$Option", "critical", "a plain downcall", inEngineOrCrypto),
            Ban.member("java.lang.Thread", "sleep", "the poller's wait", inEngineOrCrypto),
            Ban.type("java.util.Random", "RandomSource", inEngineOrCrypto),
            Ban.member("java.lang.Math", "random", "RandomSource", inEngineOrCrypto),
            Ban.type("java.util.concurrent.ThreadLocalRandom", "RandomSource", inEngineOrCrypto),
            Ban.type("java.util.SplittableRandom", "RandomSource", inEngineOrCrypto),
            Ban.type("java.security.SecureRandom", "RandomSource", inEngine),
            Ban.prefix("java.util.logging.", "-", "a counter or the distinct error log", inEngineOrCrypto),
            Ban.member("java.lang.System", "getLogger", "a counter or the distinct error log", inEngineOrCrypto),
            new Ban("Throwable.printStackTrace", "the distinct error log", inEngineOrCrypto, _ -> true,
                target -> target.getName().equals("printStackTrace")),
            new Ban("org.jctools.queues.…Queue", "org.jctools.queues.varhandle", inEngineOrCrypto,
                name -> name.matches("org\\.jctools\\.queues\\.(atomic\\.|unpadded\\.)?[A-Za-z]*Queue"),
                target -> target.getName().equals("<init>")),
            Ban.member("java.lang.System", "out", "a report that cli prints", outsideCli),
            Ban.member("java.lang.System", "err", "a report that cli prints", outsideCli),
            Ban.member("java.lang.System", "exit", "an exception that cli turns into an exit code", outsideCli),
            Ban.member("java.lang.Runtime", "exit", "an exception that cli turns into an exit code", outsideCli),
            Ban.member("java.lang.Runtime", "halt", "an exception that cli turns into an exit code", outsideCli),
            Ban.member("java.lang.System", "getenv", "a value of the configuration", outsideCli));
    }

    private static String banFindings(JavaClasses classes, List<Ban> bans)
    {
        return report(classes.stream()
            .flatMap(type -> type.getAccessesFromSelf().stream())
            .flatMap(access -> bans.stream()
                .filter(ban -> ban.matches(access))
                .map(ban -> finding(access.getOriginOwner(), access.getLineNumber(), ban.name(), ban.use()))));
    }

    private static String arrowFindings(JavaClasses classes, String engine)
    {
        return report(classes.stream()
            .filter(within(engine))
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(use -> within(engine).test(use.getTargetClass().getBaseComponentType()))
            .filter(use -> !mayUse(use.getOriginClass(), use.getTargetClass().getBaseComponentType(), engine))
            .map(use -> finding(use.getOriginClass(), use.getSourceCodeLocation().getLineNumber(),
                use.getTargetClass().getBaseComponentType().getName(), "what " + part(use.getOriginClass(), engine) +
                    " may: " + new TreeSet<>(ARROWS.getOrDefault(part(use.getOriginClass(), engine), Set.of())))));
    }

    private static boolean mayUse(JavaClass from, JavaClass to, String engine)
    {
        String fromPart = part(from, engine);
        String toPart = part(to, engine);
        if (fromPart.isEmpty() || fromPart.equals(toPart))
        {
            return true;
        }
        if (toPart.isEmpty())
        {
            return TAKE_CONFIGURATION.contains(fromPart) && (to.isRecord() || to.isEnum());
        }
        return ARROWS.getOrDefault(fromPart, Set.of()).contains(toPart);
    }

    private static String purityFindings(JavaClasses classes, String engine)
    {
        return report(classes.stream()
            .filter(type -> PURE.contains(part(type, engine)))
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .flatMap(use -> impurity(use.getTargetClass().getBaseComponentType().getName()).stream()
                .map(instead -> finding(use.getOriginClass(), use.getSourceCodeLocation().getLineNumber(),
                    use.getTargetClass().getBaseComponentType().getName(), instead))));
    }

    /** @return what to use instead, or nothing where the name is fine. */
    private static List<String> impurity(String name)
    {
        if (name.matches("org\\.agrona\\.concurrent\\.[A-Za-z]*Clock|java\\.time\\.(Instant)?(Source)?(Clock)?"))
        {
            return List.of("the time as an argument");
        }
        if (name.startsWith("java.nio.channels.") || name.matches("java\\.net\\.[A-Za-z]*Socket"))
        {
            return List.of("bytes as arguments");
        }
        return List.of();
    }

    private static String staticFindings(JavaClasses classes)
    {
        return report(classes.stream()
            .filter(within(ENGINE).or(within(CRYPTO)))
            .flatMap(type -> type.getFields().stream())
            .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
            .filter(field -> !field.getName().contains("$"))
            .filter(field -> !field.getModifiers().contains(JavaModifier.FINAL) ||
                field.getRawType().getPackageName().startsWith("java.util.concurrent.atomic"))
            .map(field -> finding(field.getOwner(), field.getSourceCodeLocation().getLineNumber(),
                "static " + field.getName(), "a field of an object made by the context")));
    }

    private static Predicate<JavaClass> within(String root)
    {
        return type -> type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
    }

    /** @return first name of the package below the engine's own, or nothing for that itself. */
    private static String part(JavaClass type, String engine)
    {
        String below = type.getPackageName().substring(Math.min(type.getPackageName().length(), engine.length()));
        return below.isEmpty() ? "" : below.substring(1).split("\\.", 2)[0];
    }

    private static String finding(JavaClass where, int line, String name, String use)
    {
        String file = where.getSource().flatMap(source -> source.getFileName()).orElse(where.getSimpleName());
        return where.getPackageName().replace('.', '/') + "/" + file + ":" + line + ": " + name +
            " is banned here, use " + use;
    }

    private static String report(Stream<String> findings)
    {
        return String.join("\n", findings.distinct().sorted().toList());
    }

    private static void assertContains(String findings, String file, String message)
    {
        assertTrue(findings.lines().anyMatch(line -> line.contains(file + ":") && line.endsWith(message)),
            () -> "no finding for " + file + " ends with \"" + message + "\" in:\n" + findings);
    }
}
