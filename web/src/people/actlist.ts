// The log of acts as people read it: an intent and what became of it are one entry. Pure.
import type { ActLine } from './api';

export interface Act {
    id: number;
    at: number;
    who: string | null; // null: the desk itself
    what: string;
    camera: string | null;
    reason: string;
    detail: Record<string, unknown> | null;
    failed: string | null; // why it did not come to pass
}

// Lines newest first, as the API gives them. An outcome whose intent is not among them is left out:
// it comes with the older lines.
export function actsOf(lines: readonly ActLine[]): Act[] {
    const outcomes = new Map<number, ActLine>();
    const acts: Act[] = [];
    for (const line of lines) {
        if (line.of !== undefined) {
            outcomes.set(line.of, line);
            continue;
        }
        const outcome = outcomes.get(line.id);
        const more = outcome?.outcome === 'done' ? outcome.detail : null;
        const detail = { ...line.detail, ...more };
        acts.push({
            id: line.id,
            at: line.at,
            who: line.who ?? null,
            what: line.what ?? '',
            camera: line.camera || null,
            reason: line.reason ?? '',
            detail: Object.keys(detail).length > 0 ? detail : null,
            failed: outcome?.outcome === 'failed' ? (outcome.words ?? '') : null,
        });
    }
    return acts;
}

// What was acted upon, by the name that people know it by; "" where the act has none.
export function objectOf(act: Act): string {
    const named = ['user', 'group', 'token', 'area', 'name', 'title'].map(
        (key) => act.detail?.[key],
    );
    return named.find((value) => typeof value === 'string') ?? '';
}

export interface Filter {
    who: string; // "" for everybody
    subject: string; // of what: "user" in "user.add"; "" for all
    camera: string; // "" for all, and for none
    words: string; // anywhere in it
}

export const subjectOf = (act: Act): string => act.what.split('.')[0] ?? '';

function holds(act: Act, sought: string): boolean {
    const all = [act.who, act.what, act.camera, act.reason, act.failed, JSON.stringify(act.detail)];
    return all.some((part) => part?.toLowerCase().includes(sought));
}

export function filterActs(acts: readonly Act[], filter: Filter): Act[] {
    const sought = filter.words.trim().toLowerCase();
    return acts.filter(
        (act) =>
            (!filter.who || (act.who ?? '') === filter.who) &&
            (!filter.subject || subjectOf(act) === filter.subject) &&
            (!filter.camera || act.camera === filter.camera) &&
            (!sought || holds(act, sought)),
    );
}

// Each value once, in the order of the alphabet.
export const distinct = (values: (string | null)[]): string[] =>
    [...new Set(values.filter((value) => value !== null && value !== ''))].sort() as string[];
