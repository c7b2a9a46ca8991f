// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Certificates as a site has them: a leaf signed by an intermediate, made by openssl.
 *
 * @param root  certificate that a client trusts.
 * @param chain leaf and intermediate.
 * @param key   of the leaf.
 */
record TestChain(Path root, Path chain, Path key)
{
    private static final String DAYS = "30";

    /** What signs. */
    enum Algorithm
    {
        /** P-256, as most sites have it now: lengths of signatures vary. */
        ECDSA(List.of("ec", "-pkeyopt", "ec_paramgen_curve:P-256")),
        /** 2048 bits: all lengths are fixed. */
        RSA(List.of("rsa:2048"));

        private final List<String> newKey;

        Algorithm(List<String> newKey)
        {
            this.newKey = newKey;
        }
    }

    /** Makes a chain for some names; the same for all of them. */
    static TestChain make(Path folder, Algorithm algorithm, List<String> names) throws IOException, InterruptedException
    {
        Path own = Files.createDirectory(folder.resolve("chain-" + algorithm.name().toLowerCase(Locale.ROOT)));
        ProcessFacts.open(own, "rwxr-xr-x");
        certificate(own, algorithm, "root", "", "/CN=Test Root", List.of("basicConstraints=critical,CA:TRUE"));
        certificate(own, algorithm, "middle", "root", "/O=Test Authority/CN=Test Intermediate R3",
            List.of("basicConstraints=critical,CA:TRUE"));
        certificate(own, algorithm, "leaf", "middle", "/CN=" + names.getFirst(),
            List.of("subjectAltName=DNS:" + String.join(",DNS:", names), "basicConstraints=CA:FALSE"));
        Path chain = Files.writeString(own.resolve("chain.pem"),
            Files.readString(own.resolve("leaf.pem")) + Files.readString(own.resolve("middle.pem")));
        Path key = own.resolve("leaf.key");
        ProcessFacts.open(key, "rw-r--r--");
        return new TestChain(own.resolve("root.pem"), chain, key);
    }

    private static void certificate(Path folder, Algorithm algorithm, String name, String issuer, String subject,
        List<String> extensions) throws IOException, InterruptedException
    {
        List<String> line = new java.util.ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", DAYS,
            "-subj", subject, "-keyout", name + ".key", "-out", name + ".pem", "-newkey"));
        line.addAll(algorithm.newKey);
        for (String extension : extensions)
        {
            line.addAll(List.of("-addext", extension));
        }
        if (!issuer.isEmpty())
        {
            line.addAll(List.of("-CA", issuer + ".pem", "-CAkey", issuer + ".key"));
        }
        ToolRun.good(folder, line.toArray(String[]::new));
    }
}
