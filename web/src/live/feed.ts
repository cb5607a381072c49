// The WebSocket of one camera's redacted picture: connects, reads, comes back by itself.
import { liveUrl } from '../api';
import { backoffMs } from '../backoff';
import { beatNow, lostSince } from '../state';
import type { LiveMessage, Veil } from '../types';
import type { Rendition } from './rendition';

export interface FeedReader {
    init(mime: string): void;
    data(bytes: ArrayBuffer): void;
    veil(veil: Veil): void;
    clock(utcMs: number, ptsMs: number): void;
    closed(): void;
}

const retryFirstMs = 500;
const retryCeilingMs = 8000;

export class Feed {
    #socket: WebSocket | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #attempt = 0;
    #running = false;
    #unsubscribe: (() => void) | null = null;

    constructor(
        private readonly camera: string,
        private readonly rendition: Rendition,
        private readonly reader: FeedReader,
    ) {}

    start(): void {
        if (this.#running) return;
        this.#running = true;
        this.#attempt = 0;
        // When the server is back, there is no reason to wait out the pause.
        this.#unsubscribe = lostSince.subscribe((since) => {
            if (since === null && this.#socket === null) {
                this.#attempt = 0;
                this.#connect();
            }
        });
        this.#connect();
    }

    stop(): void {
        this.#running = false;
        this.#unsubscribe?.();
        this.#unsubscribe = null;
        clearTimeout(this.#timer);
        this.#drop();
    }

    // Leaves and joins again: the way back to the present when the picture fell too far behind.
    rejoin(): void {
        if (!this.#running) return;
        this.#drop();
        this.#retry();
    }

    #drop(): void {
        const socket = this.#socket;
        this.#socket = null;
        // Closing one that is not open yet would be reported as an error: let it open first.
        if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
        else socket?.close();
    }

    #connect(): void {
        clearTimeout(this.#timer);
        const socket = new WebSocket(liveUrl(this.camera, this.rendition));
        socket.binaryType = 'arraybuffer';
        this.#socket = socket;
        socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
            if (socket !== this.#socket) return;
            this.#attempt = 0;
            if (typeof event.data === 'string') this.#text(event.data);
            else this.reader.data(event.data);
        };
        socket.onclose = () => {
            if (socket !== this.#socket) return;
            this.#socket = null;
            beatNow(); // a lost server or an ended session shows there first
            this.#retry();
        };
    }

    #retry(): void {
        this.reader.closed();
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
            () => this.#connect(),
            backoffMs(this.#attempt++, retryFirstMs, retryCeilingMs),
        );
    }

    #text(data: string): void {
        const message = JSON.parse(data) as LiveMessage;
        switch (message.type) {
            case 'init':
                this.reader.init(message.mime);
                break;
            case 'state':
                this.reader.veil({ state: message.state, reason: message.reason });
                break;
            case 'clock':
                this.reader.clock(message.utc_ms, message.pts_ms);
                break;
        }
    }
}
