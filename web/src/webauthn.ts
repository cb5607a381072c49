// Security keys and passkeys (WebAuthn level 3): what the server says in JSON into what browsers
// take, and back. Written out, since parseRequestOptionsFromJSON() and toJSON() are newer than the
// browsers that the desk supports.

function toBytes(text: string): Uint8Array<ArrayBuffer> {
    const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function toText(buffer: ArrayBuffer): string {
    const binary = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

interface DescriptorJson {
    id: string;
    type: PublicKeyCredentialType;
    transports?: AuthenticatorTransport[];
}

export interface CreationJson {
    challenge: string;
    rp: PublicKeyCredentialRpEntity;
    user: { id: string; name: string; displayName: string };
    pubKeyCredParams: PublicKeyCredentialParameters[];
    excludeCredentials?: DescriptorJson[];
    timeout?: number;
    attestation?: AttestationConveyancePreference;
    authenticatorSelection?: AuthenticatorSelectionCriteria;
}

export interface RequestJson {
    challenge: string;
    rpId?: string;
    allowCredentials?: DescriptorJson[];
    timeout?: number;
    userVerification?: UserVerificationRequirement;
}

const descriptor = (json: DescriptorJson): PublicKeyCredentialDescriptor => ({
    ...json,
    id: toBytes(json.id),
});

// The browser asks the person for a key; this error says that nothing came of it.
export class KeyError extends Error {
    constructor(readonly why: 'none' | 'known' | 'unable' | 'failed') {
        super(why);
    }
}

export const canUseKeys = (): boolean => typeof globalThis.PublicKeyCredential === 'function';

function failure(error: unknown): KeyError {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotAllowedError' || name === 'AbortError') return new KeyError('none');
    if (name === 'InvalidStateError') return new KeyError('known');
    if (name === 'SecurityError' || name === 'NotSupportedError') return new KeyError('unable');
    return new KeyError('failed');
}

export async function askForKey(asking: Promise<Credential | null>): Promise<PublicKeyCredential> {
    const credential = await asking.catch((error: unknown) => {
        throw failure(error);
    });
    if (!(credential instanceof PublicKeyCredential)) throw new KeyError('none');
    return credential;
}

const envelope = (credential: PublicKeyCredential) => ({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    ...(credential.authenticatorAttachment
        ? { authenticatorAttachment: credential.authenticatorAttachment }
        : {}),
    clientExtensionResults: {},
});

// RegistrationResponseJSON
export async function createKey(options: CreationJson): Promise<unknown> {
    const credential = await askForKey(
        navigator.credentials.create({
            publicKey: {
                ...options,
                challenge: toBytes(options.challenge),
                user: { ...options.user, id: toBytes(options.user.id) },
                excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
            },
        }),
    );
    const response = credential.response as AuthenticatorAttestationResponse;
    return {
        ...envelope(credential),
        response: {
            clientDataJSON: toText(response.clientDataJSON),
            attestationObject: toText(response.attestationObject),
            transports: response.getTransports(),
        },
    };
}

// AuthenticationResponseJSON
export async function useKey(options: RequestJson): Promise<unknown> {
    const credential = await askForKey(
        navigator.credentials.get({
            publicKey: {
                ...options,
                challenge: toBytes(options.challenge),
                allowCredentials: (options.allowCredentials ?? []).map(descriptor),
            },
        }),
    );
    const response = credential.response as AuthenticatorAssertionResponse;
    return {
        ...envelope(credential),
        response: {
            clientDataJSON: toText(response.clientDataJSON),
            authenticatorData: toText(response.authenticatorData),
            signature: toText(response.signature),
            ...(response.userHandle ? { userHandle: toText(response.userHandle) } : {}),
        },
    };
}
