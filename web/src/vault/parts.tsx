// What several views of the vault show alike.
import { useEffect, useState } from 'preact/hooks';
import { cameras as cameraList, now } from '../state';
import { text } from '../text';
import { clockTime, dayName, dayStart, duration, longDay, offsetText } from '../time';
import { useValue } from '../value';
import type { OpeningRequest } from './api';
import { moods, over, tally } from './order';

const words = text.vault;

export function When({ at }: { at: number }) {
    return (
        <time
            dateTime={new Date(at).toISOString()}
            title={`${longDay(at)}, ${clockTime(at)} ${offsetText(at)}`}
        >
            {dayName(at)} {clockTime(at)}
        </time>
    );
}

// From, to and how long; the day once if it is the same.
export function Range({ from, to }: { from: number; to: number }) {
    const sameDay = dayStart(from) === dayStart(to);
    return (
        <span class="vault-range">
            <When at={from} /> {words.to}{' '}
            {sameDay ? (
                <time dateTime={new Date(to).toISOString()}>{clockTime(to)}</time>
            ) : (
                <When at={to} />
            )}{' '}
            <span class="note">
                {offsetText(from)} ({duration(to - from)})
            </span>
        </span>
    );
}

export function useCameraNames(): (ids: readonly string[]) => string {
    const list = useValue(cameraList);
    return (ids) =>
        ids.map((id) => list?.find((camera) => camera.id === id)?.name ?? id).join(', ');
}

export function StateBadge({ request }: { request: OpeningRequest }) {
    const { state } = request;
    const late = state === 'waiting' && request.escalated;
    return (
        <span class="badge" data-mood={late ? 'bad' : moods[state]}>
            {late ? words.escalated : words.states[state]}
        </span>
    );
}

// "1 of 2 agreed", as far as it still matters.
export function tallyWords(request: OpeningRequest): string {
    const { approved, refused, needed } = tally(request);
    const agreed = words.agreed(approved, needed);
    return refused > 0 ? `${agreed}, ${words.against(refused)}` : agreed;
}

// How long it still waits, or may still be viewed; empty when it is over.
export function useTimeLeft(request: OpeningRequest): string {
    const at = useValue(now);
    if (over(request.state)) return '';
    if (request.state === 'open' && request.until_ms !== null)
        return words.viewLeft(duration(request.until_ms - at));
    return words.left(duration(request.expires_ms - at));
}

const groupsOf = (hex: string): string[] => hex.match(/.{4}/g) ?? [];

// The first 16 bytes of its SHA-256 in groups of four digits: short enough to be read aloud, long
// enough that nobody finds another with the same. `printf %s TEXT | sha256sum` gives it, too.
export async function fingerprint(value: string): Promise<string[]> {
    const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(value));
    const hex = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0'));
    return groupsOf(hex.join('').slice(0, 32));
}

export function Fingerprint({ value }: { value: string }) {
    const [groups, setGroups] = useState<string[] | null>(null);
    useEffect(() => {
        let gone = false;
        void fingerprint(value).then((made) => {
            if (!gone) setGroups(made);
        });
        return () => {
            gone = true;
        };
    }, [value]);
    return (
        <span class="fingerprint" title={value}>
            {(groups ?? Array.from({ length: 8 }, () => '····')).map((group, i) => (
                <span key={i}>{group} </span>
            ))}
        </span>
    );
}

// A digest that was computed elsewhere, in the same groups.
export function Digest({ hex }: { hex: string }) {
    return (
        <span class="fingerprint fingerprint-long">
            {groupsOf(hex).map((group, i) => (
                <span key={i}>{group} </span>
            ))}
        </span>
    );
}
