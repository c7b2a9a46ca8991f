// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static io.mtproxy.cli.CommandLineRow.SERVES;
import static io.mtproxy.cli.CommandLineRow.USAGE;
import static io.mtproxy.cli.CommandLineRow.configured;
import static io.mtproxy.cli.CommandLineRow.improve;
import static io.mtproxy.cli.CommandLineRow.improveConfiguration;
import static io.mtproxy.cli.CommandLineRow.improveStart;
import static io.mtproxy.cli.CommandLineRow.misconfigured;
import static io.mtproxy.cli.CommandLineRow.refused;
import static io.mtproxy.cli.CommandLineRow.row;
import static io.mtproxy.cli.CommandLineRow.serves;
import static io.mtproxy.cli.CommandLineRow.servesLine;
import static io.mtproxy.cli.CommandLineRow.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Command lines, good and bad, run with C and with ours: the same exit code, the usage on stdout or not, and for those that
 * start the same open ports and the same end by SIGTERM; [improve] rows differ exactly as written.
 * <p>
 * The environment variable MTPROXY_REFERENCE names the binary of C; without it these tests are skipped.
 */
class CommandLineReferenceIT
{
    private static final String SECRET = CommandLineFiles.SECRET;
    private static final String KEY = "--aes-pwd @key ";
    private static final String ROOT = "-u root -c 1000 ";
    private static final String START = ROOT + KEY + "-H $H ";

    @TempDir private static Path folder;
    private static CommandLineFiles files;
    private static ProxyUnderTest reference;

    @BeforeAll
    static void findReference() throws IOException
    {
        Optional<ProxyUnderTest> found = ProxyUnderTest.reference();
        assumeTrue(found.isPresent(),
            "skipped: MTPROXY_REFERENCE is not set, so there is no reference proxy to compare command lines with");
        reference = found.orElseThrow();
        files = CommandLineFiles.write(folder);
    }

    static Stream<CommandLineRow> rows()
    {
        return Stream.of(PARSING, HELP, GENERAL, PORTS, LIMITS, NETWORK, CLIENTS, SECRET_FILES, PROXY_SECRETS, USERS,
            CONFIGURATION_FILES, CONFIGURATIONS, ADDED).flatMap(List::stream);
    }

    /** [C-GEN-01] [C-EXIT-01] [C-EXIT-20] and what each row names. */
    @ParameterizedTest
    @MethodSource("rows")
    void shouldDoAsTheReferenceDoes(CommandLineRow row) throws IOException, InterruptedException
    {
        files.configuration(row.configuration());

        CommandLineRun theirs = CommandLineRun.ofProcess(reference, row, files);
        CommandLineRun ours = row.isProcess() ?
            CommandLineRun.ofProcess(ProxyUnderTest.ours().orElseThrow(), row, files) :
            CommandLineRun.inProcess(row, files);

        assertTrue(theirs.is(row.reference()), () -> "C: " + theirs);
        assertTrue(ours.is(row.ours()), () -> "ours: " + ours + "\nC: " + theirs);
        if (row.ours().equals(row.reference()))
        {
            assertEquals(theirs.outcome(), ours.outcome(), () -> "ours: " + ours + "\nC: " + theirs);
        }
        if (theirs.isErrorTold() && !ours.outcome().endsWith(" 0"))
        {
            assertTrue(ours.isErrorTold(), () -> "C tells a reason, ours: " + ours);
        }
        if (row.line().contains("$H") && ours.isServing())
        {
            assertTrue(ours.outcome().contains("H@"), ours::outcome);
        }
        // [C-LOG-04]
        assertFalse(ours.err().toLowerCase(Locale.ROOT).contains(SECRET.toLowerCase(Locale.ROOT)),
            "a secret is shown");
    }

