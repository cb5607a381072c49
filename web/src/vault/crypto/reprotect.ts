// The same share in another file, under a security token.
import { concat, hex, utf8, wipe } from './bytes';
import { sha256 } from './hash';
import { openShare, type Share, tokenKeyOf } from './share';
import { bindingOf } from './shareFile';
import { sodium } from './sodium';
import type { TokenProtection, Unlock } from './types';

export interface ProtectInput {
    share: Uint8Array; // the file as it is; wiped
    unlock: Unlock;
    token: TokenProtection;
    answer: Uint8Array; // what the token makes of token.salt; wiped
}

function sealed(share: Share, { token, answer }: ProtectInput): Uint8Array<ArrayBuffer> {
    const nonce = sodium.randombytes_buf(24);
    const { vaultId, index, name } = share;
    const binding = bindingOf({ vaultId, index, name, protection: token, nonce });
    const key = tokenKeyOf(answer, token.salt);
    const secret = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        share.secret,
        binding,
        null,
        nonce,
        key,
    );
    wipe(key);
    const file = {
        format: 'scrim-share/v1',
        vault: hex(vaultId),
        index,
        name,
        protection: token.kind,
        rp_id: token.rpId,
        credential: hex(token.credential),
        salt: hex(token.salt),
        nonce: hex(nonce),
        sealed: hex(secret),
        checksum: hex(sha256(concat(binding, secret))),
    };
    return concat(utf8(`${JSON.stringify(file, null, 2)}\n`));
}

// Whether the file opens so, before a person is asked for more. Wipes both.
export function tryShare({ share, unlock }: Pick<ProtectInput, 'share' | 'unlock'>): void {
    try {
        wipe(openShare(share, unlock).secret);
    } finally {
        wipe(share, 'token' in unlock ? unlock.token : null);
    }
}

// The bytes of the new file. It is opened again before anybody keeps it.
export function protectShare(input: ProtectInput): Uint8Array<ArrayBuffer> {
    let share: Share | null = null;
    let again: Share | null = null;
    try {
        share = openShare(input.share, input.unlock);
        const file = sealed(share, input);
        again = openShare(file, { token: input.answer });
        return file;
    } finally {
        const { unlock } = input;
        wipe(share?.secret, again?.secret, input.share, input.answer);
        wipe('token' in unlock ? unlock.token : null);
    }
}
