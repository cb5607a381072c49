import assert from 'node:assert/strict';
import { test } from 'node:test';
import { de } from '../src/text/de';
import { en } from '../src/text/en';

type Node = string | ((...args: never[]) => string) | Node[] | { [key: string]: Node };

// A function's words for a number; some take a list, some give parts.
function sampled(words: (...args: unknown[]) => unknown, sample: number): string {
    const call = (value: unknown): string =>
        String(words(...Array.from({ length: words.length }, () => value)));
    try {
        return call(sample);
    } catch {
        return call([String(sample)]);
    }
}

// Every text by its path; keyed tables that only one language needs are left out.
function texts(node: Node, path = '', found = new Map<string, string>()): Map<string, string> {
    if (path === '.errors' || path === '.reasons') return found;
    if (typeof node === 'string') found.set(path, node);
    else if (typeof node === 'function')
        for (const sample of [1, 7])
            found.set(
                `${path}(${sample})`,
                sampled(node as unknown as (...args: unknown[]) => unknown, sample),
            );
    else for (const [key, value] of Object.entries(node)) texts(value, `${path}.${key}`, found);
    return found;
}

const english = texts(en as unknown as Node);
const german = texts(de as unknown as Node);

test('every language has the same texts', () => {
    assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
    for (const [path, words] of [...english, ...german]) {
        // Empty words are meant where a name stands for something that has none.
        assert.ok(!/undefined|NaN|\[object/.test(words), `${path}: ${words}`);
    }
});

// Words that an English sentence can hardly do without, and a German one never has.
const tell =
    /\b(the|and|of|is|are|with|your|you|this|that|for|to|from|not|no|at|be|has|have|will|can|cannot|more|than|until|again|once|please|by|on|or|each|every|who|what|when|which|its|it)\b/i;

test('no English is left in the German', () => {
    const left = [...german]
        .filter(([, words]) =>
            tell.test(words.replace(/[„»"][^“«"]*[“«"]|[\w.-]+\.(yaml|pem)/g, '')),
        )
        .map(([path, words]) => `${path}: ${words}`);
    assert.deepEqual(left, []);
    const same = [...german].filter(
        ([path, words]) => english.get(path) === words && /[a-z]{3,} [a-z]{3,}/i.test(words),
    );
    assert.deepEqual(same, []);
});

test('what people read uses the typographer’s signs', () => {
    for (const [path, words] of [...english, ...german]) {
        assert.ok(!/\.\.\./.test(words), `${path}: ${words}`);
        assert.ok(!/[A-Za-z]'[a-z]/.test(words), `${path}: ${words}`);
    }
});
