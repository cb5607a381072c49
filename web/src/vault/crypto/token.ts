// The security token of a share file, through the browser: what it makes of the file's salt by
// WebAuthn's PRF extension (level 3, 10.1.4). `scrim` asks a token for the same bytes by CTAP's
// hmac-secret, so one file opens in both. Runs in the page: a worker has no navigator.credentials.
import { askForKey, KeyError } from '../../webauthn';
import type { TokenProtection } from './types';

const secretBytes = 32;

// A browser uses a credential only under the name it was made for, or a name below that.
export function tokenAnswersHere(rpId: string, host = location.hostname): boolean {
    return host === rpId || host.endsWith(`.${rpId}`);
}

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
const random = (count: number): Uint8Array<ArrayBuffer> =>
    crypto.getRandomValues(new Uint8Array(count));

// 32 bytes that open the share file; wipe them. Throws a KeyError: `none` where nobody touched the
// token or it is another one (browsers do not tell the two apart), `unable` where the browser, the
// token or the desk's address rules it out.
export async function tokenAnswer(
    protection: TokenProtection,
    signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
    const credential = await askForKey(
        navigator.credentials.get({
            publicKey: {
                challenge: random(32), // nobody verifies: a wrong answer does not open the file
                rpId: protection.rpId,
                allowCredentials: [{ type: 'public-key', id: own(protection.credential) }],
                userVerification: 'required', // without it a token has another secret
                extensions: { prf: { eval: { first: own(protection.salt) } } },
            },
            ...(signal ? { signal } : {}),
        }),
    );
    const first = credential.getClientExtensionResults().prf?.results?.first;
    if (!(first instanceof ArrayBuffer) || first.byteLength !== secretBytes)
        throw new KeyError('unable');
    return new Uint8Array(first);
}

// A credential for one share file, on a token that is plugged in, not in an account that travels
// between devices; and a salt. Throws a KeyError.
export async function makeToken(holder: string): Promise<TokenProtection> {
    const rpId = location.hostname;
    const credential = await askForKey(
        navigator.credentials.create({
            publicKey: {
                challenge: random(32),
                rp: { id: rpId, name: 'Scrim' },
                user: { id: random(16), name: holder, displayName: holder },
                pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
                authenticatorSelection: {
                    authenticatorAttachment: 'cross-platform',
                    residentKey: 'discouraged',
                    userVerification: 'required',
                },
                attestation: 'none',
                extensions: { prf: {} },
            },
        }),
    );
    if (!credential.getClientExtensionResults().prf?.enabled) throw new KeyError('unable');
    return {
        kind: 'fido2',
        rpId,
        credential: new Uint8Array(credential.rawId),
        salt: random(32),
    };
}