    private static final List<CommandLineRow> PARSING = List.of(
        servesLine("C-CLI-01", "@conf " + START),
        servesLine("C-CLI-01", "-u root @conf -c 1000 --aes-pwd @key -H $H -v"),
        servesLine("C-CLI-02", START + "-- @conf"),
        servesLine("C-CLI-02", START + "@conf --"),
        usage("C-CLI-02", "-- @conf -6"),
        refused("C-CLI-02", 1, "-- -6"),
        usage("C-CLI-04", ""),
        usage("C-CLI-04", "--"),
        usage("C-CLI-04", "-6"),
        usage("C-CLI-04", "@conf @conf"),
        refused("C-CLI-04", 1, "-"),
        usage("C-CLI-05", "--http @conf"),
        usage("C-CLI-05", "--max 1 @conf"),
        usage("C-CLI-05", "--m 1 @conf"),
        usage("C-CLI-05", "--mtproto-s " + SECRET + " @conf"),
        usage("C-CLI-05", "--d @conf"),
        usage("C-CLI-05", "--http=1 @conf"),
        serves("C-CLI-05", "--mtproto-secret " + SECRET),
        serves("C-CLI-05", "--mtproto-secret-f @secrets"),
        servesLine("C-CLI-05", "--us root --conn 1000 --aes @key --http-p $H --http-s --po $P @conf"),
        serves("C-CLI-05", "--ver=1 --sl 0 --back 16 --pr " + SECRET),
        serves("C-CLI-05", "--s 0 --ni 0 --w 0 --pi 5"),
        servesLine("C-CLI-06", "-uroot -c1000 -H$H --aes-pwd=@key @conf"),
        servesLine("C-CLI-06", "--user=root --connections=1000 --http-ports=$H --aes-pwd=@key @conf"),
        servesLine("C-CLI-06", "--user root --connections 1000 --http-ports $H --aes-pwd @key @conf"),
        servesLine("C-CLI-06", "-6vuroot -vc1000 -vH $H --aes-pwd @key @conf"),
        usage("C-CLI-06", "@conf -H"),
        usage("C-CLI-06", "@conf --http-ports"),
        usage("C-CLI-06", "@conf -6vH"),
        usage("C-CLI-06", "--http-ports= @conf"),
        usage("C-CLI-06", "-H=$H @conf"),
        usage("C-CLI-07", "-v1 @conf"),
        usage("C-CLI-07", "-v 1 @conf"),
        usage("C-CLI-07", "--verbosity 1 @conf"),
        usage("C-CLI-07", "-d1 @conf"),
        usage("C-CLI-07", "--multithread 1 @conf"),
        serves("C-CLI-07", "-vv --verbosity --verbosity=0"),
        usage("C-CLI-08", "--ipv6=1 @conf"),
        usage("C-CLI-08", "--http-stats= @conf"),
        usage("C-CLI-08", "--help=x @conf"),
        usage("C-CLI-08", "--disable-tcp=1 @conf"),
        usage("C-CLI-08", "--crc32c=1 @conf"),
        usage("C-CLI-09", "-x @conf"),
        usage("C-CLI-09", "-6x @conf"),
        usage("C-CLI-09", "--foo @conf"),
        usage("C-CLI-09", "--foo=bar @conf"),
        usage("C-CLI-09", "-vH$H -: @conf"),
        usage("C-CLI-09", "--HELP"),
        usage("C-CLI-10", "--foo -u a -u b @conf"),
        refused("C-CLI-10", 1, "-u a -u b --foo @conf"),
        refused("C-CLI-10", 4, "--address x --foo @conf"),
        usage("C-CLI-10", "--foo --address x @conf"),
        refused("C-CLI-10", 4, "--address x -h"),
        serves("C-CLI-10", "-H $I -b 5 -b 7"));

    private static final List<CommandLineRow> HELP = List.of(
        usage("C-CLI-20", "-h"),
        usage("C-CLI-20", "--help"),
        usage("C-CLI-20", "--he"),
        usage("C-CLI-20", "-6h"),
        usage("C-CLI-20", "-h -u a -u b"),
        usage("C-CLI-30", "@conf --help --foo"),
        usage("C-CLI-30", "-hx"),
        improve("C-CLI-22", "--version", "text 0", USAGE),
        improve("C-CLI-22", "-6 --version @conf", "text 0", USAGE),
        usage("C-CLI-22", "--vers @conf"),
        usage("C-CLI-22", "-V @conf"));

