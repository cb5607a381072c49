// Routes that need no session: the ways in.
import { call, keepToken } from '../api';
import type { Role, Session } from '../types';

export interface Ways {
    oidc: { name: string } | null; // the provider that people sign in at, by its name for people
    first_run: boolean; // nobody can sign in yet
}

export interface Invitation {
    name: string;
    role: Role;
    site: string;
}

export type Proof = { totp: string } | { recovery: string } | { webauthn: unknown };

export const oidcUrl = '/api/v1/session/oidc';

export const door = {
    ways: () => call<Ways>('GET', '/session/ways'),
    second: (ticket: string, proof: Proof) =>
        call<Session>('POST', '/session/second', { body: { ticket, ...proof } }).then(keepToken),
    look: (token: string) => call<Invitation>('POST', '/invitations/look', { body: { token } }),
    accept: (token: string, password: string) =>
        call<Session>('POST', '/invitations/accept', { body: { token, password } }).then(keepToken),
};
