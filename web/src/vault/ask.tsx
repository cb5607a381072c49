// Asking for originals: which, why, for whose key. What is asked stands beside the form before it
// is sent, with the redacted picture of just that time.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { Ticks } from '../people/choices';
import { exactTimeline } from '../review/api';
import { fromField, toField } from '../review/moment';
import { cameras as cameraList, serverNow } from '../state';
import { text } from '../text';
import { offsetText } from '../time';
import type { Camera, Session, TimelineData } from '../types';
import { useValue } from '../value';
import { Field } from '../views/parts';
import type { VaultAddress } from './address';
import { requestHash } from './address';
import { vaultApi } from './api';
import { keepIdentity, makeIdentity, type Purpose, purposes } from './crypto/client';
import { vaultWords } from './failure';
import { Preview } from './preview';
import { refreshRequests } from './requests';
import { AskedFor } from './asked';

const words = text.vault;
const form = words.form;

const hour = 3600;
const waits = [hour, 8 * hour, 24 * hour, 72 * hour, 168 * hour];
const views = [900, hour, 4 * hour, 24 * hour];
const longestMs = 31 * 86_400_000;
const mostCameras = 16;
const firstLengthMs = 600_000;
const settleMs = 250; // while a time is typed

export interface Draft {
    cameras: string[];
    from: number;
    to: number;
    purpose: Purpose | '';
    reason: string;
    legal: string;
    incident: string;
    elsewhere: boolean; // the export is for another key than this browser's
    exportTo: string;
    expiresS: number;
    viewS: number;
}

type Problems = Partial<Record<keyof Draft | 'all', string>>;

// Minutes are enough, and the one being written cannot be asked for yet.
function firstDraft(address: VaultAddress & { view: 'ask' }): Draft {
    const minute = 60_000;
    const last = Math.floor(serverNow() / minute - 1) * minute;
    return {
        cameras: address.cameras,
        from: address.range?.from ?? last - firstLengthMs,
        to: address.range?.to ?? last,
        purpose: '',
        reason: '',
        legal: '',
        incident: '',
        elsewhere: false,
        exportTo: '',
        expiresS: 24 * hour,
        viewS: hour,
    };
}

function judge(draft: Draft): Problems {
    const found: Problems = {};
    if (draft.cameras.length === 0) found.cameras = form.needCamera;
    if (draft.cameras.length > mostCameras) found.cameras = form.mostCameras(mostCameras);
    if (draft.to <= draft.from) found.to = form.badOrder;
    else if (draft.to - draft.from > longestMs) found.to = form.tooLong;
    else if (draft.from > serverNow()) found.from = form.future;
    if (draft.purpose === '') found.purpose = form.needPurpose;
    if (draft.reason.trim() === '') found.reason = form.needReason;
    if (draft.legal.trim() === '') found.legal = form.needLegal;
    if (draft.elsewhere && !/^age1[02-9ac-hj-np-z]{58}$/.test(draft.exportTo.trim()))
        found.exportTo = form.badRecipient;
    return found;
}

// What is recorded of it, camera by camera; null until it is known.
export type Recorded = ReadonlyMap<string, TimelineData>;

function useRecorded(cameras: readonly string[], from: number, to: number): Recorded | null {
    const [data, setData] = useState<Recorded | null>(null);
    const ids = cameras.join();
    useEffect(() => {
        if (to <= from || to - from > longestMs || ids === '') return undefined;
        const abort = new AbortController();
        const ask = async (): Promise<void> => {
            const lines = await Promise.all(
                ids.split(',').map((id) => exactTimeline(id, { from, to }, abort.signal)),
            );
            if (!abort.signal.aborted)
                setData(new Map(ids.split(',').flatMap((id, i) => pair(id, lines[i]))));
        };
        const timer = setTimeout(() => ask().catch(() => setData(null)), settleMs);
        return () => {
            clearTimeout(timer);
            abort.abort();
        };
    }, [ids, from, to]);
    return data;
}

const pair = (id: string, line: TimelineData | undefined): [string, TimelineData][] =>
    line ? [[id, line]] : [];