    private static final List<CommandLineRow> GENERAL = List.of(
        serves("C-CLI-31", "-v"),
        serves("C-CLI-31", "--verbosity=-1"),
        serves("C-CLI-31", "--verbosity="),
        improveStart("C-CLI-11", "--verbosity=x", USAGE, SERVES),
        usage("C-CLI-32", "@conf -l"),
        usage("C-CLI-32", "--log @conf"),
        serves("C-CLI-32", "-d -l @log").asProcess(),
        serves("C-CLI-32", "-d -l @elsewhere --log=@log").asProcess(),
        serves("C-CLI-33", "-d").asProcess(),
        serves("C-CLI-33", "-d -d").asProcess(),
        serves("C-CLI-33", "--daemonize=0").asProcess(),
        serves("C-CLI-33", "--daemonize=2").asProcess(),
        serves("C-CLI-35", "--nice 3").asProcess(),
        serves("C-CLI-35", "--nice=0"),
        usage("C-CLI-35", "@conf --nice"),
        improveStart("C-CLI-11", "--nice x", USAGE, SERVES),
        serves("C-CLI-36", "--msg-buffers-size 16m"),
        serves("C-CLI-36", "--msg-buffers-size 64M"),
        serves("C-CLI-36", "--msg-buffers-size=16777216"),
        serves("C-CLI-36", "--msg-buffers-size 20000k"),
        usage("C-CLI-36", "--msg-buffers-size 1x @conf"),
        usage("C-CLI-36", "--msg-buffers-size x @conf"),
        usage("C-CLI-36", "--msg-buffers-size '' @conf"),
        usage("C-CLI-36", "--msg-buffers-size 0x10m @conf"),
        serves("C-CLI-36", "--msg-buffers-size 64mb"),
        serves("C-CLI-36", "--msg-buffers-size 64MiB"),
        serves("C-CLI-36", "--msg-buffers-size ~64m"),
        serves("C-CLI-36", "--msg-buffers-size +64m"),
        usage("C-CLI-36", "--msg-buffers-size 64b @conf"),
        improveStart("C-GEN-01", "--msg-buffers-size 64~m", USAGE, SERVES),
        serves("C-CLI-36", "--msg-buffers-size 0"),
        serves("C-CLI-36", "--msg-buffers-size 1"),
        usage("C-CLI-36", "@conf --msg-buffers-size"),
        improve("C-CLI-36", START + "--msg-buffers-size -1 @conf", USAGE, "line 1"),
        improve("C-CLI-36", START + "--msg-buffers-size 2t @conf", USAGE, "line 1"));

