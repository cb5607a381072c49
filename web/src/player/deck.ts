// Several players on one clock. It waits for pictures that are on the way, jumps over stretches of
// which nobody has any, steps all by exactly one frame, and says when the present is reached.
import { serverNow } from '../state';
import { Value } from '../value';
import { Clock } from './clock';
import { Player, type Sight } from './player';

export type Phase = 'loading' | 'playing' | 'paused' | 'ended' | 'failed';

export interface DeckStatus {
    phase: Phase;
    skippedTo: number | null; // nobody had a picture: playback went on from here
    nothing: boolean; // there was no picture at all from the asked time on
}

const tickMs = 100;
const patienceMs = 4000; // so long all wait for the slowest; then it has to catch up
const noteMs = 8000; // how long a jump is talked about
const presentMs = 20_000; // an end so near to now is the present
const reachMs = 400 * 86_400_000; // media time is never negative: zero lies so far before the start

// What the deck does about what its players see. Pure; `at` is the clock's instant.
export function decide(
    sights: readonly Sight[],
    at: number,
    now: number,
): { phase: 'loading' | 'shown' | 'present' | 'ended' | 'failed' } | { jump: number } {
    const kinds = sights.map((sight) => sight.kind);
    if (kinds.includes('loading') || sights.length === 0) return { phase: 'loading' };
    if (kinds.includes('shown')) return { phase: 'shown' };
    const next = sights.flatMap((sight) => (sight.kind === 'hole' ? [sight.next] : []));
    if (next.length > 0) return { jump: Math.min(...next) };
    if (kinds.every((kind) => kind === 'failed')) return { phase: 'failed' };
    return { phase: at > now - presentMs ? 'present' : 'ended' };
}

export class Deck {
    readonly clock: Clock;
    readonly status = new Value<DeckStatus>({ phase: 'loading', skippedTo: null, nothing: false });
    readonly #base: number;
    readonly #players = new Set<Player>();
    readonly #timer: ReturnType<typeof setInterval>;
    #waitingSince: number | null = null;
    #shownSinceJump = false;

    // `present` is called when playback has caught up with what is being written.
    constructor(
        at: number,
        private readonly present: () => void,
    ) {
        this.clock = new Clock(at);
        this.clock.hold(true);
        this.#base = at - reachMs;
        this.#timer = setInterval(() => this.#tick(), tickMs);
    }

    get at(): number {
        return this.clock.at;
    }

    add(camera: string, video: HTMLVideoElement, canvas: HTMLCanvasElement): Player {
        const player = new Player(camera, video, canvas, this.clock, this.#base);
        this.#players.add(player);
        return player;
    }

    remove(player: Player): void {
        this.#players.delete(player);
        player.destroy();
    }

    destroy(): void {
        clearInterval(this.#timer);
        for (const player of this.#players) player.destroy();
        this.#players.clear();
    }

    play(): void {
        this.clock.play();
        this.#tick();
    }

    pause(): void {
        this.clock.pause();
        this.#tick();
    }

    toggle(): void {
        if (this.clock.playing.get()) this.pause();
        else this.play();
    }

    seek(at: number): void {
        this.#say({ skippedTo: null, nothing: false, phase: 'loading' });
        this.#shownSinceJump = false;
        this.#jump(at);
    }

    // To the next instant at which any of the pictures changes.
    step(by: 1 | -1): void {
        this.clock.pause();
        const { at } = this.clock;
        const beside = [...this.#players]
            .map((player) => player.frameBeside(at, by))
            .filter((time) => time !== null);
        if (beside.length > 0) this.seek(by > 0 ? Math.min(...beside) : Math.max(...beside));
        else this.seek(at + by * 100); // into the file beside, whose frames are not known yet
    }

    #jump(at: number): void {
        this.clock.set(at);
        this.#waitingSince = null;
        this.#tick();
    }

    #say(part: Partial<DeckStatus>): void {
        const before = this.status.get();
        const next = { ...before, ...part };
        const keys = Object.keys(part) as (keyof DeckStatus)[];
        if (keys.some((key) => next[key] !== before[key])) this.status.set(next);
    }

    #tick(): void {
        for (const player of this.#players) player.tick();
        const sights = [...this.#players].map((player) => player.sight.get());
        const decision = decide(sights, this.clock.at, serverNow());
        if ('jump' in decision) {
            // Who paused wants to see why there is nothing.
            if (this.clock.playing.get()) this.#overHole(decision.jump);
            else this.#say({ phase: 'paused' });
            return;
        }
        this.#wait(decision.phase === 'loading', sights);
        this.#tell(decision.phase);
        this.#forget();
    }

    #overHole(to: number): void {
        this.#say({ skippedTo: to - this.clock.at > 1000 ? to : null });
        this.#jump(to);
    }

    // At speed nobody waits: a key frame that comes late is simply a later one.
    #wait(loading: boolean, sights: readonly Sight[]): void {
        const shown = sights.some((sight) => sight.kind === 'shown');
        const fast = [...this.#players].some((player) => player.fast.get());
        if (!loading || (fast && shown)) {
            this.#waitingSince = null;
            this.clock.hold(false);
            return;
        }
        this.#waitingSince ??= performance.now();
        this.clock.hold(!shown || performance.now() - this.#waitingSince < patienceMs);
    }

    #tell(phase: 'loading' | 'shown' | 'present' | 'ended' | 'failed'): void {
        const playing = this.clock.playing.get();
        if (phase === 'shown') {
            this.#shownSinceJump = true;
            this.#say({ phase: playing ? 'playing' : 'paused' });
        } else if (phase === 'loading') {
            this.#say({ phase: 'loading' });
        } else if (phase === 'present') {
            this.clock.hold(true);
            if (playing) this.present();
            else this.#say({ phase: 'paused' });
        } else {
            this.clock.hold(true);
            this.#say({ phase, nothing: phase === 'ended' && !this.#shownSinceJump });
        }
    }

    // What was said about a jump is old news some seconds on.
    #forget(): void {
        const { skippedTo } = this.status.get();
        if (skippedTo === null) return;
        const until = skippedTo + noteMs * Math.max(1, this.clock.speed.get());
        if (this.clock.at > until) this.#say({ skippedTo: null });
    }
}
