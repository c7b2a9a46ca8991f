// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** A web server of this machine that plays a domain: port 443 of a loopback address, a chain, and one folder of pages. */
final class FrontServer implements AutoCloseable
{
    private static final long READY_TIMEOUT_S = 120;
    private static final long STOP_TIMEOUT_S = 10;
    private static final int PORT = 443;

    private final Process process;
    private final String address;

    /** A domain and its address. */
    record Site(String domain, String address)
    {
    }

    /** Which program. */
    enum Kind
    {
        NGINX("nginx"),
        APACHE("apache2"),
        CADDY("caddy"),
        /** The only one with X25519MLKEM768 on Debian 12. */
        NODE("node 24"),
        OPENSSL("openssl");

        private final String program;

        Kind(String program)
        {
            this.program = program;
        }

        /** Whether it can be started here; node is looked for by {@link ModernNode}. */
        boolean isHere()
        {
            return this == NODE ?
                ModernNode.isHere() :
                ToolRun.isHere(program) || ToolRun.isHere("/usr/sbin/" + program);
        }

        /** The domain that it plays where there is one for each kind. */
        Site site()
        {
            return new Site(name().toLowerCase(Locale.ROOT) + ".test", "127.43.2." + (ordinal() + 1));
        }

        @Override
        public String toString()
        {
            return program;
        }
    }

    private FrontServer(Process process, String address)
    {
        this.process = process;
        this.address = address;
    }

    /**
     * Starts a server and waits until it takes connections.
     *
     * @param site    that it plays.
     * @param folder  for its files; open to other users.
     * @param pages   that it serves.
     * @param tickets whether it gives session tickets after a handshake.
     */
    static FrontServer start(Kind kind, Site site, Path folder, Path pages, TestChain chain, boolean tickets)
        throws IOException, InterruptedException
    {
        Path own = Files.createDirectories(folder.resolve(site.domain()));
        ProcessFacts.open(own, "rwxrwxrwx");
        List<String> command = switch (kind)
        {
            case OPENSSL -> List.of("openssl", "s_server", "-accept", site.address() + ":" + PORT, "-cert",
                chain.chain().toString(), "-cert_chain", chain.chain().toString(), "-key", chain.key().toString(),
                "-WWW",
                "-quiet", "-num_tickets", tickets ? "2" : "0");
            case NGINX -> List.of("nginx", "-p", own.toString(), "-c", nginx(site, own, pages, chain, tickets)
                .toString());
            case APACHE -> List.of("apache2", "-X", "-f", apache(site, own, pages, chain, tickets).toString());
            case CADDY -> List.of("caddy", "run", "--adapter", "caddyfile", "--config",
                caddy(site, own, pages, chain, tickets).toString());
            case NODE -> List.of(ModernNode.program().toString(), node(own).toString(), site.address(),
                chain.chain().toString(), chain.key().toString(), pages.toString());
        };
        ProcessBuilder builder = new ProcessBuilder(command).directory(pages.toFile()).redirectErrorStream(true)
            .redirectOutput(own.resolve("log.txt").toFile());
        builder.environment().put("HOME", own.toString());
        builder.environment().merge("PATH", "/usr/sbin", (path, more) -> path + ":" + more);
        FrontServer server = new FrontServer(builder.start(), site.address());
        server.awaitReady(own.resolve("log.txt"));
        return server;
    }

    @Override
    public void close()
    {
        process.destroy();
        try
        {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly().waitFor();
            }
        }
        catch (InterruptedException interrupted)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void awaitReady(Path log) throws IOException, InterruptedException
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_TIMEOUT_S);
        while (!takesConnection())
        {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0)
            {
                close();
                throw new IllegalStateException("not listening on " + address + ":\n" + Files.readString(log));
            }
            Thread.sleep(20);
        }
    }

    private boolean takesConnection() throws IOException
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), PORT), 1_000);
            return true;
        }
        catch (ConnectException refused)
        {
            return false;
        }
    }

    private static Path nginx(Site site, Path own, Path pages, TestChain chain, boolean tickets) throws IOException
    {
        return Files.writeString(own.resolve("nginx.conf"), """
            daemon off;
            user root;
            worker_processes 1;
            pid %1$s/pid;
            error_log %1$s/error.log;
            events { worker_connections 2048; }
            http {
              access_log off;
              client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c;
              uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e;
              server {
                listen %2$s:443 ssl http2;
                server_name %3$s;
                root %4$s;
                ssl_certificate %5$s;
                ssl_certificate_key %6$s;
                ssl_session_tickets %7$s;
                ssl_session_cache none;
                ssl_protocols TLSv1.2 TLSv1.3;
              }
            }
            """.formatted(own, site.address(), site.domain(), pages, chain.chain(), chain.key(), tickets ?
            "on" :
            "off"));
    }

    private static Path apache(Site site, Path own, Path pages, TestChain chain, boolean tickets) throws IOException
    {
        return Files.writeString(own.resolve("apache.conf"), """
            ServerRoot %1$s
            DefaultRuntimeDir %1$s
            PidFile %1$s/pid
            ErrorLog %1$s/error.log
            ServerName %3$s
            User www-data
            Group www-data
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
            Listen %2$s:443
            SSLEngine on
            SSLCertificateFile %5$s
            SSLCertificateKeyFile %6$s
            SSLSessionTickets %7$s
            DocumentRoot %4$s
            <Directory %4$s>
              Require all granted
            </Directory>
            """.formatted(own, site.address(), site.domain(), pages, chain.chain(), chain.key(), tickets ?
            "on" :
            "off"));
    }

    private static Path caddy(Site site, Path own, Path pages, TestChain chain, boolean tickets) throws IOException
    {
        return Files.writeString(own.resolve("Caddyfile"), """
            {
              admin off
              auto_https off
            }
            https://%2$s {
              bind %1$s
              tls %4$s %5$s
              root * %3$s
              file_server
            }
            """.formatted(site.address(), site.domain(), pages, chain.chain(), chain.key()));
    }

    private static Path node(Path own) throws IOException
    {
        return Files.writeString(own.resolve("server.cjs"), """
            const [address, cert, key, pages] = process.argv.slice(2);
            const fs = require('fs');
            const options = {cert: fs.readFileSync(cert), key: fs.readFileSync(key)};
            require('https').createServer(options, (request, response) => {
              fs.readFile(pages + request.url, (error, page) => {
                response.writeHead(error ? 404 : 200, {'Content-Type': 'text/html'});
                response.end(page);
              });
            }).listen(443, address);
            """);
    }
}