    private static final List<CommandLineRow> PORTS = List.of(
        serves("C-CLI-39", "-p $P"),
        serves("C-CLI-39", "-p $P --http-stats"),
        serves("C-CLI-39", "--port=$P --http-stats"),
        serves("C-CLI-39", "-p $P: --http-stats"),
        serves("C-CLI-39", "-p $R:$S --http-stats"),
        serves("C-CLI-39", "-p $P:$P --http-stats"),
        serves("C-CLI-39", "-p $P -p $Q --http-stats"),
        usage("C-CLI-39", "-p 0 @conf"),
        usage("C-CLI-39", "-p -1 @conf"),
        usage("C-CLI-39", "-p x @conf"),
        usage("C-CLI-39", "-p '' @conf"),
        usage("C-CLI-39", "-p 0:9 @conf"),
        usage("C-CLI-39", "-p 9:8 @conf"),
        usage("C-CLI-39", "@conf -p"),
        improve("C-CLI-39", START + "-p 70000 @conf", USAGE, SERVES),
        improve("C-CLI-39", START + "-p 65536 @conf", USAGE, SERVES),
        serves("C-CLI-39", "-p $P/ --http-stats"),
        serves("C-CLI-39", "-p $Px --http-stats"),
        serves("C-CLI-39", "-p $P:x --http-stats"),
        serves("C-CLI-39", "-p ~$P --http-stats"),
        serves("C-CLI-39", "-p +$P --http-stats"),
        serves("C-CLI-39", "-p $R:$Sx --http-stats"),
        usage("C-CLI-39", "-p 9:-8 @conf"),
        refused("C-EXIT-14", 1, START + "-p $T --http-stats @conf"),
        refused("C-EXIT-14", 1, START + "-p $T: --http-stats @conf"),
        refused("C-EXIT-15", 2, START + "-p $T:$T --http-stats @conf"),
        serves("C-CLI-39", "-p 0$P --http-stats"),
        refused("C-EXIT-15", 2, START + "-p $T:$U --http-stats @conf"),
        improve("C-EXIT-13", START + "--http-stats @conf", "line 2", "line 1"),
        usage("C-CLI-55", "--http-stats --http-stats=1 @conf"),
        serves("C-CLI-55", "--http-stats --http-stats -p $P"),
        serves("C-CLI-42", "--disable-tcp -p $P --http-stats"),
        serves("C-CLI-42", "--disable-tcp"),
        servesLine("C-CLI-62", ROOT + KEY + "-H $H, @conf"),
        servesLine("C-CLI-62", ROOT + KEY + "-H $H,$I @conf"),
        servesLine("C-CLI-62", ROOT + KEY + "-H $H -H $I @conf"),
        usage("C-CLI-62", "-H ,$H @conf"),
        usage("C-CLI-62", "-H $H,,$I @conf"),
        usage("C-CLI-62", "-H $H,~$I @conf"),
        usage("C-CLI-62", "-H ~$H @conf"),
        usage("C-CLI-62", "-H $H;$I @conf"),
        usage("C-CLI-62", "-H 0443 @conf"),
        usage("C-CLI-62", "-H 0 @conf"),
        usage("C-CLI-62", "-H -1 @conf"),
        usage("C-CLI-62", "-H x @conf"),
        usage("C-CLI-62", "-H '' @conf"),
        usage("C-LIM-05", "-H 7 ".repeat(129) + "@conf"),
        improve("C-CLI-62", "-H 65536 @conf", USAGE, "line 1"),
        improve("C-CLI-62", "-H 99999999999 @conf", USAGE, "line 1|usage 2"),
        improve("C-LIM-05", ROOT + KEY + "-H $MANY65 @conf", SERVES, "line 1"),
        servesLine("C-LIM-05", ROOT + KEY + "-H $MANY64 @conf"),
        servesLine("C-LIM-05", ROOT + KEY + "-C 0 -H $MANY65 @conf"),
        refused("C-EXIT-07", 1, ROOT + KEY + "-H $T @conf"),
        refused("C-EXIT-07", 1, ROOT + KEY + "-H $H,$T @conf"),
        refused("C-EXIT-07", 1, ROOT + KEY + "-H $H,$H @conf"),
        refused("C-EXIT-07", 1, ROOT + KEY + "-H $H --address 192.0.2.77 @conf"),
        servesLine("C-EXIT-18", ROOT + KEY + "@conf"));

