// SPDX-License-Identifier: Apache-2.0
//
// What every client script shares: its settings, the datacenter's test key, the time limit and the one-line report.
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const LIMIT_MS = Number(process.env.MTPROXY_TIMEOUT_MS ?? 30_000);

/** Reads the settings: `node SCRIPT HOST PORT SECRET DC`, each with an environment variable in its place. */
export function readSettings()
{
    const [host, port, secret, dc] = process.argv.slice(2);
    const settings = {
        host: host ?? process.env.MTPROXY_HOST ?? '127.0.0.1',
        port: Number(port ?? process.env.MTPROXY_PORT),
        secret: secret ?? process.env.MTPROXY_SECRET,
        dc: Number(dc ?? process.env.MTPROXY_DC ?? 2),
        calls: Number(process.env.MTPROXY_CALLS ?? 3),
        key: readRsaKey(process.env.MTPROXY_RSA_PUBLIC_KEY),
    };
    if (!['127.0.0.1', '::1', 'localhost'].includes(settings.host))
    {
        throw new Error(`refused: ${settings.host} is not this machine`);
    }
    if (!Number.isInteger(settings.port) || settings.port < 1 || settings.port > 65_535 || !settings.secret)
    {
        throw new Error('usage: node SCRIPT HOST PORT SECRET [DC], with MTPROXY_RSA_PUBLIC_KEY=PEM-or-file');
    }
    return settings;
}

/** The datacenter's key as modulus, exponent and MTProto fingerprint (low 64 bits of SHA1 over both as TL strings). */
function readRsaKey(pemOrFile)
{
    if (!pemOrFile)
    {
        throw new Error('MTPROXY_RSA_PUBLIC_KEY is not set: the PEM text of the datacenter\'s public key, or its file');
    }
    const pem = pemOrFile.includes('-----BEGIN') ? pemOrFile : readFileSync(pemOrFile, 'utf8');
    const key = createPublicKey(pem);
    const jwk = key.export({ format: 'jwk' });
    const modulus = Buffer.from(jwk.n, 'base64url');
    const exponent = Buffer.from(jwk.e, 'base64url');
    const digest = createHash('sha1').update(tlString(modulus)).update(tlString(exponent)).digest();
    return {
        modulus,
        exponent,
        fingerprint: digest.readBigUInt64LE(12),
        pem: key.export({ type: 'pkcs1', format: 'pem' }),
    };
}

function tlString(data)
{
    const head = data.length < 254 ?
        Buffer.from([data.length]) :
        Buffer.from([254, data.length & 0xff, data.length >> 8 & 0xff, data.length >> 16]);
    return Buffer.concat([head, data, Buffer.alloc(-(head.length + data.length) & 3)]);
}

/** Runs a client to its end or to the time limit, prints one line of JSON and ends the process. */
export async function report(client, run)
{
    const startedMs = Date.now();
    const steps = {};
    const finish = (result) =>
    {
        const line = JSON.stringify({ client, ...result, steps, ms: Date.now() - startedMs });
        process.stdout.write(`${line}\n`, () => process.exit(result.ok ? 0 : 1));
    };
    const fail = (error) => finish({ ok: false, error: String(error?.stack ?? error).split('\n', 4).join(' | ') });
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
    setTimeout(() => fail(`no end after ${LIMIT_MS} ms`), LIMIT_MS);
    try
    {
        finish({ ok: true, ...await run(readSettings(), steps) });
    }
    catch (error)
    {
        fail(error);
    }
}

/** Throws unless what a client saw is what it should have seen. */
export function expect(condition, message)
{
    if (!condition)
    {
        throw new Error(`unexpected: ${message}`);
    }
}

/** Length of the datacenter's file. */
export const FILE_LENGTH = 5_000_001;

/** Length of the parts that clients fetch of the datacenter's file, and of what they send. */
export const PART_LENGTH = 512 * 1024;

/** Throws unless these are the bytes of the datacenter's file at this offset. */
export function expectFilePart(bytes, offset, length)
{
    expect(bytes.length === length, `a part of ${bytes.length} bytes`);
    for (let i = 0; i < bytes.length; i++)
    {
        const at = offset + i;
        const byte = (at * 31 + (at >>> 8) * 17 + (at >>> 16)) & 0xff;
        expect(bytes[i] === byte, `byte ${at} of the file is ${bytes[i]}, not ${byte}`);
    }
}
