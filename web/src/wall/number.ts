// Typing a tile's number: one digit is enough where no second one could follow.

export const digitPauseMs = 800;

export interface Typed {
    number: number; // 0: no such tile
    open: boolean; // nothing can follow: open it now
}

export function typeDigit(before: number, digit: number, count: number): Typed {
    const joined = before * 10 + digit;
    const number = joined >= 1 && joined <= count ? joined : digit <= count ? digit : 0;
    return { number, open: number > 0 && number * 10 > count };
}
