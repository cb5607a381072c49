// What everybody did here, newest first.
import { useEffect, useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { cameras } from '../state';
import { text } from '../text';
import { clockTime, dayName, longDay, offsetText } from '../time';
import { useValue } from '../value';
import { Field } from '../views/parts';
import {
    type Act,
    actsOf,
    distinct,
    filterActs,
    type Filter,
    objectOf,
    subjectOf,
} from './actlist';
import { type ActLine, peopleApi } from './api';
import { Head, type TabProps } from './head';

const words = text.people;
const pageSize = 200; // lines asked for at a time

const named = (names: object, key: string): string =>
    (names as Record<string, string | undefined>)[key] ?? key;

function Detail({ detail }: { detail: Record<string, unknown> }) {
    return (
        <details class="act-detail">
            <summary>{words.actDetails}</summary>
            <dl>
                {Object.entries(detail).map(([key, value]) => (
                    <div key={key}>
                        <dt>{key}</dt>
                        <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                    </div>
                ))}
            </dl>
        </details>
    );
}

function ActRow({ act, cameraName }: { act: Act; cameraName: (id: string) => string }) {
    return (
        <li class="row act" data-act={act.what}>
            <time
                class="act-time"
                dateTime={new Date(act.at).toISOString()}
                title={`${longDay(act.at)}, ${offsetText(act.at)}`}
            >
                {dayName(act.at)} {clockTime(act.at)}
            </time>
            <div class="row-main">
                <strong>{named(words.actWords, act.what)}</strong>
                {objectOf(act) && <>: {objectOf(act)}</>}
                {act.camera && <> · {cameraName(act.camera)}</>}
                <span class="note">
                    {act.who ?? words.theDesk}
                    {act.reason && ` · ${words.actReason(act.reason)}`}
                </span>
                {act.failed !== null && (
                    <span class="act-failed">{words.actFailed(act.failed)}</span>
                )}
                {act.detail && <Detail detail={act.detail} />}
            </div>
        </li>
    );
}

interface SelectProps {
    label: string;
    all: string;
    value: string;
    choices: { value: string; label: string }[];
    onChange: (value: string) => void;
}

function Select({ label, all, value, choices, onChange }: SelectProps) {
    return (
        <Field label={label}>
            {(control) => (
                <select
                    {...control}
                    value={value}
                    onChange={(event) => onChange(event.currentTarget.value)}
                >
                    <option value="">{all}</option>
                    {choices.map((choice) => (
                        <option key={choice.value} value={choice.value}>
                            {choice.label}
                        </option>
                    ))}
                </select>
            )}
        </Field>
    );
}

interface FilterProps {
    acts: Act[];
    filter: Filter;
    cameraName: (id: string) => string;
    onChange: (filter: Filter) => void;
}

function Filters({ acts, filter, cameraName, onChange }: FilterProps) {
    return (
        <div class="act-filters">
            <Select
                label={words.filterWho}
                all={words.everybody}
                value={filter.who}
                choices={distinct(acts.map((act) => act.who)).map((who) => ({
                    value: who,
                    label: who,
                }))}
                onChange={(who) => onChange({ ...filter, who })}
            />
            <Select
                label={words.filterWhat}
                all={words.everything}
                value={filter.subject}
                choices={distinct(acts.map(subjectOf)).map((subject) => ({
                    value: subject,
                    label: named(words.actSubjects, subject),
                }))}
                onChange={(subject) => onChange({ ...filter, subject })}
            />
            <Select
                label={words.filterCamera}
                all={words.allCameras}
                value={filter.camera}
                choices={distinct(acts.map((act) => act.camera)).map((camera) => ({
                    value: camera,
                    label: cameraName(camera),
                }))}
                onChange={(camera) => onChange({ ...filter, camera })}
            />
            <Field label={words.filterWords}>
                {(control) => (
                    <input
                        {...control}
                        type="search"
                        value={filter.words}
                        onInput={(event) =>
                            onChange({ ...filter, words: event.currentTarget.value })
                        }
                    />
                )}
            </Field>
        </div>
    );
}

interface Log {
    lines: ActLine[] | null; // null before the first answer
    more: boolean; // older ones may follow
    busy: boolean;
    problem: string;
    older: () => void;
}

function useLog(): Log {
    const [lines, setLines] = useState<ActLine[] | null>(null);
    const [more, setMore] = useState(false);
    const { busy, problem, run } = useDoing();
    const older = (): void => {
        void run(async () => {
            const next = await peopleApi.acts(lines?.at(-1)?.id ?? 0, pageSize);
            setLines([...(lines ?? []), ...next]);
            setMore(next.length === pageSize && next.at(-1)?.id !== 0);
        });
    };
    useEffect(older, []);
    return { lines, more, busy, problem, older };
}

export function ActsTab({ tabs }: TabProps) {
    const { lines, more, busy, problem, older } = useLog();
    const [filter, setFilter] = useState<Filter>({ who: '', subject: '', camera: '', words: '' });
    const list = useValue(cameras) ?? [];
    const cameraName = (id: string): string => list.find((camera) => camera.id === id)?.name || id;
    const acts = lines ? actsOf(lines) : [];
    const shown = filterActs(acts, filter);
    return (
        <>
            <Head title={words.actsTitle} lead={words.actsLead} tabs={tabs} />
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            <Filters acts={acts} filter={filter} cameraName={cameraName} onChange={setFilter} />
            <p class="note act-count" role="status">
                {lines && words.actCount(shown.length, acts.length)}
            </p>
            {shown.length > 0 && (
                <ol class="rows acts" aria-label={words.actsTitle}>
                    {shown.map((act) => (
                        <ActRow key={act.id} act={act} cameraName={cameraName} />
                    ))}
                </ol>
            )}
            {more && (
                <button class="older" disabled={busy} onClick={older}>
                    {words.older}
                </button>
            )}
        </>
    );
}
