// What the desk writes and answers in codes, the page has words for: read from the desk's own sources.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { de } from '../src/text/de';
import { en } from '../src/text/en';

const desk = '../../src/desk'; // run.mjs starts the tests in this directory

const matches = (source: string, pattern: RegExp): string[] =>
    [...source.matchAll(pattern)].map((match) => match[1] ?? '');

test('every act that the desk logs has words, and there are words for no other', () => {
    const acts = new Set<string>();
    for (const name of readdirSync(desk).filter((each) => each.endsWith('.c')))
        for (const line of readFileSync(`${desk}/${name}`, 'utf8').split('\n'))
            if (!/#include|log_named|scrim\.yaml/.test(line))
                for (const act of matches(line, /"([a-z-]+\.[a-z-]+)"/g))
                    if (!act.endsWith('.json')) acts.add(act); // a file
    assert.ok(acts.has('user.change') && acts.has('place.set') && acts.has('camera.add'));
    const subjects = new Set([...acts].map((act) => act.split('.')[0] ?? ''));
    for (const { people } of [en, de]) {
        assert.deepEqual(Object.keys(people.actWords).sort(), [...acts].sort());
        assert.deepEqual(Object.keys(people.actSubjects).sort(), [...subjects].sort());
    }
});

test('whoever comes back from a provider without a session reads why', () => {
    const source = readFileSync(`${desk}/api_oidc.c`, 'utf8');
    const codes = matches(source, /(?:\bcode = |\brefused = |\breturn )"([a-z_]+)";/g);
    assert.ok(
        codes.includes('state') && codes.includes('not_invited') && codes.includes('internal'),
    );
    for (const { entry } of [en, de])
        assert.deepEqual(
            codes.filter((code) => !(code in entry.refusals)),
            [],
        );
});
