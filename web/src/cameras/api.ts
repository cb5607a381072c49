// What the rooms of cameras ask for (docs/ref/api.md, Cameras and Areas).
import { call } from '../api';
import type { Camera } from '../types';

export type Keep = NonNullable<Camera['record']>;
export type Transport = 'auto' | 'tcp' | 'udp';

// As it is written; a password is never told.
export interface CameraConfig {
    id: string;
    fixed: boolean; // it stands in scrim.yaml, and only there it can be changed
    name: string | null;
    purpose: string | null;
    legal_basis: string | null;
    url: string;
    sub: string | null;
    user: string | null;
    has_password: boolean;
    transport: Transport;
    tls_fingerprint: string | null;
    retention_hours: number;
    retention_reason: string | null;
    record: Keep;
}

export type CameraWish = Partial<Omit<CameraConfig, 'fixed' | 'has_password'>> & {
    password?: string | null;
};

export interface Address {
    url: string;
    user?: string;
    password?: string;
    transport?: Transport;
    tls_fingerprint?: string;
}

export const stepNames = [
    'address',
    'name',
    'connect',
    'tls',
    'sign-in',
    'describe',
    'pictures',
] as const;
export type StepName = (typeof stepNames)[number];

export interface Trial {
    state: 'running' | 'good' | 'bad';
    steps: { step: StepName; ok: boolean; words: string }[];
    codec?: string | null;
    width?: number | null;
    height?: number | null;
    fps?: number | null;
    bitrate?: number | null;
    keyframe_s?: number | null;
    tls_fingerprint?: string | null; // of the certificate that the camera showed
    advice?: string[];
}

type Series = (number | null)[]; // null: not known

export interface History {
    from: number;
    step: number; // ms
    bitrate: Series;
    fps: Series;
    gap_s: Series;
    reconnects: Series;
    clock_ms: Series;
    opaque_s: Series;
}

export type AreaKind = 'mask' | 'zone' | 'line';
export type Point = readonly [x: number, y: number]; // shares of the picture

export interface Area {
    kind: AreaKind;
    name: string | null; // only a mask of scrim.yaml may be without
    from: 'scrim.yaml' | 'desk';
    points: Point[];
}

export interface Areas {
    revision: number;
    applied: boolean; // the veil covers exactly this
    problem: string | null;
    areas: Area[];
}

export interface Group {
    name: string;
    title: string;
    cameras: string[];
}

const at = (camera: string): string => `/cameras/${camera}`;

export const camerasApi = {
    config: (camera: string) => call<CameraConfig>('GET', `${at(camera)}/config`),
    add: (wish: CameraWish) => call<unknown>('POST', '/cameras', { body: wish }),
    change: (camera: string, wish: CameraWish) =>
        call<unknown>('PATCH', at(camera), { body: wish }),
    remove: (camera: string) => call<void>('DELETE', at(camera)),
    tryAddress: (address: Address) =>
        call<{ id: string }>('POST', '/cameras/try', { body: address }),
    trial: (id: string) => call<Trial>('GET', `/cameras/try/${id}`),
    history: (camera: string, from: number, to: number, step: number) =>
        call<History>(
            'GET',
            `${at(camera)}/history?from=${Math.floor(from)}&to=${Math.ceil(to)}&step=${step}`,
        ),
    areas: (camera: string) => call<Areas>('GET', `${at(camera)}/areas`),
    putArea: (camera: string, name: string, kind: AreaKind, points: Point[]) =>
        call<Areas>('PUT', `${at(camera)}/areas/${name}`, { body: { kind, points } }),
    removeArea: (camera: string, name: string) =>
        call<Areas>('DELETE', `${at(camera)}/areas/${name}`),
    groups: () => call<Group[]>('GET', '/groups'),
};
