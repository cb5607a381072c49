// A holder's share: opening its file, and whether it is of this vault. Two questions are kept apart:
// the checksum tells damage, the seal's tag then tells a wrong passphrase or token.
import { concat, same, utf8, wipe } from './bytes';
import { VaultError } from './failure';
import { isScalar, multiply, type Scalar } from './group';
import { hkdf, sha256 } from './hash';
import { parseShareFile, type ShareFile } from './shareFile';
import { sodium } from './sodium';
import type { Unlock } from './types';
import type { Holder, Vault } from './vault';

export interface Share {
    vaultId: Uint8Array;
    index: number;
    name: string;
    secret: Scalar; // wipe it
}

const keyBytes = 32;

function passphraseKey(file: ShareFile, unlock: Unlock): Uint8Array {
    if (file.protection.kind !== 'argon2id' || !('passphrase' in unlock))
        throw new VaultError('share_needs_passphrase', `the share of ${file.name} needs it`);
    const { passes, memoryKib, salt } = file.protection;
    const passphrase = utf8(unlock.passphrase);
    const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13;
    try {
        return sodium.crypto_pwhash(
            keyBytes,
            passphrase,
            salt,
            passes,
            memoryKib * 1024,
            algorithm,
        );
    } catch {
        throw new VaultError('memory', `not enough memory: ${Math.ceil(memoryKib / 1024)} MiB`);
    } finally {
        wipe(passphrase);
    }
}

export const tokenKeyOf = (answer: Uint8Array, salt: Uint8Array): Uint8Array =>
    hkdf(answer, salt, 'scrim-share/v1 fido2');

// `token` is what the token made of the file's salt (WebAuthn's PRF, token.ts).
function tokenKey(file: ShareFile, unlock: Unlock): Uint8Array {
    if (file.protection.kind !== 'fido2' || !('token' in unlock) || unlock.token.length !== 32)
        throw new VaultError('share_needs_token', `the share of ${file.name} needs its token`);
    return tokenKeyOf(unlock.token, file.protection.salt);
}

function unseal(file: ShareFile, unlock: Unlock): Scalar {
    if (file.protection.kind === 'none') return file.secret.slice();
    const withToken = file.protection.kind === 'fido2';
    const key = withToken ? tokenKey(file, unlock) : passphraseKey(file, unlock);
    try {
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            null,
            file.secret,
            file.binding,
            file.nonce,
            key,
        );
    } catch {
        throw withToken
            ? new VaultError('share_token', `another token than that of ${file.name}`)
            : new VaultError('share_passphrase', `wrong passphrase for ${file.name}`);
    } finally {
        wipe(key);
    }
}

export function openShare(bytes: Uint8Array, unlock: Unlock): Share {
    const file = parseShareFile(bytes);
    if (!file) throw new VaultError('share_damaged', 'damaged, or not a share');
    try {
        if (!same(sha256(concat(file.binding, file.secret)), file.checksum))
            throw new VaultError('share_damaged', 'the checksum does not fit');
        const secret = unseal(file, unlock);
        if (!isScalar(secret)) throw new VaultError('share_damaged', 'its secret is no scalar');
        return { vaultId: file.vaultId, index: file.index, name: file.name, secret };
    } finally {
        wipe(file.secret);
    }
}

// Whose share it is in this vault: x_i·G must be the Y_i that follows from the commitments.
export function holderOf(vault: Vault, share: Share): Holder {
    if (!same(share.vaultId, vault.id))
        throw new VaultError('share_vault', 'the share is of another vault');
    const holder = vault.holders[share.index - 1];
    const key = multiply(share.secret);
    if (!holder || !key || !same(key, holder.verifyKey))
        throw new VaultError('share_old', 'the share was replaced by a newer one');
    return holder;
}