    private static final List<CommandLineRow> LIMITS = List.of(
        serves("C-CLI-37", "-b 1"),
        serves("C-CLI-37", "--backlog=0"),
        serves("C-CLI-37", "--backlog -1"),
        usage("C-CLI-37", "@conf -b"),
        improveStart("C-CLI-11", "-b 12x", USAGE, SERVES),
        improveStart("C-CLI-11", "-b 99999999999", USAGE, SERVES),
        serves("C-CLI-11", "-b +12"),
        improveStart("C-CLI-11", "-b ~12", USAGE, SERVES),
        improveStart("C-CLI-11", "-b ''", USAGE, SERVES),
        serves("C-CLI-38", "-c 100"),
        serves("C-CLI-38", "-c 500"),
        serves("C-CLI-38", "-C 2000 -c 500"),
        improveStart("C-EXIT-11", "-c 0", SERVES, "serves|line 1"),
        improveStart("C-EXIT-11", "-c -5", SERVES, "serves|line 1"),
        improveStart("C-EXIT-11", "-c x", USAGE, "serves|line 1"),
        usage("C-CLI-38", "@conf -c"),
        serves("C-CLI-60", "-C 100"),
        serves("C-CLI-60", "--max-special-connections=0"),
        serves("C-CLI-60", "-C -1"),
        improveStart("C-CLI-11", "-C x", USAGE, SERVES),
        serves("C-CLI-46", "--max-accept-rate 100"),
        serves("C-CLI-46", "--max-accept-rate=0"),
        serves("C-CLI-46", "--max-accept-rate -5"),
        usage("C-CLI-46", "@conf --max-accept-rate"),
        serves("C-CLI-47", "--max-dh-accept-rate 100"),
        usage("C-CLI-47", "@conf --max-dh-accept-rate"),
        serves("C-CLI-48", "--multithread"),
        serves("C-CLI-48", "--multithread=0"),
        serves("C-CLI-48", "--multithread=1 --multithread=x"),
        serves("C-CLI-49", "--cpu-threads 2"),
        serves("C-CLI-49", "--cpu-threads 0"),
        serves("C-CLI-49", "--cpu-threads -3"),
        improveStart("C-CLI-49", "--cpu-threads 300", USAGE, "line 1"),
        improveStart("C-CLI-49", "--cpu-threads 65", USAGE, SERVES),
        serves("C-CLI-50", "--io-threads=2"),
        improveStart("C-CLI-50", "--io-threads 300", USAGE, "line 1"),
        serves("C-CLI-51", "--multithread --tcp-cpu-threads 2"),
        serves("C-CLI-52", "--multithread --tcp-iothreads 2"),
        usage("C-CLI-52", "--tcp-io-threads 2 @conf"),
        serves("C-CLI-61", "-W 65536"),
        serves("C-CLI-61", "--window-clamp=0"),
        improveStart("C-CLI-61", "-W -1", USAGE, SERVES),
        usage("C-CLI-61", "@conf -W"),
        serves("C-CLI-63", "-M 0"),
        serves("C-CLI-63", "-M 1").asProcess(),
        serves("C-CLI-63", "--slaves=2 -p $P --http-stats").asProcess(),
        improve("C-CLI-63", "-M 257 @conf", USAGE, "line 1"),
        improve("C-CLI-63", "-M -1 @conf", USAGE, "line 1"),
        improveStart("C-CLI-11", "-M x", USAGE, SERVES),
        usage("C-CLI-63", "@conf -M"),
        serves("C-CLI-64", "-T 2.5"),
        serves("C-CLI-64", "--ping-interval=0"),
        serves("C-CLI-64", "-T x"),
        serves("C-CLI-64", "-T ''"),
        usage("C-CLI-64", "@conf -T"));

