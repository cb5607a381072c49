// Times for people: in the site's zone, always with the offset in reach. Instants are ms since
// 1970 (UTC).
import { locale } from './language';
import { site } from './state';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const zone = site.get()?.time_zone;
    const name = `${key} ${zone ?? ''}`;
    let made = formats.get(name);
    if (!made) {
        made = new Intl.DateTimeFormat(locale, {
            ...options,
            ...(zone ? { timeZone: zone } : {}),
        });
        formats.set(name, made);
    }
    return made;
}

export function clockTime(at: number): string {
    return format('clock', {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
    }).format(at);
}

export function minuteTime(at: number): string {
    return format('minute', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function dayName(at: number): string {
    return format('day', { weekday: 'short', day: 'numeric', month: 'short' }).format(at);
}

export function longDay(at: number): string {
    return format('long', {
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        year: 'numeric',
    }).format(at);
}

// How far the site's wall clock is from UTC at that instant, in ms.
export function zoneOffset(at: number): number {
    const parts = format('parts', {
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
        hourCycle: 'h23',
    }).formatToParts(at);
    const get = (type: Intl.DateTimeFormatPartTypes): number =>
        Number(parts.find((part) => part.type === type)?.value);
    const wall = Date.UTC(
        get('year'),
        get('month') - 1,
        get('day'),
        get('hour'),
        get('minute'),
        get('second'),
    );
    return wall - Math.floor(at / 1000) * 1000;
}

const pad = (n: number): string => String(n).padStart(2, '0');

export function offsetText(at: number): string {
    const minutes = Math.round(zoneOffset(at) / 60_000);
    const size = Math.abs(minutes);
    return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

// Start of the site's day that holds `at`; `days` later for other days. Right across clock changes.
export function dayStart(at: number, days = 0): number {
    const offset = zoneOffset(at);
    const dayMs = 86_400_000;
    const guess = (Math.floor((at + offset) / dayMs) + days) * dayMs - offset;
    return guess + offset - zoneOffset(guess);
}

export function duration(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600)
        return seconds % 60 && seconds < 600
            ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
            : `${Math.floor(seconds / 60)} min`;
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    if (hours < 48) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// What is left, for a clock that counts down: "09:59", "1:00:00".
export function countdown(ms: number): string {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const minutes = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}
