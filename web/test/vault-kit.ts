// What the tests of the vault's cryptography open: vaults, shares, sealed segments and documents,
// made here as the formats say, with the randomness of the run.
import { recipientOf, recipientText } from '../src/vault/crypto/age';
import { writeHeader } from '../src/vault/crypto/ageHeader';
import { chunkBytes, payloadKey, sealChunk } from '../src/vault/crypto/agePayload';
import { base64, concat, fromHex, hex, u16, u32, u64, u8, utf8 } from '../src/vault/crypto/bytes';
import { multiply, scalarOf, secondGenerator, type Scalar } from '../src/vault/crypto/group';
import { hkdf, sha256 } from '../src/vault/crypto/hash';
import { signingKey } from '../src/vault/crypto/holderKey';
import { encodeLabel, type Label } from '../src/vault/crypto/label';
import { sealAge } from '../src/vault/crypto/age';
import { sodium } from '../src/vault/crypto/sodium';
import { challenge } from '../src/vault/crypto/transcript';
import type { PublicVault, SegmentEntry } from '../src/vault/crypto/types';
import { parseVault } from '../src/vault/crypto/vault';

export const must = <T>(value: T | null | undefined): T => {
    if (value === null || value === undefined) throw new Error('missing');
    return value;
};

export interface Dealt {
    json: PublicVault;
    shares: Scalar[]; // of holder 1 … n
}

// f(index), coefficients f(0) first.
function evaluate(coefficients: readonly Scalar[], index: number): Scalar {
    let sum = must(coefficients.at(-1));
    for (const coefficient of [...coefficients].reverse().slice(1)) {
        sum = sodium.crypto_core_ristretto255_scalar_mul(sum, scalarOf(index));
        sum = sodium.crypto_core_ristretto255_scalar_add(sum, coefficient);
    }
    return sum;
}

export const randomScalar = (): Scalar => sodium.crypto_core_ristretto255_scalar_random();

// `secret` keeps the vault: another dealing of the same one.
export function deal(k: number, names: string[], secret = randomScalar(), dealing = 1): Dealt {
    const coefficients = [secret, ...Array.from({ length: k - 1 }, randomScalar)];
    const shares = names.map((_, i) => evaluate(coefficients, i + 1));
    const commitments = coefficients.map((each) => hex(must(multiply(each))));
    const publicKey = must(multiply(secret));
    const id = sha256(concat(utf8('scrim-vault/v1'), publicKey)).slice(0, 16);
    const holders = names.map((name, i) => {
        const share = { vaultId: id, index: i + 1, name, secret: must(shares[i]) };
        return {
            index: i + 1,
            name,
            line: `line ${(i % 2) + 1}`,
            verify_key: hex(must(multiply(share.secret))),
            sign_key: hex(signingKey(share).publicKey),
        };
    });
    const json = {
        id: hex(id),
        dealing,
        threshold: k,
        public_key: hex(publicKey),
        commitments,
        holders,
    };
    return { json, shares };
}

// A share file, bare or under a passphrase (the cheapest Argon2id that a file may ask for) or token.
export function shareFile(
    { json, shares }: Dealt,
    index: number,
    under: { passphrase: string } | { token: Uint8Array } | null = null,
): Uint8Array {
    const vaultId = must(fromHex(json.id, 16));
    const name = must(json.holders[index - 1]).name;
    const secret = must(shares[index - 1]);
    const salt = sodium.randombytes_buf(under && 'token' in under ? 32 : 16);
    const nonce = sodium.randombytes_buf(24);
    const credential = utf8('credential');
    const head = concat(
        utf8('scrim-share/v1'),
        vaultId,
        u16(index),
        u8(utf8(name).length),
        utf8(name),
    );
    const readable = { format: 'scrim-share/v1', vault: json.id, index, name };
    const finish = (members: object, binding: Uint8Array, sealed: Uint8Array): Uint8Array =>
        utf8(
            JSON.stringify({
                ...readable,
                ...members,
                [under ? 'sealed' : 'secret']: hex(sealed),
                checksum: hex(sha256(concat(binding, sealed))),
            }),
        );
    if (!under) return finish({ protection: 'none' }, concat(head, u8(0)), secret);
    const common = { salt: hex(salt), nonce: hex(nonce) };
    const seal = (binding: Uint8Array, key: Uint8Array): Uint8Array =>
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(secret, binding, null, nonce, key);
    if ('token' in under) {
        const rp = 'site.example';
        const binding = concat(
            head,
            u8(2),
            u8(rp.length),
            utf8(rp),
            u16(credential.length),
            credential,
            salt,
            nonce,
        );
        const sealed = seal(binding, hkdf(under.token, salt, 'scrim-share/v1 fido2'));
        const members = { protection: 'fido2', rp_id: rp, credential: hex(credential), ...common };
        return finish(members, binding, sealed);
    }
    const binding = concat(head, u8(1), u32(1), u32(8), salt, nonce);
    const key = sodium.crypto_pwhash(32, under.passphrase, salt, 1, 8192, 2);
    const members = { protection: 'argon2id', passes: 1, memory_kib: 8, ...common };
    return finish(members, binding, seal(binding, key));
}

export interface Sealing {
    site: string;
    camera: string;
    startUs: number;
    hourKey: Uint8Array;
}

