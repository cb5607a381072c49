// Changing a camera that was added at the desk.
import { useRef, useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { text } from '../text';
import type { Camera } from '../types';
import { camerasApi, type CameraConfig } from './api';
import { changesOf, type Draft, draftOf, draftProblems } from './draft';
import { AboutFields, ConnectionFields, focusProblem, type Problems } from './form';

const words = text.cameras.form;

function Form({ camera, config }: { camera: Camera; config: CameraConfig }) {
    const [draft, setDraft] = useState<Draft>(() => draftOf(config));
    const [problems, setProblems] = useState<Problems>({});
    const form = useRef<HTMLFormElement>(null);
    const { busy, problem, run } = useDoing();
    const [saved, setSaved] = useState(false);
    const home = `#/cameras/${camera.id}`;
    const change = (part: Partial<Draft>): void => {
        setSaved(false);
        setDraft((before) => ({ ...before, ...part }));
    };
    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const wrong = draftProblems(draft);
        setProblems(wrong);
        if (Object.keys(wrong).length > 0) return focusProblem(form.current);
        const wish = changesOf(draft, config);
        const went = await run(async () => {
            if (Object.keys(wish).length > 0) await camerasApi.change(camera.id, wish);
        });
        if (went) setSaved(true);
    };
    return (
        <form ref={form} onSubmit={(event) => void submit(event)} noValidate autocomplete="off">
            <section class="card">
                <h2>{words.about}</h2>
                <AboutFields draft={draft} problems={problems} onChange={change} id={null} />
            </section>
            <section class="card">
                <h2>{words.connection}</h2>
                <ConnectionFields
                    draft={draft}
                    problems={problems}
                    onChange={change}
                    hasPassword={config.has_password}
                />
            </section>
            <p class="problem" role="alert">
                {problem}
            </p>
            <p role="status">{saved ? words.saved : ''}</p>
            <div class="actions form-actions">
                <button class="primary" type="submit" disabled={busy}>
                    {busy ? words.saving : words.save}
                </button>
                <a class="button" href={home}>
                    {saved ? text.cameras.adding.done : words.cancel}
                </a>
            </div>
        </form>
    );
}

export function ChangeCamera({ camera }: { camera: Camera }) {
    const { data, problem } = useAsked(() => camerasApi.config(camera.id));
    return (
        <main class="room room-narrow">
            <div class="room-head">
                <a class="back" href={`#/cameras/${camera.id}`}>
                    ‹ {camera.name}
                </a>
                <h1>{text.cameras.one.change}</h1>
            </div>
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            {data?.fixed && <p class="notice">{text.cameras.one.fixedWhy}</p>}
            {data && !data.fixed && <Form camera={camera} config={data} />}
        </main>
    );
}
