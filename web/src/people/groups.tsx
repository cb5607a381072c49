// Groups of cameras: what a person or a token may be kept to.
import { useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { cameras } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { useValue } from '../value';
import { Dialog, Field } from '../views/parts';
import { type Group, peopleApi } from './api';
import { Ticks } from './choices';
import { Confirm } from './confirm';
import { Head, type TabProps } from './head';
import { slug } from './slug';

const words = text.people;
const titleMax = 64; // characters

interface GroupProps {
    group: Group | null; // null: a new one
    groups: Group[];
    list: Camera[];
    onDone: () => Promise<void>;
    onClose: () => void;
}

function GroupDialog({ group, groups, list, onDone, onClose }: GroupProps) {
    const [title, setTitle] = useState(group?.title ?? '');
    const [chosen, setChosen] = useState<string[]>(group?.cameras ?? []);
    const [titleProblem, setTitleProblem] = useState('');
    const { busy, problem, run } = useDoing();

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const called = title.trim();
        if (!called) return setTitleProblem(words.groupTitleMissing);
        setTitleProblem('');
        const taken = groups.map((each) => each.name);
        const went = await run(async () => {
            await peopleApi.saveGroup({
                name: group?.name ?? slug(called, taken, 'group'),
                title: called,
                cameras: chosen,
            });
            await onDone();
        });
        if (went) onClose();
    };
    return (
        <Dialog
            title={group ? words.groupChange(group.title || group.name) : words.groupNew}
            onClose={onClose}
        >
            <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
                <Field label={words.groupTitle} hint={words.groupTitleHint} problem={titleProblem}>
                    {(control) => (
                        <input
                            {...control}
                            autofocus
                            autocomplete="off"
                            maxLength={titleMax}
                            value={title}
                            onInput={(event) => setTitle(event.currentTarget.value)}
                        />
                    )}
                </Field>
                {list.length === 0 ? (
                    <p class="hint">{words.groupNoCameras}</p>
                ) : (
                    <Ticks
                        legend={words.groupCameras}
                        choices={list.map(({ id, name }) => ({ value: id, label: name || id }))}
                        chosen={chosen}
                        onChange={setChosen}
                    />
                )}
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="actions actions-end">
                    <button type="button" onClick={onClose}>
                        {words.cancel}
                    </button>
                    <button class="primary" type="submit" disabled={busy}>
                        {words.save}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

type Act = { kind: 'edit' | 'remove'; group: Group } | { kind: 'new' };

export function GroupsTab({ tabs }: TabProps) {
    const { data, problem, again } = useAsked(peopleApi.groups);
    const list = useValue(cameras) ?? [];
    const [act, setAct] = useState<Act | null>(null);
    const close = (): void => setAct(null);
    const nameOf = (id: string): string => list.find((camera) => camera.id === id)?.name || id;
    return (
        <>
            <Head title={words.groupsTitle} lead={words.groupsLead} tabs={tabs}>
                <button class="primary" onClick={() => setAct({ kind: 'new' })}>
                    {words.groupNew}
                </button>
            </Head>
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            {data?.length === 0 && (
                <div class="blank">
                    <h2>{words.groupsEmpty}</h2>
                    <p>{words.groupsEmptyHint}</p>
                </div>
            )}
            {data && data.length > 0 && (
                <ul class="rows" aria-label={words.groupsTitle}>
                    {data.map((group) => (
                        <li class="row" key={group.name} data-group={group.name}>
                            <div class="row-main">
                                <strong>{group.title || group.name}</strong>
                                <span class="note">
                                    {group.cameras.length === 0
                                        ? words.groupWithout
                                        : group.cameras.map(nameOf).join(', ')}
                                </span>
                            </div>
                            <div class="actions">
                                <button onClick={() => setAct({ kind: 'edit', group })}>
                                    {words.change}
                                </button>
                                <button
                                    class="quiet"
                                    onClick={() => setAct({ kind: 'remove', group })}
                                >
                                    {words.remove}
                                </button>
                            </div>
                        </li>
                    ))}
                </ul>
            )}
            {(act?.kind === 'new' || act?.kind === 'edit') && (
                <GroupDialog
                    group={act.kind === 'edit' ? act.group : null}
                    groups={data ?? []}
                    list={list}
                    onDone={again}
                    onClose={close}
                />
            )}
            {act?.kind === 'remove' && (
                <Confirm
                    title={words.groupRemoveTitle(act.group.title || act.group.name)}
                    words={words.groupRemoveWords}
                    act={words.groupRemoveAct}
                    onAct={async () => {
                        await peopleApi.removeGroup(act.group.name);
                        await again();
                    }}
                    onClose={close}
                />
            )}
        </>
    );
}