    private static final List<CommandLineRow> NETWORK = List.of(
        serves("C-CLI-41", "-6"),
        serves("C-CLI-41", "--ipv6 -6"),
        serves("C-CLI-41", "-6 --address 127.0.0.1"),
        improveStart("C-BUG-02", "-6 --http-stats -p $P",
            "serves H@127.0.0.1 H@127.0.0.2 H@::1 P@127.0.0.1, ends 0",
            "serves H@127.0.0.1 H@127.0.0.2 H@::1 P@127.0.0.1, ends 1"),
        serves("C-CLI-43", "--crc32c"),
        serves("C-CLI-44", "--allow-skip-dh"),
        usage("C-CLI-44", "--allow-skip-dh=1 @conf"),
        serves("C-CLI-45", "--force-dh"),
        serves("C-CLI-53", "--nat-info 10.0.0.1:192.0.2.1"),
        serves("C-CLI-53", "--nat-info 10.0.0.1:192.0.2.1 ".repeat(16)),
        usage("C-LIM-06", "--nat-info 10.0.0.1:192.0.2.1 ".repeat(17) + "@conf"),
        usage("C-CLI-53", "--nat-info 10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info : @conf"),
        usage("C-CLI-53", "--nat-info 10.0.0.1: @conf"),
        usage("C-CLI-53", "--nat-info :10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info 10.0.0.256:10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info 10.0.1:10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info 10.0.0.01:10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info 10.0.0.1:10.0.0.1~ @conf"),
        serves("C-CLI-53", "--nat-info 0.0.0.0:255.255.255.255"),
        usage("C-CLI-53", "--nat-info a.example:10.0.0.1 @conf"),
        usage("C-CLI-53", "--nat-info ::1:10.0.0.1 @conf"),
        usage("C-CLI-53", "@conf --nat-info"),
        serves("C-CLI-54", "--address 127.0.0.1"),
        serves("C-CLI-54", "--address=127.0.0.9 --address 127.0.0.1"),
        refused("C-EXIT-03", 4, "--address 1.2.3 @conf"),
        refused("C-EXIT-03", 4, "--address ::1 @conf"),
        refused("C-EXIT-03", 4, "--address localhost @conf"),
        refused("C-EXIT-03", 4, "--address '' @conf"),
        refused("C-EXIT-03", 4, "--address 127.0.0.256 @conf"),
        refused("C-EXIT-03", 4, "--address 127.0.0.01 @conf"),
        refused("C-EXIT-03", 4, "--address ~127.0.0.1 @conf"),
        usage("C-CLI-54", "@conf --address"));

    private static final List<CommandLineRow> CLIENTS = List.of(
        serves("C-CLI-75", ""),
        serves("C-CLI-56", "-S " + SECRET),
        serves("C-CLI-56", "-S" + SECRET + " --mtproto-secret=" + SECRET),
        serves("C-LIM-04", ("-S " + SECRET + " ").repeat(128)),
        usage("C-LIM-04", ("-S " + SECRET + " ").repeat(129) + "@conf"),
        usage("C-CLI-56", "-S dd" + SECRET + " @conf"),
        usage("C-CLI-56", "-S ee" + SECRET + "612e6578616d706c65 @conf"),
        usage("C-CLI-56", "-S " + SECRET.substring(1) + " @conf"),
        usage("C-CLI-56", "-S g" + SECRET.substring(1) + " @conf"),
        usage("C-CLI-56", "-S " + SECRET + "," + SECRET + " @conf"),
        usage("C-CLI-56", "-S '' @conf"),
        usage("C-CLI-56", "-S " + SECRET + "~ @conf"),
        usage("C-CLI-56", "@conf -S"),
        serves("C-CLI-58", "-P " + SECRET),
        serves("C-CLI-58", "-P " + SECRET + " --proxy-tag=" + "0".repeat(32)),
        usage("C-CLI-58", "-P " + SECRET + "0 @conf"),
        usage("C-CLI-58", "-P x @conf"),
        usage("C-CLI-58", "@conf -P"),
        usage("C-CLI-59", "@conf -D"),
        serves("C-CLI-59", "-S " + SECRET + " -D 127.0.0.1"),
        serves("C-CLI-59", "-S " + SECRET + " -D 127.0.0.1 --domain=127.0.0.2"),
        serves("C-EXIT-19", "-S " + SECRET + " -D ''"),
        serves("C-EXIT-19", "-S " + SECRET + " -D nodots"),
        refused("C-EXIT-16", 2, START + "-D 127.0.0.1 @conf"));

    private static final List<CommandLineRow> SECRET_FILES = List.of(
        serves("C-CLI-70", "--mtproto-secret-file @secrets"),
        serves("C-CLI-70", "--mtproto-secret-file=@secrets-crlf -S " + SECRET),
        serves("C-CLI-57", "--mtproto-secret-file @secrets --mtproto-secret-file @secrets-crlf"),
        serves("C-LIM-04", "--mtproto-secret-file @secrets-128"),
        usage("C-CLI-72", "--mtproto-secret-file @secrets-128 -S " + SECRET + " @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @secrets-129 @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @nowhere @conf"),
        usage("C-CLI-72", "--mtproto-secret-file '' @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @directory @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @secrets-empty @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @secrets-comments @conf"),
        usage("C-CLI-72", "--mtproto-secret-file @secrets-short @conf"),
        usage("C-CLI-73", "--mtproto-secret-file @secrets-semicolon @conf"),
        usage("C-CLI-73", "--mtproto-secret-file @secrets-dd @conf"),
        usage("C-CLI-57", "@conf --mtproto-secret-file"));

