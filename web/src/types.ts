// What /api/v1 answers. Times are milliseconds since 1970 (UTC), sizes are bytes, rates bits a
// second.

export type Role = 'viewer' | 'operator' | 'keyholder' | 'auditor' | 'administrator';

export interface Session {
    user: string;
    role: Role;
    csrf: string;
    cameras?: string[] | null; // the only ones that this person sees; null: all
    groups?: string[];
}

// The password was right, and something else is wanted: POST /session/second.
export type SecondWay = 'totp' | 'webauthn' | 'recovery';
export interface SecondStep {
    ticket: string;
    ways: SecondWay[];
    webauthn: unknown; // PublicKeyCredentialRequestOptionsJSON, or null
}

export interface Site {
    id: string;
    name: string;
    version: string;
    now_ms: number;
    time_zone?: string; // IANA name; without it, the browser's zone
    controller?: string; // who answers for the recordings
    contact?: string;
    address?: string; // of the desk, for links that leave it
    glass?: number; // another one for each other state of break-glass
}

export interface Health {
    recorder: { connected: boolean };
    veil: { worker: number; connected: boolean }[];
    cameras: number;
    disk: { free_bytes: number; total_bytes: number };
    disks?: { id: string; state: string; fills_at_ms: number | null }[]; // that take originals
}

// watching: pictures come, and on purpose no original is kept; unknown: no recorder
export type RecorderState = 'connecting' | 'recording' | 'watching' | 'waiting' | 'unknown';
export type VeilState = 'live' | 'opaque' | 'waiting' | 'down';
export type GapCause = 'camera' | 'network' | 'disk' | 'overload' | 'operator' | 'clock' | 'crash';

export interface Veil {
    state: VeilState;
    reason: string; // in words; empty when live
}

// Where a camera stands and looks. heading: degrees clockwise, 0 is up or north; angle: how wide;
// reach: a share of the plan's width, or metres.
interface View {
    heading: number;
    angle: number;
    reach: number;
}
export type PlanPlace = View & { plan: string; x: number; y: number }; // shares of the picture
export type MapPlace = View & { lat: number; lon: number };
export type Place = PlanPlace | MapPlace;

export interface Camera {
    id: string;
    name: string;
    purpose: string;
    retention_hours: number;
    audio_reason: string | null; // why its sound is recorded; null: it is not
    state: RecorderState;
    cause: GapCause | null;
    detail: string;
    since_ms: number;
    codec: string;
    width: number;
    height: number;
    bitrate: number;
    fps: number;
    groups?: string[]; // names of the groups it is in
    record?: 'original' | 'redacted' | 'nothing'; // what is kept
    legal_basis?: string | null;
    fixed?: boolean; // it stands in scrim.yaml
    place?: Place | null; // on a plan or on the map
    veil: Veil & { width: number; height: number }; // of the redacted picture; 0 before the first
}

export type Span = readonly [from: number, to: number];

export interface Gap {
    from: number;
    to: number;
    cause: GapCause;
    detail: string;
}

export interface TimelineData {
    from: number;
    to: number;
    recorded: Span[];
    gaps: Gap[];
    redacted: Span[];
    only_redacted?: Span[]; // pictures came, and on purpose no original was sealed
    not_kept?: Span[]; // nor was anything else kept
    unknown: Span[];
}

// One file of the redacted archive. Its fragments keep the veil's running time: the first one
// starts at first_pts_ms, which is start_ms on the wall clock.
export interface Recording {
    start_ms: number;
    end_ms: number;
    url: string;
    mime: string;
    bytes: number; // so far, while it grows
    first_pts_ms: number;
    growing?: boolean; // it is still being written
}

export type LiveMessage =
    | { type: 'init'; mime: string; width: number; height: number }
    | ({ type: 'state' } & Veil)
    | { type: 'clock'; utc_ms: number; pts_ms: number };

export interface ApiErrorBody {
    error: { code: string; text: string };
}