// The arguments and body of a stanza: TDH2 by the formulas, from random r and s.
export function seal(json: PublicVault, what: Sealing, fileKey: Uint8Array) {
    const label: Label = {
        vaultId: must(fromHex(json.id, 16)),
        site: what.site,
        camera: what.camera,
        startUs: BigInt(what.startUs),
        hour: BigInt(what.startUs) / 3_600_000_000n,
    };
    const labelBytes = encodeLabel(label);
    const [r, s] = [randomScalar(), randomScalar()];
    const y = must(fromHex(json.public_key, 32));
    const [u, uBar] = [must(multiply(r)), must(multiply(r, secondGenerator))];
    const [w, wBar] = [must(multiply(s)), must(multiply(s, secondGenerator))];
    const z = must(multiply(r, y));
    const info = concat(utf8('scrim-tdh2/v1 wrap'), labelBytes);
    const key = hkdf(concat(z, what.hourKey), concat(u, label.vaultId), info);
    const nonce = new Uint8Array(12);
    const c = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(fileKey, null, null, nonce, key);
    const parts = [c, u16(labelBytes.length), labelBytes, u, w, uBar, wBar];
    const e = challenge('scrim-tdh2/v1 seal', ...parts);
    const f = sodium.crypto_core_ristretto255_scalar_add(
        s,
        sodium.crypto_core_ristretto255_scalar_mul(r, e),
    );
    const args = [label.vaultId, labelBytes, u, uBar, e, f].map(base64);
    return { args: ['scrim-tdh2', ...args], body: c };
}

export interface SealedFile {
    header: Uint8Array;
    fileKey: Uint8Array;
    nonce: Uint8Array;
    bytes: Uint8Array; // the whole file
}

// `torn`: without a last chunk, and the bytes of an unfinished one left out.
export function sealFile(
    json: PublicVault,
    what: Sealing,
    plain: Uint8Array,
    torn = false,
): SealedFile {
    const fileKey = sodium.randombytes_buf(16);
    const nonce = sodium.randombytes_buf(16);
    const header = writeHeader([seal(json, what, fileKey)], fileKey);
    const key = payloadKey(fileKey, nonce);
    const count = torn
        ? Math.floor(plain.length / chunkBytes)
        : Math.ceil(plain.length / chunkBytes);
    const chunks = Array.from({ length: count }, (_, i) => {
        const chunk = plain.subarray(i * chunkBytes, (i + 1) * chunkBytes);
        return sealChunk(key, i, !torn && i === count - 1, chunk);
    });
    return { header, fileKey, nonce, bytes: concat(header, nonce, ...chunks) };
}

// One slot of a tail file (docs/ref/formats/segment.md, "Tail").
export function tailSlot(file: SealedFile, chunk: number, plain: Uint8Array): Uint8Array {
    const key = hkdf(file.fileKey, file.nonce, 'scrim tail/v1');
    const nonce = sodium.randombytes_buf(24);
    const magic = concat(utf8('SCRMTAIL'), Uint8Array.of(1, 0, 0, 0));
    const head = concat(magic, u32(plain.length), u64(chunk), file.nonce, nonce);
    const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, head, null, nonce, key);
    return concat(head, sealed, sha256(concat(head, sealed)));
}

export function tailFile(...slots: Uint8Array[]): Uint8Array {
    const file = new Uint8Array(3 * 69_632);
    slots.forEach((slot, i) => file.set(slot, i * 69_632));
    return file;
}

export const hourUs = 3_600_000_000;
export const startUs = 1_795_000_000_000_000 - (1_795_000_000_000_000 % hourUs);

// Documents around files: what the desk would store. `change` alters the request before it is hashed.
export function documents(
    files: { file: SealedFile; entry: Partial<SegmentEntry> }[],
    vaults: Dealt[],
    identity: Uint8Array,
    change: object = {},
) {
    const segments = utf8(
        JSON.stringify({
            format: 'scrim-segments/v1',
            segments: files.map(({ file, entry }) => ({
                camera: entry.camera ?? 'quay',
                file: entry.file ?? '2026-11-18/000000.mp4.age',
                disk: entry.disk ?? 'one',
                start_us: entry.startUs ?? startUs,
                end_us: entry.endUs ?? (entry.startUs ?? startUs) + 60_000_000,
                bytes: entry.bytes ?? file.bytes.length,
                whole: entry.whole ?? true,
                header: base64(entry.header ?? file.header),
            })),
        }),
    );
    const request = utf8(
        JSON.stringify({
            format: 'scrim-request/v1',
            site: 'harbour',
            number: 7,
            who: 'olga',
            cameras: ['quay'],
            from_us: startUs,
            to_us: startUs + hourUs,
            purpose: 'crime',
            reason: 'A theft at the north gate.',
            legal_basis: 'GDPR Art. 6(1)(f)',
            incident: '2026-118',
            recipient: recipientText(recipientOf(identity)),
            export_to: null,
            created_us: startUs + hourUs,
            expires_us: startUs + 25 * hourUs,
            view_s: 600,
            vaults: vaults.map(({ json }) => ({
                id: json.id,
                dealing: hex(parseVault(json).dealingId),
            })),
            segments: files.length,
            segments_sha256: hex(sha256(segments)),
            log: { seq: 12, line: 'ab'.repeat(32) },
            ...change,
        }),
    );
    return { request, segments, id: sha256(request) };
}

export function hourKeyFile(
    identity: Uint8Array,
    id: Uint8Array,
    keys: { camera: string; hour: number; key: Uint8Array }[],
): Uint8Array {
    const entries = keys.map(({ camera, hour, key }) =>
        concat(utf8(camera.padEnd(32, '\0')), u64(hour), key),
    );
    const plain = concat(utf8('scrim-hour-keys/v1'), id, u32(keys.length), ...entries);
    return must(sealAge(plain, recipientOf(identity)));
}
