// SPDX-License-Identifier: Apache-2.0
//
// mtcute through the proxy. Its secret decides the transport: plain is intermediate, dd.. padded, ee.. fake TLS.
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes, randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { deflateSync, gunzipSync } from 'node:zlib';
import { connectTcp } from '@fuman/node';
import { BaseMtProxyTransport, MemoryStorage } from '@mtcute/core';
import { BaseTelegramClient } from '@mtcute/core/client.js';
import { addPublicKey, BaseCryptoProvider, findKeyByFingerprints } from '@mtcute/core/utils.js';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import Long from 'long';
import { expect, expectFilePart, FILE_LENGTH, PART_LENGTH, report } from './settings.mjs';

/** What @mtcute/node would bring, which also brings a native database that these tests have no use for. */
class NodeCrypto extends BaseCryptoProvider
{
    async initialize()
    {
        initSync(await readFile(fileURLToPath(import.meta.resolve('@mtcute/wasm/mtcute.wasm'))));
    }

    createAesCtr(key, iv)
    {
        const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, iv);
        return { process: (data) => cipher.update(data) };
    }

    createAesIge(key, iv)
    {
        return { encrypt: (data) => ige256Encrypt(data, key, iv), decrypt: (data) => ige256Decrypt(data, key, iv) };
    }

    async pbkdf2(password, salt, iterations, length = 64, algorithm = 'sha512')
    {
        return pbkdf2Sync(password, salt, iterations, length, algorithm);
    }

    sha1(data) { return createHash('sha1').update(data).digest(); }

    sha256(data) { return createHash('sha256').update(data).digest(); }

    async hmacSha256(data, key) { return createHmac('sha256', key).update(data).digest(); }

    /** Null where it would not get shorter than this. */
    gzip(data, maxOutputLength)
    {
        const packed = deflateSync(data);
        return packed.length <= maxOutputLength ? packed : null;
    }

    gunzip(data) { return gunzipSync(data); }

    randomFill(buffer) { randomFillSync(buffer); }
}

class Transport extends BaseMtProxyTransport
{
    connections = 0;

    async _connectTcp(endpoint)
    {
        this.connections++;
        expect(this.connections <= 3, 'the client keeps connecting again');
        return connectTcp(endpoint);
    }
}

const platform = {
    getDeviceModel: () => 'interop',
    getDefaultLogLevel: () => process.env.MTPROXY_DEBUG ? 5 : 0,
    log: (color, level, tag, format, args) => console.error(tag, format, ...args),
    beforeExit: () => () => undefined,
};

await report('mtcute', async (settings, steps) =>
{
    const crypto = new NodeCrypto();
    addPublicKey(crypto, settings.key.pem);
    expect(findKeyByFingerprints([settings.key.fingerprint.toString(16)]), 'the test key is not known after adding it');

    // The proxy's address stands in for the DC's, so that nothing can lead anywhere else.
    const dc = { id: Math.abs(settings.dc), ipAddress: settings.host, port: settings.port };
    const main = settings.dc < 0 ? { ...dc, mediaOnly: true } : dc;
    const transport = new Transport({ host: settings.host, port: settings.port, secret: settings.secret });
    const client = new BaseTelegramClient({
        apiId: 1,
        apiHash: '0',
        crypto,
        platform,
        storage: new MemoryStorage(),
        transport,
        defaultDcs: { main, media: { ...dc, mediaOnly: true } },
        disableUpdates: true,
        initConnectionOptions: { appVersion: '1' },
        logLevel: process.env.MTPROXY_DEBUG ? 5 : 0,
        network: { connectionCount: () => 1, pingInterval: 500 },
    });
    client.onError.add((error) => { throw error; });
    await client.connect();

    // It pings after an interval and a random delay of up to 5 s; the second is too long for a test.
    const connection = client.mt.network._primaryDc.main._connections[0];
    connection._randomDelay = 0;

    const nearest = await client.call({ _: 'help.getNearestDc' });
    expect(nearest._ === 'nearestDc', `answer to help.getNearestDc: ${nearest?._}`);
    steps.nearestDc = { country: nearest.country, thisDc: nearest.thisDc, nearestDc: nearest.nearestDc };

    steps.calls = 0;
    for (const answer of await Promise.all(
        Array.from({ length: settings.calls }, () => client.call({ _: 'help.getNearestDc' }))))
    {
        expect(answer._ === 'nearestDc', `answer to a later call: ${answer?._}`);
        steps.calls++;
    }

    steps.fileBytes = 0;
    for (const offset of [0, PART_LENGTH, 4_500_000])
    {
        const part = await client.call({
            _: 'upload.getFile',
            location: {
                _: 'inputDocumentFileLocation',
                id: Long.ONE,
                accessHash: Long.ONE,
                fileReference: new Uint8Array(0),
                thumbSize: '',
            },
            offset,
            limit: PART_LENGTH,
        });
        expect(part._ === 'upload.file', `answer to upload.getFile: ${part?._}`);
        expectFilePart(part.bytes, offset, Math.min(PART_LENGTH, FILE_LENGTH - offset));
        steps.fileBytes += part.bytes.length;
    }

    // Long in the other direction; the datacenter keeps nothing and says so, after it has read and decrypted it all.
    // Random bytes cross as they are, zeros packed.
    steps.sentBytes = 0;
    for (const bytes of [randomBytes(PART_LENGTH), Buffer.alloc(PART_LENGTH)])
    {
        const error = await client
            .call({ _: 'upload.saveFilePart', fileId: Long.ONE, filePart: 0, bytes })
            .catch((refusal) => ({ errorMessage: refusal.text ?? refusal.message }));
        expect(error.errorMessage === 'METHOD_NOT_SIMULATED', `answer to upload.saveFilePart: ${error.errorMessage}`);
        steps.sentBytes += bytes.length;
    }

    // mtcute pings by itself; a measured round trip means that its pong came back with the right id.
    const session = connection._session;
    for (let waits = 0; Number.isNaN(session.lastPingRtt) && waits < 100; waits++)
    {
        await new Promise((resume) => setTimeout(resume, 100));
    }
    expect(!Number.isNaN(session.lastPingRtt), 'no pong');
    steps.pong = true;
    steps.connections = transport.connections;
    await client.disconnect();
    await client.destroy();
    const secret = settings.secret.toLowerCase();
    return {
        transport: secret.length === 32 ? 'intermediate' : secret.startsWith('dd') ? 'padded' : 'fake-tls',
    };
});
