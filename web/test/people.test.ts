import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordFlaw, passwordStrength } from '../src/password';
import { actsOf, filterActs, objectOf } from '../src/people/actlist';
import { agentWords } from '../src/people/agent';
import type { ActLine } from '../src/people/api';
import { slug } from '../src/people/slug';
import { nextStep, stepsDone } from '../src/setup/progress';
import { purposesOf } from '../src/setup/purposes';
import type { Camera, Site } from '../src/types';
import type { Vault } from '../src/vault/api';

test('a password is judged as the server judges it', () => {
    // the cases of scrim_password_check(), src/people/users.c
    assert.equal(passwordFlaw('olga', 'ninechars'), 'short');
    assert.equal(passwordFlaw('olga', 'äöüäöüäö'), 'short'); // characters, not bytes
    assert.equal(passwordFlaw('olga', 'aaaaaaaaaaaa'), 'same');
    assert.equal(passwordFlaw('olga', 'abcdabcdabcd'), 'same');
    assert.equal(passwordFlaw('olga', 'olga-olga-1'), 'name');
    assert.equal(passwordFlaw('olga', 'olga has seven gulls'), null);
    assert.equal(passwordFlaw('olga', 'x1y2z'.repeat(52)), 'long');
    assert.equal(passwordFlaw('', 'seven gulls'), null);
    assert.equal(passwordStrength('seven gulls'), 'fair');
    assert.equal(passwordStrength('grey harbour, seven gulls'), 'good');
});

test('a browser is named as people name it', () => {
    const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36';
    assert.equal(agentWords(chrome), 'Chrome, Linux');
    assert.equal(agentWords(`${chrome} Edg/120.0`), 'Edge, Linux');
    assert.equal(
        agentWords(
            'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1',
        ),
        'Safari, iPhone',
    );
    assert.equal(agentWords('curl/8.5.0'), 'curl');
    assert.equal(agentWords(''), '');
});

const lines: ActLine[] = [
    { id: 5, at: 50, of: 4, outcome: 'failed', words: 'the last administrator' },
    { id: 4, at: 40, who: 'ada', what: 'user.remove', detail: { user: 'ada' } },
    { id: 3, at: 30, of: 2, outcome: 'done', detail: { bytes: 7 } },
    {
        id: 2,
        at: 20,
        who: 'olga',
        what: 'export.make',
        camera: 'quay',
        reason: 'A fall',
        detail: { name: 'steps' },
    },
    { id: 1, at: 10, of: 0, outcome: 'failed', words: 'of an older line' },
];

test('what became of an act stands with it', () => {
    const acts = actsOf(lines);
    assert.deepEqual(
        acts.map((act) => [act.id, act.failed]),
        [
            [4, 'the last administrator'],
            [2, null],
        ],
    );
    assert.deepEqual(acts[1]?.detail, { name: 'steps', bytes: 7 });
    assert.deepEqual(acts.map(objectOf), ['ada', 'steps']);
});

test('the log is searched by person, kind, camera and words', () => {
    const acts = actsOf(lines);
    const all = { who: '', subject: '', camera: '', words: '' };
    const ids = (filter: Partial<typeof all>): number[] =>
        filterActs(acts, { ...all, ...filter }).map((act) => act.id);
    assert.deepEqual(ids({}), [4, 2]);
    assert.deepEqual(ids({ who: 'olga' }), [2]);
    assert.deepEqual(ids({ subject: 'user' }), [4]);
    assert.deepEqual(ids({ camera: 'quay' }), [2]);
    assert.deepEqual(ids({ words: ' FALL' }), [2]);
    assert.deepEqual(ids({ words: 'last admin' }), [4]);
});

test('a short name is made of a title', () => {
    assert.equal(slug('Fährterminal Süd', [], 'group'), 'faehrterminal-sued');
    assert.equal(slug('Gate', ['gate', 'gate-2'], 'group'), 'gate-3');
    assert.equal(slug('日本', [], 'group'), 'group');
    assert.ok(slug('a'.repeat(90), [], 'group').length <= 31);
});

const camera = (change: Partial<Camera> & { legal_basis?: string; record?: string }): Camera =>
    ({
        id: 'quay',
        name: 'Quay',
        purpose: 'Safety',
        retention_hours: 72,
        audio_reason: null,
        veil: { state: 'waiting', reason: '', width: 0, height: 0 },
        ...change,
    }) as Camera;

test('the sign has a line for each purpose', () => {
    const found = purposesOf([
        camera({}),
        camera({ id: 'gate', name: 'Gate' }),
        camera({ id: 'till', name: 'Till', purpose: 'Theft', record: 'nothing' }),
    ]);
    assert.deepEqual(
        found.map(({ purpose, hours, names }) => [purpose, hours, names.join(' ')]),
        [
            ['Safety', 72, 'Quay Gate'],
            ['Theft', 0, 'Till'],
        ],
    );
});

test('a step is done when the site says so', () => {
    const vault = { exists: true, tested: true, threshold: 2 } as Vault;
    const site = { name: 'Yard', time_zone: 'UTC', controller: 'Port', contact: '' } as Site;
    const facts = {
        site,
        vault,
        cameras: [camera({})],
        users: 1,
        invitations: 0,
        signPrinted: null,
    };
    assert.equal(nextStep(stepsDone(facts)), 'site');
    const named = { ...facts, site: { ...site, contact: 'mail' } };
    assert.equal(nextStep(stepsDone({ ...named, vault: { ...vault, tested: false } })), 'vault');
    assert.equal(nextStep(stepsDone(named)), 'camera');
    const live = camera({ veil: { state: 'live', reason: '', width: 1, height: 1 } });
    assert.equal(nextStep(stepsDone({ ...named, cameras: [live] })), 'people');
    assert.equal(nextStep(stepsDone({ ...named, cameras: [live], invitations: 1 })), 'sign');
});
