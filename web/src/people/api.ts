// Users, invitations, groups of cameras, tokens for programs, and the log of acts
// (docs/ref/api.md). Times are ms UTC.
import { call } from '../api';
import type { Role } from '../types';

export interface Factors {
    password: boolean;
    totp: boolean;
    webauthn: number; // security keys
    oidc: boolean;
}

export const hasSecond = ({ totp, webauthn }: Factors): boolean => totp || webauthn > 0;

export interface User {
    name: string;
    role: Role;
    groups: string[]; // whose cameras they see; none: all cameras
    created_ms: number;
    seen_ms: number | null; // null: never signed in
    factors: Factors;
}

export interface SessionInfo {
    id: string;
    created_ms: number;
    seen_ms: number;
    address: string;
    agent: string; // the browser's User-Agent
    current: boolean;
}

export interface Invited {
    id: number;
    name: string;
    role: Role;
    groups: string[];
    expires_ms: number;
}

export interface InvitedNow extends Invited {
    token: string; // shown this once
}

export interface Group {
    name: string;
    title: string;
    cameras: string[];
}

// What a token may be for; the API knows more rights, which belong to persons.
export const tokenRights = [
    'session',
    'live',
    'past',
    'export',
    'metrics',
    'areas',
    'cameras',
    'acts',
] as const;
export type TokenRight = (typeof tokenRights)[number];

interface TokenSaid {
    id: number;
    name: string;
    user: string; // who made it, and whose rights it cannot exceed
    rights: string[];
    groups: string[];
    expires_ms: number;
}

export interface Token extends TokenSaid {
    created_ms: number;
    used_ms: number | null; // null: never
}

export interface TokenMade extends TokenSaid {
    token: string; // shown this once
}

// A line of the log: an intent, or what became of one (docs/ref/formats/acts.md).
export interface ActLine {
    id: number;
    at: number;
    who?: string | null; // null: the desk itself
    what?: string;
    camera?: string | null;
    reason?: string | null;
    detail?: Record<string, unknown> | null;
    of?: number;
    outcome?: 'failed' | 'done';
    words?: string;
}

const part = encodeURIComponent;

export const peopleApi = {
    users: () => call<User[]>('GET', '/users'),
    change: (user: string, body: { role?: Role; groups?: string[] }) =>
        call<unknown>('PATCH', `/users/${part(user)}`, { body }),
    remove: (user: string) => call<unknown>('DELETE', `/users/${part(user)}`),
    sessions: (user: string) => call<SessionInfo[]>('GET', `/users/${part(user)}/sessions`),
    removeFactors: (user: string) => call<unknown>('DELETE', `/users/${part(user)}/factors`),
    // Roles that must have a second step.
    policy: () => call<{ roles: Role[] }>('GET', '/second-step'),
    savePolicy: (roles: Role[]) => call<unknown>('PUT', '/second-step', { body: { roles } }),
    endSessions: (user: string) => call<unknown>('DELETE', `/users/${part(user)}/sessions`),

    invitations: () => call<Invited[]>('GET', '/invitations'),
    invite: (body: { name: string; role: Role; groups: string[] }) =>
        call<InvitedNow>('POST', '/invitations', { body }),
    takeBack: (id: number) => call<unknown>('DELETE', `/invitations/${id}`),

    groups: () => call<Group[]>('GET', '/groups'),
    saveGroup: ({ name, title, cameras }: Group) =>
        call<unknown>('PUT', `/groups/${part(name)}`, { body: { title, cameras } }),
    removeGroup: (name: string) => call<unknown>('DELETE', `/groups/${part(name)}`),

    tokens: () => call<Token[]>('GET', '/tokens'),
    makeToken: (body: { name: string; rights: string[]; groups: string[]; expires_ms: number }) =>
        call<TokenMade>('POST', '/tokens', { body }),
    revokeToken: (id: number) => call<unknown>('DELETE', `/tokens/${id}`),

    acts: (before: number, limit: number) =>
        call<ActLine[]>('GET', `/acts?${before > 0 ? `before=${before}&` : ''}limit=${limit}`),
};
