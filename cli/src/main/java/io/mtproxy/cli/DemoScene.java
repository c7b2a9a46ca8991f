// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.MtprotoServer;
import io.mtproxy.soak.TestRsaKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What stands around the proxy of the demo: a simulated datacenter for client libraries, one for load, and the files
 * that name them.
 */
final class DemoScene implements AutoCloseable
{
    /** DC that speaks MTProto, for client libraries. */
    static final int LIBRARY_DC = 2;
    /** DC that sends back what it gets, for the load. */
    static final int LOAD_DC = 3;

    private static final int PROXY_SECRET_LENGTH = 64;
    private static final int SECRET_LENGTH = 16;
    private static final int SPARE_CONNECTIONS = 200;
    private static final String CONFIG_NAME = "proxy-multi.conf";
    private static final String PROXY_SECRET_NAME = "proxy-secret";

    private final Path folder;
    private final byte[] secret;
    private final DatacenterServer library;
    private final DatacenterServer load;

    private DemoScene(Path folder, byte[] secret, DatacenterServer library, DatacenterServer load)
    {
        this.folder = folder;
        this.secret = secret;
        this.library = library;
        this.load = load;
    }

    static DemoScene open() throws IOException
    {
        SecureRandom random = new SecureRandom();
        byte[] proxySecret = new byte[PROXY_SECRET_LENGTH];
        random.nextBytes(proxySecret);
        byte[] secret = new byte[SECRET_LENGTH];
        random.nextBytes(secret);

        Path folder = Files.createTempDirectory("mtproto-proxy-demo-");
        DatacenterServer library =
            DatacenterServer.start(DatacenterSettings.of(proxySecret, Mode.MTPROTO).withDcId(LIBRARY_DC));
        DatacenterServer load =
            DatacenterServer.start(DatacenterSettings.of(proxySecret, Mode.ECHO).withDcId(LOAD_DC));
        Files.write(folder.resolve(PROXY_SECRET_NAME), proxySecret);
        Files.writeString(folder.resolve(CONFIG_NAME), "default " + LIBRARY_DC + ";\n" +
            "proxy_for " + LIBRARY_DC + " 127.0.0.1:" + library.port() + ";\n" +
            "proxy_for " + LOAD_DC + " 127.0.0.1:" + load.port() + ";\n");
        return new DemoScene(folder, secret, library, load);
    }

    /** @return arguments for the proxy, of which a port 0 is left out. */
    List<String> proxyArguments(int clientCount, String threads, int port)
    {
        List<String> arguments = new ArrayList<>(List.of("-u", "root", "--instance", DemoCommand.NAME,
            "--address", "127.0.0.1", "-c", String.valueOf(clientCount + SPARE_CONNECTIONS),
            "-S", secretHex(), "--threads", threads, "--aes-pwd", folder.resolve(PROXY_SECRET_NAME).toString()));
        if (port != 0)
        {
            arguments.addAll(List.of("-H", String.valueOf(port)));
        }
        arguments.add(folder.resolve(CONFIG_NAME).toString());
        return arguments;
    }

    /** @return the public key by which client libraries know {@link #LIBRARY_DC}. */
    static String rsaKeyPem()
    {
        return TestRsaKey.publicKeyPem();
    }

    /** @return fingerprint of that key. */
    static long rsaKeyFingerprint()
    {
        return new MtprotoServer(new SplittableRandom(), System::currentTimeMillis, LIBRARY_DC).rsaKey().fingerprint();
    }

    /** @return where its files are, until it is closed. */
    Path folder()
    {
        return folder;
    }

    /** @return client secret, made for this run. */
    byte[] secret()
    {
        return secret.clone();
    }

    String secretHex()
    {
        return HexFormat.of().formatHex(secret);
    }

    /** @return whether the proxy has a link to either. */
    boolean isLinked()
    {
        return library.snapshot().linksReady() > 0 && load.snapshot().linksReady() > 0;
    }

    /** @return auth keys that client libraries agreed on. */
    long keysAgreed()
    {
        return library.snapshot().keysAgreed();
    }

    /** @return payloads that reached the datacenter changed. */
    long mismatches()
    {
        return load.snapshot().mismatches();
    }

    /** @return how the proxy broke the protocol of middle proxies, one line each. */
    List<String> violations()
    {
        return Stream.of(library, load).flatMap(server -> server.violations().stream()).map(Object::toString).toList();
    }

    @Override
    public void close() throws IOException
    {
        library.close();
        load.close();
        try (Stream<Path> files = Files.walk(folder))
        {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
    }
}