// The key is kept before the server hears of it: one that was lost opens nothing.
async function send(draft: Draft): Promise<number> {
    if (draft.purpose === '') throw new Said(form.needPurpose);
    const made = await makeIdentity();
    await keepIdentity(made).catch(() => {
        throw new Said(form.noStorage);
    });
    const request = await vaultApi.ask({
        cameras: draft.cameras,
        from_ms: Math.round(draft.from),
        to_ms: Math.round(draft.to),
        purpose: draft.purpose,
        reason: draft.reason.trim(),
        legal_basis: draft.legal.trim(),
        incident: draft.incident.trim(),
        recipient: made.recipient,
        export_to: draft.elsewhere ? draft.exportTo.trim() : null,
        expires_s: draft.expiresS,
        view_s: draft.viewS,
    });
    return request.number;
}

interface PartProps {
    draft: Draft;
    problems: Problems;
    change: (part: Partial<Draft>) => void;
}

function WhatPart({ draft, problems, change, cameras }: PartProps & { cameras: Camera[] }) {
    return (
        <>
            <div class="field vault-cameras" data-bad={problems.cameras ? '' : undefined}>
                <Ticks
                    legend={form.cameras}
                    choices={cameras.map(({ id, name }) => ({ value: id, label: name }))}
                    chosen={draft.cameras}
                    onChange={(chosen) => change({ cameras: chosen })}
                />
                <span class="problem" role="alert">
                    {problems.cameras}
                </span>
            </div>
            <div class="fields">
                {(['from', 'to'] as const).map((end) => (
                    <Field key={end} label={form[end]} problem={problems[end] ?? ''}>
                        {(control) => (
                            <input
                                {...control}
                                type="datetime-local"
                                step={1}
                                value={toField(draft[end])}
                                onChange={(event) => {
                                    const at = fromField(event.currentTarget.value);
                                    if (at !== null) change({ [end]: at });
                                }}
                            />
                        )}
                    </Field>
                ))}
            </div>
            <p class="hint">{form.zone(offsetText(draft.from))}</p>
        </>
    );
}

