// How long to wait before try number `attempt` (from 0): doubling up to a ceiling, each a little
// different so that many desks do not come back in the same instant.
export function backoffMs(
    attempt: number,
    first: number,
    ceiling: number,
    random: () => number = Math.random,
): number {
    const wait = Math.min(ceiling, first * 2 ** Math.min(attempt, 16));
    return Math.round(wait * (0.8 + 0.4 * random()));
}
