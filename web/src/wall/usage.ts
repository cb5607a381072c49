// Whether somebody is at the wall: then nothing on it moves by itself.

const idleAfterMs = 8000;
let usedAt = -Infinity;

for (const kind of ['pointermove', 'pointerdown', 'wheel', 'keydown', 'touchstart'])
    addEventListener(kind, () => (usedAt = performance.now()), { passive: true });

export function inUse(): boolean {
    return performance.now() - usedAt < idleAfterMs;
}