function WhyPart({ draft, problems, change }: PartProps) {
    return (
        <>
            <div class="fields">
                <Field label={form.purpose} problem={problems.purpose ?? ''}>
                    {(control) => (
                        <select
                            {...control}
                            value={draft.purpose}
                            onChange={(event) =>
                                change({ purpose: event.currentTarget.value as Purpose })
                            }
                        >
                            <option value="" disabled>
                                {form.choose}
                            </option>
                            {purposes.map((each) => (
                                <option key={each} value={each}>
                                    {words.purposes[each]}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                <Field label={form.incident}>
                    {(control) => (
                        <input
                            {...control}
                            maxLength={64}
                            value={draft.incident}
                            onInput={(event) => change({ incident: event.currentTarget.value })}
                        />
                    )}
                </Field>
            </div>
            <Field label={form.reason} hint={form.reasonHint} problem={problems.reason ?? ''}>
                {(control) => (
                    <textarea
                        {...control}
                        maxLength={500}
                        value={draft.reason}
                        onInput={(event) => change({ reason: event.currentTarget.value })}
                    />
                )}
            </Field>
            <Field label={form.legal} hint={form.legalHint} problem={problems.legal ?? ''}>
                {(control) => (
                    <input
                        {...control}
                        maxLength={200}
                        value={draft.legal}
                        onInput={(event) => change({ legal: event.currentTarget.value })}
                    />
                )}
            </Field>
        </>
    );
}

interface SecondsProps {
    label: string;
    hint: string;
    choices: readonly number[];
    value: number;
    onChange: (seconds: number) => void;
}

function Seconds({ label, hint, choices, value, onChange }: SecondsProps) {
    return (
        <Field label={label} hint={hint}>
            {(control) => (
                <select
                    {...control}
                    value={String(value)}
                    onChange={(event) => onChange(Number(event.currentTarget.value))}
                >
                    {choices.map((seconds) => (
                        <option key={seconds} value={String(seconds)}>
                            {form.spans(seconds)}
                        </option>
                    ))}
                </select>
            )}
        </Field>
    );
}

function HowPart({ draft, problems, change }: PartProps) {
    return (
        <>
            <div class="fields">
                <Seconds
                    label={form.view}
                    hint={form.viewHint}
                    choices={views}
                    value={draft.viewS}
                    onChange={(viewS) => change({ viewS })}
                />
                <Seconds
                    label={form.wait}
                    hint={form.waitHint}
                    choices={waits}
                    value={draft.expiresS}
                    onChange={(expiresS) => change({ expiresS })}
                />
            </div>
            <fieldset class="field">
                <legend class="label">{form.whose}</legend>
                {[false, true].map((elsewhere) => (
                    <label key={String(elsewhere)} class="tick">
                        <input
                            type="radio"
                            name="whose"
                            checked={draft.elsewhere === elsewhere}
                            onChange={() => change({ elsewhere })}
                        />
                        <span>
                            {elsewhere ? form.whoseElse : form.whoseHere}
                            <span class="hint">
                                {elsewhere ? form.whoseElseHint : form.whoseHereHint}
                            </span>
                        </span>
                    </label>
                ))}
            </fieldset>
            {draft.elsewhere && (
                <Field
                    label={form.recipient}
                    hint={form.recipientHint}
                    problem={problems.exportTo ?? ''}
                >
                    {(control) => (
                        <input
                            {...control}
                            class="vault-key"
                            placeholder="age1…"
                            autocomplete="off"
                            spellcheck={false}
                            value={draft.exportTo}
                            onInput={(event) => change({ exportTo: event.currentTarget.value })}
                        />
                    )}
                </Field>
            )}
        </>
    );
}

function Form({ list, first }: { list: Camera[]; first: Draft }) {
    const [draft, setDraft] = useState(first);
    const [problems, setProblems] = useState<Problems>({});
    const { busy, problem, run } = useDoing();
    const place = useRef<HTMLFormElement>(null);
    const recorded = useRecorded(draft.cameras, draft.from, draft.to);
    const change = (part: Partial<Draft>): void => {
        setDraft((before) => ({ ...before, ...part }));
        setProblems((before) =>
            Object.fromEntries(Object.entries(before).filter(([key]) => !(key in part))),
        );
    };
    const submit = (event: Event): void => {
        event.preventDefault();
        const found = judge(draft);
        setProblems(found);
        if (Object.keys(found).length > 0) {
            // After the fields show what is wrong: the first of them is where to go on.
            setTimeout(() =>
                place.current
                    ?.querySelector<HTMLElement>('[data-bad] :is(input, select, textarea)')
                    ?.focus(),
            );
            return;
        }
        void run(async () => {
            const number = await send(draft).catch((error: unknown) => {
                throw new Said(vaultWords(error));
            });
            await refreshRequests();
            location.hash = requestHash(number);
        });
    };
    const chosen = list.filter(({ id }) => draft.cameras.includes(id));
    const parts = { draft, problems, change };
    return (
        <form ref={place} class="vault-ask" onSubmit={submit} noValidate>
            <div class="vault-fields">
                <section class="card">
                    <h2>{form.what}</h2>
                    <WhatPart {...parts} cameras={list} />
                </section>
                <section class="card">
                    <h2>{form.why}</h2>
                    <WhyPart {...parts} />
                </section>
                <section class="card">
                    <h2>{form.how}</h2>
                    <HowPart {...parts} />
                </section>
            </div>
            <div class="vault-beside">
                {draft.to > draft.from && (
                    <Preview cameras={chosen} from={draft.from} to={draft.to} />
                )}
                <section class="card vault-asked">
                    <h2>{words.asked.title}</h2>
                    <AskedFor draft={draft} cameras={chosen} recorded={recorded} />
                    <p class="problem" role="alert">
                        {problem}
                    </p>
                    <button class="primary wide" disabled={busy} aria-busy={busy}>
                        {busy ? form.sending : form.send}
                    </button>
                    <p class="hint">{form.logged}</p>
                </section>
            </div>
        </form>
    );
}

export function AskView({ address }: { address: VaultAddress & { view: 'ask' }; who: Session }) {
    const list = useValue(cameraList);
    const first = useRef(firstDraft(address));
    return (
        <main class="room vault">
            <div class="room-head">
                <h1>{words.ask}</h1>
                <a class="button quiet" href="#/vault">
                    {words.back}
                </a>
            </div>
            <p class="lead">{form.lead}</p>
            {list && <Form list={list} first={first.current} />}
        </main>
    );
}
