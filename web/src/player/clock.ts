// The one instant that every player of a view shows. It runs at a speed, stands while somebody
// paused it, and is held while pictures are on the way. ms on the site's wall clock.
import { Value } from '../value';

export class Clock {
    readonly speed = new Value<number>(1);
    readonly playing = new Value<boolean>(true); // what is wished; a held clock stands all the same
    #at: number;
    #since: number; // on `time`, when it was #at
    #held = false;
    #jumps = 0;

    constructor(
        at: number,
        private readonly time: () => number = () => performance.now(),
    ) {
        this.#at = at;
        this.#since = time();
    }

    get at(): number {
        return this.moving ? this.#at + (this.time() - this.#since) * this.speed.get() : this.#at;
    }

    get moving(): boolean {
        return this.playing.get() && !this.#held;
    }

    // Counts the instants that it was set to: players look for theirs anew when it has grown.
    get jumps(): number {
        return this.#jumps;
    }

    set(at: number): void {
        this.#at = at;
        this.#since = this.time();
        this.#jumps++;
    }

    play(): void {
        this.#settle();
        this.playing.set(true);
    }

    pause(): void {
        this.#settle();
        this.playing.set(false);
    }

    setSpeed(speed: number): void {
        this.#settle();
        this.speed.set(speed);
    }

    hold(held: boolean): void {
        if (held === this.#held) return;
        this.#settle();
        this.#held = held;
    }

    #settle(): void {
        this.#at = this.at;
        this.#since = this.time();
    }
}
