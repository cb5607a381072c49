// What somebody types about a camera, and what is wrong with it. Pure.
import type { Address, CameraConfig, CameraWish, Keep, Transport } from './api';

export interface Draft {
    url: string;
    user: string;
    password: string;
    transport: Transport;
    fingerprint: string;
    sub: string;
    name: string;
    purpose: string;
    legalBasis: string;
    retention: string; // hours, as typed
    reason: string;
    record: Keep;
}

export type DraftProblem = 'url' | 'credentials' | 'name' | 'purpose' | 'retention' | 'reason';
export type DraftField = 'url' | 'name' | 'purpose' | 'retention' | 'reason';

const freeHours = 72; // longer needs a reason
const hoursMax = 87_600;

export const blankDraft: Draft = {
    url: 'rtsp://',
    user: '',
    password: '',
    transport: 'auto',
    fingerprint: '',
    sub: '',
    name: '',
    purpose: '',
    legalBasis: '',
    retention: String(freeHours),
    reason: '',
    record: 'original',
};

export function draftOf(config: CameraConfig): Draft {
    return {
        url: config.url,
        user: config.user ?? '',
        password: '',
        transport: config.transport,
        fingerprint: config.tls_fingerprint ?? '',
        sub: config.sub ?? '',
        name: config.name ?? '',
        purpose: config.purpose ?? '',
        legalBasis: config.legal_basis ?? '',
        retention: String(config.retention_hours),
        reason: config.retention_reason ?? '',
        record: config.record,
    };
}

export function needsReason(draft: Draft): boolean {
    return Number(draft.retention) > freeHours;
}

export function addressProblem({ url }: Draft): DraftProblem | null {
    const match = /^rtsps?:\/\/([^/?#]+)/.exec(url.trim());
    if (!match?.[1]) return 'url';
    return match[1].includes('@') ? 'credentials' : null;
}

export function draftProblems(draft: Draft): Partial<Record<DraftField, DraftProblem>> {
    const hours = Number(draft.retention);
    const found: Partial<Record<DraftField, DraftProblem>> = {};
    const address = addressProblem(draft);
    if (address) found.url = address;
    if (!draft.name.trim()) found.name = 'name';
    if (!draft.purpose.trim()) found.purpose = 'purpose';
    if (!Number.isInteger(hours) || hours < 1 || hours > hoursMax) found.retention = 'retention';
    else if (needsReason(draft) && !draft.reason.trim()) found.reason = 'reason';
    return found;
}

// What the live test needs of it.
export function addressOf(draft: Draft): Address {
    return {
        url: draft.url.trim(),
        transport: draft.transport,
        ...(draft.user.trim() ? { user: draft.user.trim() } : {}),
        ...(draft.password ? { password: draft.password } : {}),
        ...(draft.fingerprint.trim() ? { tls_fingerprint: draft.fingerprint.trim() } : {}),
    };
}

const given = (typed: string): string | null => typed.trim() || null;

export function wishOf(draft: Draft): CameraWish {
    return {
        url: draft.url.trim(),
        user: given(draft.user),
        transport: draft.transport,
        tls_fingerprint: given(draft.fingerprint),
        sub: given(draft.sub),
        name: draft.name.trim(),
        purpose: draft.purpose.trim(),
        legal_basis: given(draft.legalBasis),
        retention_hours: Number(draft.retention),
        retention_reason: needsReason(draft) ? given(draft.reason) : null,
        record: draft.record,
        ...(draft.password ? { password: draft.password } : {}),
    };
}

// What of it differs from what is written: nobody overwrites what somebody else changed meanwhile.
export function changesOf(draft: Draft, config: CameraConfig): CameraWish {
    const wish = wishOf(draft);
    const before: CameraWish = wishOf(draftOf(config));
    const changed = Object.entries(wish).filter(
        ([key, value]) => value !== before[key as keyof CameraWish],
    );
    return Object.fromEntries(changed);
}
