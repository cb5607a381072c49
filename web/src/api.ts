// The one door to /api/v1: JSON in and out, the CSRF token, and the two ways a call can fail.
import type { Rendition } from './live/rendition';
import type {
    ApiErrorBody,
    Camera,
    Health,
    Recording,
    SecondStep,
    Session,
    Site,
    TimelineData,
} from './types';

const timeoutMs = 10_000;

// The server answered, and refused.
export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        text: string,
        readonly retryAfter: number | null,
    ) {
        super(text);
    }
}

// The server did not answer in time, or not at all.
export class LinkError extends Error {}

export interface CallOptions {
    body?: unknown; // a Blob goes as it is, all else as JSON
    signal?: AbortSignal;
    timeoutMs?: number;
}

let csrf = '';
let onSignedOut: () => void = () => {};

// Called whenever an answer says that the session has ended.
export function whenSignedOut(callback: () => void): void {
    onSignedOut = callback;
}

export async function refusal(response: Response): Promise<ApiError> {
    const after = Number(response.headers.get('Retry-After'));
    const body: unknown = await response.json().catch(() => null);
    const error = (body as ApiErrorBody | null)?.error;
    return new ApiError(
        response.status,
        error?.code ?? 'unknown',
        error?.text ?? response.statusText,
        after > 0 ? after : null,
    );
}

async function request(method: string, path: string, options: CallOptions): Promise<Response> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
    const headers: Record<string, string> = {};
    const { body } = options;
    if (body !== undefined)
        headers['Content-Type'] = body instanceof Blob ? body.type : 'application/json';
    if (method !== 'GET') headers['X-CSRF'] = csrf;
    try {
        return await fetch(path, {
            method,
            headers,
            body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
            signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
            cache: 'no-store',
            credentials: 'same-origin',
        });
    } catch (error) {
        if (options.signal?.aborted) throw error;
        throw new LinkError(`${method} ${path}: ${String(error)}`);
    }
}

// For the rooms' own api.ts.
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const response = await request(method, `/api/v1${path}`, options);
    if (!response.ok) {
        const error = await refusal(response);
        if (response.status === 401 && path !== '/session') onSignedOut();
        throw error;
    }
    if (response.status === 204) return undefined as T;
    try {
        return (await response.json()) as T;
    } catch (error) {
        if (options.signal?.aborted) throw error;
        throw new LinkError(`${method} ${path}: ${String(error)}`);
    }
}

// Exact bytes, where a digest or a signature is over them.
export async function callBytes(path: string, limitMs?: number): Promise<Uint8Array<ArrayBuffer>> {
    const options = limitMs === undefined ? {} : { timeoutMs: limitMs };
    const response = await request('GET', `/api/v1${path}`, options);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    if (response.status === 401) onSignedOut();
    throw await refusal(response);
}

// A picture or a film; null when it has been purged.
async function openMedia(url: string, init: RequestInit): Promise<Response | null> {
    const response = await fetch(url, { ...init, credentials: 'same-origin' });
    if (response.ok) return response;
    if (response.status === 404) return null;
    if (response.status === 401) onSignedOut();
    throw await refusal(response);
}

// The body of a recording, by the address that the list of recordings gave: the whole file, or of
// one that has grown the bytes from `from` on.
export async function openRecording(
    url: string,
    signal: AbortSignal,
    from: number | null,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
    const more: RequestInit =
        from === null ? {} : { headers: { Range: `bytes=${from}-` }, cache: 'no-store' };
    return (await openMedia(url, { signal, ...more }))?.body ?? null;
}

// The key frame at or before `at`, with an init segment in front, and the instant that it shows.
export async function openStill(
    camera: string,
    at: number,
    signal: AbortSignal,
): Promise<{ at: number; bytes: ArrayBuffer } | null> {
    const url = `/api/v1/cameras/${camera}/still?at=${Math.floor(at)}`;
    const response = await openMedia(url, { signal });
    if (!response) return null;
    return { at: Number(response.headers.get('Scrim-At')), bytes: await response.arrayBuffer() };
}

// Every answer that begins a session passes through here.
export function keepToken(session: Session): Session {
    csrf = session.csrf;
    return session;
}

export const api = {
    session: () => call<Session>('GET', '/session').then(keepToken),
    signIn: (user: string, password: string) =>
        call<Session | SecondStep>('POST', '/session', { body: { user, password } }).then(
            (answer) => ('ticket' in answer ? answer : keepToken(answer)),
        ),
    signOut: () => call<void>('DELETE', '/session'),
    site: (limitMs: number) => call<Site>('GET', '/site', { timeoutMs: limitMs }),
    health: () => call<Health>('GET', '/health'),
    cameras: () => call<Camera[]>('GET', '/cameras'),
    timeline: (camera: string, from: number, to: number, signal: AbortSignal) =>
        call<TimelineData>(
            'GET',
            `/cameras/${camera}/timeline?from=${Math.floor(from)}&to=${Math.ceil(to)}`,
            { signal },
        ),
    recordings: (camera: string, from: number, to: number, signal: AbortSignal) =>
        call<Recording[]>(
            'GET',
            `/cameras/${camera}/recordings?from=${Math.floor(from)}&to=${Math.ceil(to)}`,
            { signal },
        ),
};

export function liveUrl(camera: string, rendition: Rendition): string {
    const url = new URL(`/api/v1/cameras/${camera}/live`, location.href);
    url.searchParams.set('rendition', rendition);
    url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
    return url.href;
}
