// A holder's signing key (Ed25519, RFC 8032), which follows from the share: whoever can open can
// sign, nobody else, and the public part lists the keys.
import { concat, u16, utf8, wipe } from './bytes';
import { hkdf } from './hash';
import type { Share } from './share';
import { sodium } from './sodium';

export interface SigningKey {
    publicKey: Uint8Array;
    privateKey: Uint8Array; // wipe it
}

// seed = HKDF-SHA-256(ikm x_i, salt vault id, info "scrim-holder-sign/v1" ‖ u16 i)
export function signingKey(share: Share): SigningKey {
    const info = concat(utf8('scrim-holder-sign/v1'), u16(share.index));
    const seed = hkdf(share.secret, share.vaultId, info);
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
    wipe(seed);
    return { publicKey, privateKey };
}
