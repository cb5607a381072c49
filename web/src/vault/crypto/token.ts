// The security token of a share file, through the browser: what it makes of the file's salt by
// WebAuthn's PRF extension (level 3, 10.1.4). `scrim` asks a token for the same bytes by CTAP's
// hmac-secret, so one file opens in both. Runs in the page: a worker has no navigator.credentials.
import { askForKey, KeyError } from '../../webauthn';
import type { Protection } from './shareFile';

export type TokenProtection = Extract<Protection, { kind: 'fido2' }>;

// A browser uses a credential only under the name it was made for, or a name below that.
export function tokenAnswersHere(rpId: string, host = location.hostname): boolean {
    return host === rpId || host.endsWith(`.${rpId}`);
}

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

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
                // Nobody verifies the signature: a wrong answer does not open the file.
                challenge: crypto.getRandomValues(new Uint8Array(32)),
                rpId: protection.rpId,
                allowCredentials: [{ type: 'public-key', id: own(protection.credential) }],
                userVerification: 'required', // without it a token has another secret
                extensions: { prf: { eval: { first: own(protection.salt) } } },
            },
            ...(signal ? { signal } : {}),
        }),
    );
    const first = credential.getClientExtensionResults().prf?.results?.first;
    if (!(first instanceof ArrayBuffer) || first.byteLength !== 32) throw new KeyError('unable');
    return new Uint8Array(first);
}
