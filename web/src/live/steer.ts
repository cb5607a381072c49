// How a live picture is kept close behind the camera. Pure arithmetic; seconds throughout.
//
// `lag` is how much picture is buffered ahead of what is shown. Playing a little faster or slower
// brings it to `target` without a visible jump; above `jumpLag` a jump is the smaller evil.

const jumpLag = 1;
const maxRate = 1.5;
const rateStep = 0.02; // smaller changes are not worth a call into the media engine

const minTarget = 0.12;
const maxTarget = 0.6;
const stallPenalty = 0.05;
const calmDecay = 0.002; // per steering step: about a minute from the ceiling to the floor

export interface Steering {
    rate: number;
    jump: boolean; // to buffered end − target
}

export function steer(lag: number, target: number): Steering {
    if (lag > jumpLag) return { rate: 1, jump: true };
    const rate = Math.min(maxRate, 1 + 1.5 * (lag - target));
    return { rate: Math.round(rate / rateStep) * rateStep, jump: false };
}

// The target follows the link: it grows with each stall and comes back slowly.
export class LagTarget {
    #target = minTarget;
    #floor = minTarget;

    // The picture arrives in steps of one frame: with less than one and a half in hand it stutters.
    frameInterval(seconds: number): void {
        this.#floor = Math.min(maxTarget, Math.max(minTarget, 1.5 * seconds));
        this.#target = Math.max(this.#target, this.#floor);
    }

    stalled(): void {
        this.#target = Math.min(maxTarget, this.#target + stallPenalty);
    }

    calm(): void {
        this.#target = Math.max(this.#floor, this.#target - calmDecay);
    }

    get seconds(): number {
        return this.#target;
    }
}
