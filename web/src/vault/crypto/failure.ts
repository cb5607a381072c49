// The one way in which everything in this folder fails: a code that the room has words for, and
// who or what it is about. The sentence is for logs and tests.

export type FailureCode =
    // The holder's share.
    | 'share_damaged' // not a share file, or its checksum does not fit
    | 'share_needs_passphrase'
    | 'share_needs_token'
    | 'share_passphrase' // the wrong one
    | 'share_token' // the wrong one
    | 'share_vault' // of another vault
    | 'share_old' // of this vault, but of another dealing of it: replaced by a refresh
    | 'memory' // not enough for the passphrase's Argon2id
    // Documents that the desk served.
    | 'vault' // the public part is malformed, or one thing in it does not follow from another
    | 'request' // malformed
    | 'segments' // malformed, or not the list that the request names
    | 'not_covered' // a segment's label lies outside the request: `segment`
    | 'seal' // a segment's seal was changed, or moved to another label: `segment`
    | 'other_vault' // the request asks nothing of this vault, or of this dealing of it
    | 'expired' // the request; it may still be refused
    | 'reason' // missing in a refusal, or longer than 500 characters
    // What holders sent: `holder` has a name wherever one is known.
    | 'decision' // malformed, or for another request
    | 'signature'
    | 'partials' // malformed, or not for this identity
    | 'partial' // wrong for this segment and request: `holder` lies
    | 'too_few' // fewer than k of them
    // What the site sent.
    | 'hour_keys' // malformed, or for another request or identity
    | 'hour_shredded' // there is no key for the hour of `segment`
    | 'hour_key' // it is not the one that `segment` was sealed with
    | 'file' // the sealed file is not the one of the list, or was damaged: `segment`
    | 'file_short' // it ends before its last chunk: `segment`
    // The requester's keys.
    | 'identity' // malformed, or not the one that the request was made with
    | 'recipient' // not an `age1…`
    | 'age' // not an age file, or not for us
    // Neither side's fault.
    | 'cancelled'
    | 'worker'; // the browser could not start or run it

export interface About {
    holder?: string | null; // a name
    segment?: number | null; // index in the request's list
}

export class VaultError extends Error {
    readonly holder: string | null;
    readonly segment: number | null;

    constructor(
        readonly code: FailureCode,
        text: string,
        about: About = {},
    ) {
        super(text);
        this.name = 'VaultError';
        this.holder = about.holder ?? null;
        this.segment = about.segment ?? null;
    }
}
