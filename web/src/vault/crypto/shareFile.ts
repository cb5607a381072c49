// What a share file says without being opened (docs/ref/formats/vault.md, "Share file"). Needs no
// libsodium, so that the page can tell at once what to ask the holder for; the checksum is
// share.ts's part.
import { concat, fromHex, u16, u32, u8, utf8 } from './bytes';
import { isHolderName } from './holderName';
import { Members, parseJson } from './json';

export type Protection =
    | { kind: 'none' }
    | { kind: 'argon2id'; passes: number; memoryKib: number; salt: Uint8Array }
    | { kind: 'fido2'; rpId: string; credential: Uint8Array; salt: Uint8Array };

export interface ShareFile {
    vaultId: Uint8Array; // 16 bytes
    index: number;
    name: string;
    protection: Protection;
    nonce: Uint8Array; // empty for a bare share
    secret: Uint8Array; // sealed, 48 bytes; bare: 32, the share itself. Wipe it.
    binding: Uint8Array; // every readable field: associated data of the seal
    checksum: Uint8Array;
}

const maxBytes = 16 * 1024;
const maxCredential = 1023;

const bytesOf =
    (count: number) =>
    (text: string): Uint8Array | null =>
        fromHex(text, count);

function credentialOf(text: string): Uint8Array | null {
    const count = text.length / 2;
    return count >= 1 && count <= maxCredential ? fromHex(text, Math.floor(count)) : null;
}

// A host name as browsers take it for a relying party: lower-case labels, no IP address.
export function isRpId(text: string): boolean {
    const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
    const labels = text.split('.');
    return (
        text.length <= 253 &&
        labels.every((each) => label.test(each)) &&
        !/^[0-9]+$/.test(labels.at(-1) ?? '')
    );
}

function readProtection(members: Members): Protection | null {
    const kind = members.matching('protection', /^(?:none|argon2id|fido2)$/);
    if (kind === 'none') return { kind };
    if (kind === 'argon2id')
        return {
            kind,
            // What a file may ask of us: bounded before anything is spent.
            passes: members.integer('passes', 1, 10),
            memoryKib: members.integer('memory_kib', 8, 1024 * 1024),
            salt: members.bytes('salt', bytesOf(16)),
        };
    if (kind !== 'fido2') return null;
    const rpId = members.text('rp_id', 253);
    members.require(isRpId(rpId));
    return {
        kind,
        rpId,
        credential: members.bytes('credential', credentialOf),
        salt: members.bytes('salt', bytesOf(32)),
    };
}

function protectionBytes(protection: Protection): Uint8Array {
    switch (protection.kind) {
        case 'none':
            return u8(0);
        case 'argon2id':
            return concat(
                u8(1),
                u32(protection.passes),
                u32(protection.memoryKib),
                protection.salt,
            );
        case 'fido2':
            return concat(
                u8(2),
                u8(protection.rpId.length),
                utf8(protection.rpId),
                u16(protection.credential.length),
                protection.credential,
                protection.salt,
            );
    }
}

// Every readable field: what the secret is sealed with, and the start of the checksum.
export function bindingOf(
    file: Pick<ShareFile, 'vaultId' | 'index' | 'name' | 'protection' | 'nonce'>,
): Uint8Array {
    return concat(
        utf8('scrim-share/v1'),
        file.vaultId,
        u16(file.index),
        u8(utf8(file.name).length),
        utf8(file.name),
        protectionBytes(file.protection),
        file.nonce,
    );
}

// Null for what is no share file.
export function parseShareFile(bytes: Uint8Array): ShareFile | null {
    if (bytes.length > maxBytes) return null;
    const members = new Members(parseJson(bytes));
    members.constant('format', 'scrim-share/v1');
    const vaultId = members.bytes('vault', bytesOf(16));
    const index = members.integer('index', 1, 64);
    const name = members.text('name', 63);
    members.require(isHolderName(name));
    const protection = readProtection(members);
    const bare = protection?.kind === 'none';
    const nonce = bare ? new Uint8Array() : members.bytes('nonce', bytesOf(24));
    const secret = bare
        ? members.bytes('secret', bytesOf(32))
        : members.bytes('sealed', bytesOf(48));
    const checksum = members.bytes('checksum', bytesOf(32));
    if (!members.done() || !protection) return null;
    const binding = bindingOf({ vaultId, index, name, protection, nonce });
    return { vaultId, index, name, protection, nonce, secret, binding, checksum };
}
