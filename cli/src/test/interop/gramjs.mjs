// SPDX-License-Identifier: Apache-2.0
//
// GramJS through the proxy: abridged transport, key exchange with the test key, encrypted ping and RPC calls.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, expectFilePart, FILE_LENGTH, PART_LENGTH, report } from './settings.mjs';

const require = createRequire(import.meta.url);
const bigInt = require('big-integer');
const { Api } = require('telegram');
const { LAYER } = require('telegram/tl/AllTLObjects');
const { _serverKeys: serverKeys } = require('telegram/crypto/RSA');
const { AuthKey } = require('telegram/crypto/AuthKey');
const { Logger, PromisedNetSockets } = require('telegram/extensions');
const { ConnectionTCPMTProxyAbridged } = require('telegram/network/connection/TCPMTProxy');
const { MTProtoSender } = require('telegram/network/MTProtoSender');

await report('gramjs', async (settings, steps) =>
{
    serverKeys.clear();
    serverKeys.set(BigInt.asIntN(64, settings.key.fingerprint).toString(), {
        n: bigInt(settings.key.modulus.toString('hex'), 16),
        e: Number(`0x${settings.key.exponent.toString('hex')}`),
    });

    const logger = new Logger(process.env.MTPROXY_DEBUG ? 'debug' : 'none');
    const keys = [];
    const sender = new MTProtoSender(new AuthKey(), {
        logger,
        dcId: settings.dc,
        retries: 1,
        reconnectRetries: 0,
        delay: 1,
        autoReconnect: false,
        connectTimeout: 10_000,
        authKeyCallback: (key) => keys.push(key),
        isMainSender: true,
        client: { _errorHandler: (error) => { throw error; } },
        onConnectionBreak: () => { throw new Error('the connection broke'); },
        securityChecks: true,
        _exportedSenderPromises: new Map(),
    });
    const connection = new ConnectionTCPMTProxyAbridged({
        // Never used: with a proxy only the proxy's address counts. TEST-NET-1 leads nowhere if that ever changes.
        ip: '192.0.2.1',
        port: 9,
        dcId: settings.dc,
        loggers: logger,
        proxy: { ip: settings.host, port: settings.port, secret: settings.secret, MTProxy: true },
        socket: PromisedNetSockets,
        testServers: false,
    });

    expect(await sender.connect(connection, false), 'connect() gave up');
    expect(keys.length === 1, `${keys.length} keys were made`);
    steps.authKeyId = keys[0].keyId.toString();

    const pingId = bigInt('1234567890123456789');
    const pong = await sender.send(new Api.Ping({ pingId }));
    expect(pong.className === 'Pong' && pong.pingId.eq(pingId), `answer to ping: ${pong?.className}`);
    steps.pong = pong.pingId.toString();

    const nearest = await sender.send(new Api.InvokeWithLayer({
        layer: LAYER,
        query: new Api.InitConnection({
            apiId: 1,
            deviceModel: 'interop',
            systemVersion: '1',
            appVersion: '1',
            systemLangCode: 'en',
            langPack: '',
            langCode: 'en',
            query: new Api.help.GetNearestDc(),
        }),
    }));
    expect(nearest.className === 'NearestDc', `answer to help.getNearestDc: ${nearest?.className}`);
    steps.nearestDc = { country: nearest.country, thisDc: nearest.thisDc, nearestDc: nearest.nearestDc };

    steps.calls = 0;
    for (const answer of await Promise.all(
        Array.from({ length: settings.calls }, () => sender.send(new Api.help.GetNearestDc()))))
    {
        expect(answer.className === 'NearestDc', `answer to a later call: ${answer?.className}`);
        steps.calls++;
    }
    steps.fileBytes = 0;
    for (const offset of [0, PART_LENGTH, 4_500_000])
    {
        const part = await sender.send(new Api.upload.GetFile({
            location: new Api.InputDocumentFileLocation({
                id: bigInt.one,
                accessHash: bigInt.one,
                fileReference: Buffer.alloc(0),
                thumbSize: '',
            }),
            offset: bigInt(offset),
            limit: PART_LENGTH,
        }));
        expect(part.className === 'upload.File', `answer to upload.getFile: ${part?.className}`);
        expectFilePart(part.bytes, offset, Math.min(PART_LENGTH, FILE_LENGTH - offset));
        steps.fileBytes += part.bytes.length;
    }

    // Long in the other direction; the datacenter keeps nothing and says so, after it has read and decrypted it all.
    // Random bytes cross as they are, zeros packed.
    steps.sentBytes = 0;
    for (const bytes of [randomBytes(PART_LENGTH), Buffer.alloc(PART_LENGTH)])
    {
        const error = await sender
            .send(new Api.upload.SaveFilePart({ fileId: bigInt.one, filePart: 0, bytes }))
            .catch((refusal) => refusal);
        expect(error.errorMessage === 'METHOD_NOT_SIMULATED', `answer to upload.saveFilePart: ${error}`);
        steps.sentBytes += bytes.length;
    }

    await sender.disconnect();
    return { transport: 'abridged' };
});
