// What people do with their own account (docs/ref/api.md).
import { call } from '../api';
import type { SessionInfo } from '../people/api';
import type { CreationJson } from '../webauthn';

export interface Key {
    id: string;
    name: string;
    created_ms: number;
    seen_ms: number | null;
}

export interface MyFactors {
    password: boolean;
    totp: boolean;
    recovery: number; // codes that are left
    webauthn: Key[];
    oidc: boolean;
    required: boolean; // this role must have a second step
}

export const me = {
    password: (old: string, fresh: string) =>
        call<unknown>('POST', '/me/password', { body: { old, new: fresh } }),
    factors: () => call<MyFactors>('GET', '/me/factors'),
    beginTotp: (password: string) =>
        call<{ secret: string; uri: string }>('POST', '/me/totp', { body: { password } }),
    finishTotp: (code: string) =>
        call<{ recovery: string[] }>('PUT', '/me/totp', { body: { code } }),
    removeTotp: (password: string) =>
        call<unknown>('POST', '/me/totp/remove', { body: { password } }),
    beginKey: (password: string) =>
        call<CreationJson>('POST', '/me/webauthn', { body: { password } }),
    finishKey: (name: string, credential: unknown) =>
        call<{ recovery?: string[] } | undefined>('PUT', '/me/webauthn', {
            body: { name, credential },
        }),
    removeKey: (id: string) => call<unknown>('DELETE', `/me/webauthn/${encodeURIComponent(id)}`),
    renewRecovery: (password: string) =>
        call<{ recovery: string[] }>('POST', '/me/recovery', { body: { password } }),
    sessions: () => call<SessionInfo[]>('GET', '/me/sessions'),
    endSession: (id: string) => call<unknown>('DELETE', `/me/sessions/${encodeURIComponent(id)}`),
};