    private static final List<CommandLineRow> PROXY_SECRETS = List.of(
        servesLine("C-CLI-40", ROOT + "-H $H --aes-pwd @key32 @conf"),
        servesLine("C-CLI-40", ROOT + "-H $H --aes-pwd=@key256 @conf"),
        servesLine("C-CLI-40", ROOT + "-H $H --aes-pwd @nowhere --aes-pwd @key @conf"),
        usage("C-CLI-40", "@conf --aes-pwd"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd @key31 @conf"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd @key257 @conf"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd @key0 @conf"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd @nowhere @conf"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd @directory @conf"),
        refused("C-EXIT-08", 1, ROOT + "-H $H --aes-pwd '' @conf"),
        servesLine("C-EXIT-09", ROOT + "-H $H @conf"),
        servesLine("C-CLI-40", ROOT + "-H $H @conf").in("with-secret"),
        refused("C-EXIT-08", 1, ROOT + "-H $H @conf").in("with-short-secret"),
        servesLine("C-CLI-40", ROOT + "-H $H --aes-pwd @key @conf").in("with-short-secret"));

    private static final List<CommandLineRow> USERS = List.of(
        refused("C-EXIT-02", 1, "-u root -u root @conf"),
        refused("C-EXIT-02", 1, "-u root --user=nobody @conf"),
        refused("C-EXIT-10", 1, "-u no-such-user -c 1000 " + KEY + "-H $H @conf").asProcess(),
        refused("C-LIFE-02", 1, "-u no-such-user -H $T @nowhere"),
        servesLine("C-CLI-34", "-u nobody -c 1000 " + KEY + "-H $H @conf").asProcess(),
        row("C-CLI-34", "-u '' -c 1000 " + KEY + "-H $H @conf", "line 1|serves").asProcess(),
        usage("C-CLI-34", "@conf -u"));

    private static final List<CommandLineRow> CONFIGURATION_FILES = List.of(
        refused("C-EXIT-04", 1, "@nowhere"),
        refused("C-EXIT-04", 1, "''"),
        refused("C-EXIT-04", 1, "-H $T @nowhere"),
        refused("C-EXIT-05", 2, "@directory"),
        refused("C-EXIT-05", 2, "@conf-too-long"),
        servesLine("C-CFG-10", START + "@conf-longest"));

    private static final List<CommandLineRow> CONFIGURATIONS = List.of(
        configured("C-CFG-01", "# c\n\t proxy 127.0.0.1 # d\n : 9\r\n;# e"),
        configured("C-CFG-03", "default2;proxy_for1 127.0.0.1:9;proxy127.0.0.1:1;"),
        configured("C-CFG-04", "default 2;\r\nproxy_for 2 127.0.0.1:9; proxy_for -2 127.0.0.1:9;\r\n"),
        configured("C-CFG-05", "proxy_for 1 127.0.0.1:9; default 1; default 7; default 1;"),
        configured("C-CFG-07", "proxy 127.0.0.1:9; proxy 127.0.0.1:9; proxy_for 1 127.0.0.1:9;"),
        configured("C-CFG-08", "max_connections 20; min_connections 10; proxy 127.0.0.1:9;"),
        configured("C-CFG-09", "timeout 10; timeout 30000; proxy 127.0.0.1:9;"),
        configured("C-CFG-21", "proxy 127.1:9;"),
        configured("C-CFG-21", "proxy 127.0.0.010:9;"),
        misconfigured("C-CFG-21", "proxy 127.0.0.08:9;"),
        misconfigured("C-CFG-21", "proxy 1.2.3.256:9;"),
        configured("C-CFG-22", "proxy [::1]:9; proxy [::ffff:127.0.0.1]:9;"),
        configured("C-CFG-20", "proxy localhost:9;"),
        misconfigured("C-CFG-10", ""),
        misconfigured("C-CFG-10", "default 2;\n"),
        misconfigured("C-CFG-01", "proxy 127.0.0.1:9"),
        misconfigured("C-CFG-02", "proxy 127.0.0.1:\n9;"),
        misconfigured("C-CFG-02", "proxy_for 2\n127.0.0.1:9;"),
        misconfigured("C-CFG-03", "proxy 127.0.0.1:9;;"),
        misconfigured("C-CFG-03", "Proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-03", "proxies 3;"),
        misconfigured("C-CFG-03", "// c\nproxy 127.0.0.1:9;"),
        misconfigured("C-CFG-03", "\u00ef\u00bb\u00bfproxy 127.0.0.1:9;"),
        misconfigured("C-CFG-03", "proxy 127.0.0.1:9;\u000b"),
        misconfigured("C-CFG-06", "proxy_for 1 127.0.0.1:9; proxy_for 2 127.0.0.1:9; proxy_for 1 127.0.0.1:8;"),
        misconfigured("C-CFG-08", "min_connections 9; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-08", "min_connections 0; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-08", "max_connections 1001; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-08", "max_connections 3; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-09", "timeout 9; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-09", "timeout 30001; proxy 127.0.0.1:9;"),
        misconfigured("C-CFG-11", "proxy 127.0.0.1:0;"),
        misconfigured("C-CFG-11", "proxy 127.0.0.1:65536;"),
        misconfigured("C-CFG-11", "proxy_for 32768 127.0.0.1:9;"),
        misconfigured("C-CFG-11", "proxy_for +1 127.0.0.1:9;"),
        misconfigured("C-CFG-21", "proxy nodots:9;"),
        misconfigured("C-CFG-21", "proxy 2130706433:9;"),
        misconfigured("C-CFG-22", "proxy ::1:9;"),
        misconfigured("C-LIM-08", "proxy " + "a".repeat(62) + ".b:9;"),
        misconfigured("C-CFG-23", "proxy 0.0.0.0:9;"),
        misconfigured("C-CFG-23", "proxy [::]:9;"),
        misconfigured("C-LIM-07", "proxy 127.0.0.1:9;".repeat(4097)),
        configured("C-LIM-07", "proxy 127.0.0.1:9;".repeat(4096)),
        improveConfiguration("C-CFG-11", "proxy 127.0.0.1:4294967739;", "line 1", SERVES),
        improveConfiguration("C-CFG-11", "proxy_for 18446744073709551617 127.0.0.1:9;", "line 1", SERVES),
        improveConfiguration("C-CFG-12", "proxy 127.0.0.1:9;\0x", "line 1", SERVES));

    private static final List<CommandLineRow> ADDED = List.of(
        improve("C-CLI-05", "help", "usage 0", "line 1"),
        improveStart("C-CLI-05", "--threads 2", SERVES, USAGE),
        improveStart("C-CLI-05", "--threads=65", USAGE, USAGE),
        improveStart("C-CLI-05", "--worker-exit stop", SERVES, USAGE),
        improveStart("C-CLI-05", "--client-buffer 4m --link-buffer 1m", SERVES, USAGE),
        improveStart("C-CLI-05", "--handshake-timeout 5 --drain-timeout 5", SERVES, USAGE),
        improveStart("C-CLI-05", "--status-dir @status --instance a", SERVES, USAGE),
        improve("C-CLI-05", "--threa 2 @conf", USAGE, USAGE),
        improveStart("C-BUG-04", "-l @log",
            "serves H@127.0.0.1 H@127.0.0.2, nice 0, uid 0 0 0 0, workers 0, log there, " +
                "ends 0", "serves H@127.0.0.1 H@127.0.0.2, nice 0, uid 0 0 0 0, workers 0, log not there, ends 0")
            .asProcess(),
        improveStart("C-BUG-04", "-l @nowhere/log", "line 1", SERVES).asProcess());
}
