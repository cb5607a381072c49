// What this browser remembers for the person at it. Nothing here is secret, and nothing is needed.
import { type Wish, wishes } from './live/rendition';
import { Value } from './value';

export function read(key: string): string | null {
    try {
        return localStorage.getItem(`scrim.${key}`);
    } catch {
        return null; // storage may be switched off: the desk works without memory
    }
}

export function remember(key: string, value: string | null): void {
    try {
        if (value === null) localStorage.removeItem(`scrim.${key}`);
        else localStorage.setItem(`scrim.${key}`, value);
    } catch {
        // as above
    }
}

export type Theme = 'dark' | 'light';

const dark = matchMedia('(prefers-color-scheme: dark)');
const stored = read('theme');
let chosen: Theme | null = stored === 'dark' || stored === 'light' ? stored : null;

function current(): Theme {
    return chosen ?? (dark.matches ? 'dark' : 'light');
}

export const theme = new Value<Theme>(current());

function apply(): void {
    document.documentElement.dataset.theme = current();
    theme.set(current());
}

dark.addEventListener('change', apply);
apply();

// Choosing what the system prefers anyway means following the system again.
export function chooseTheme(next: Theme): void {
    chosen = next === (dark.matches ? 'dark' : 'light') ? null : next;
    remember('theme', chosen);
    apply();
}

export const shortcuts = new Value<boolean>(read('shortcuts') !== 'off');
shortcuts.subscribe((on) => remember('shortcuts', on ? null : 'off'));

// Which rendition of live pictures this person wants.
const wished = read('pictures');
export const wish = new Value<Wish>(wishes.find((value) => value === wished) ?? 'auto');
wish.subscribe((value) => remember('pictures', value === 'auto' ? null : value));
