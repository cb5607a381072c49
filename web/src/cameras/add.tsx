// Adding a camera: reach it, say what it is for, see it live. The assistant of a new site shows the
// same.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { slug } from '../people/slug';
import { cameras, serverNow } from '../state';
import { text } from '../text';
import { useValue } from '../value';
import { camerasApi } from './api';
import './cameras.css';
import { addressOf, addressProblem, blankDraft, type Draft, draftProblems, wishOf } from './draft';
import { AboutFields, ConnectionFields, focusProblem, type Problems } from './form';
import { LivePicture } from './one';
import { TrialReport, useTrial } from './trial';

const words = text.cameras.adding;
const slowMs = 60_000;

export interface AddCameraProps {
    onLive?: (id: string) => void; // its first redacted picture is there
    onDone?: (id: string) => void; // instead of the links that lead on
}

type Stage = 'reach' | 'about' | 'live';
const stages: Stage[] = ['reach', 'about', 'live'];

function Progress({ stage }: { stage: Stage }) {
    const at = stages.indexOf(stage);
    return (
        <ol class="steps steps-across">
            {words.steps.map((step, i) => (
                <li
                    key={step}
                    data-done={i < at ? '' : undefined}
                    aria-current={i === at ? 'step' : undefined}
                >
                    {step}
                </li>
            ))}
        </ol>
    );
}

interface StageProps {
    draft: Draft;
    onChange: (change: Partial<Draft>) => void;
    onNext: () => void;
}

function Reach({ draft, onChange, onNext }: StageProps) {
    const trying = useTrial();
    const [problems, setProblems] = useState<Problems>({});
    const form = useRef<HTMLFormElement>(null);
    const good = trying.trial?.state === 'good';
    const submit = (event: Event): void => {
        event.preventDefault();
        const wrong = addressProblem(draft);
        setProblems(wrong ? { url: wrong } : {});
        if (wrong) return focusProblem(form.current);
        if (good) return onNext();
        trying.start(addressOf(draft));
    };
    return (
        <form ref={form} onSubmit={submit} noValidate autocomplete="off">
            <p class="lead">{words.lead}</p>
            <section class="card">
                <h2>{text.cameras.form.connection}</h2>
                <ConnectionFields draft={draft} problems={problems} onChange={onChange} />
            </section>
            <TrialReport
                {...trying}
                onTrust={(fingerprint) => {
                    onChange({ fingerprint });
                    trying.start(addressOf({ ...draft, fingerprint }));
                }}
            />
            <div class="actions form-actions">
                <button class="primary" type="submit" disabled={trying.busy}>
                    {trying.busy
                        ? words.trying
                        : good
                          ? words.next
                          : trying.trial
                            ? words.again
                            : words.try}
                </button>
                {good && (
                    <button type="button" onClick={() => trying.start(addressOf(draft))}>
                        {words.again}
                    </button>
                )}
            </div>
        </form>
    );
}

interface AboutProps extends Omit<StageProps, 'onNext'> {
    onBack: () => void;
    onAdded: (id: string) => void;
}

function About({ draft, onChange, onBack, onAdded }: AboutProps) {
    const [problems, setProblems] = useState<Problems>({});
    const form = useRef<HTMLFormElement>(null);
    const { busy, problem, run } = useDoing();
    const taken = (useValue(cameras) ?? []).map((camera) => camera.id);
    const id = slug(draft.name, [...taken, 'new'], 'camera');
    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const wrong = draftProblems(draft);
        setProblems(wrong);
        if (Object.keys(wrong).length > 0) return focusProblem(form.current);
        const went = await run(async () => {
            await camerasApi.add({ id, ...wishOf(draft) });
        });
        if (went) onAdded(id);
    };
    return (
        <form ref={form} onSubmit={(event) => void submit(event)} noValidate autocomplete="off">
            <section class="card">
                <h2>{text.cameras.form.about}</h2>
                <AboutFields draft={draft} problems={problems} onChange={onChange} id={id} />
                <p class="problem" role="alert">
                    {problem}
                </p>
            </section>
            <div class="actions form-actions">
                <button class="primary" type="submit" disabled={busy}>
                    {busy ? words.submitting : words.submit}
                </button>
                <button type="button" onClick={onBack}>
                    {words.back}
                </button>
            </div>
        </form>
    );
}

interface LiveProps extends AddCameraProps {
    id: string;
    name: string;
    onAnother: () => void;
}

function Live({ id, name, onAnother, onLive, onDone }: LiveProps) {
    const camera = useValue(cameras)?.find((each) => each.id === id);
    const [began] = useState(serverNow);
    const live = camera?.veil.state === 'live' || camera?.veil.state === 'opaque';
    useEffect(() => {
        if (live) onLive?.(id);
    }, [live]);
    const slow = !live && serverNow() - began > slowMs;
    return (
        <section class="card" data-live={live ? '' : undefined}>
            <h2>{words.added(name)}</h2>
            <p aria-live="polite">{live ? words.live : slow ? words.slow : words.waiting}</p>
            {camera ? (
                <LivePicture camera={camera} />
            ) : (
                <div class="camera-now">
                    <div class="picture">
                        <div class="gauze" />
                    </div>
                </div>
            )}
            <div class="actions form-actions">
                {onDone ? (
                    <button class="primary" onClick={() => onDone(id)}>
                        {words.next}
                    </button>
                ) : (
                    <>
                        <a class="button primary" href={`#/cameras/${id}/areas`}>
                            {words.hide}
                        </a>
                        <button onClick={onAnother}>{words.another}</button>
                        <a class="button" href={`#/cameras/${id}`}>
                            {words.done}
                        </a>
                    </>
                )}
            </div>
        </section>
    );
}

export function AddCamera(props: AddCameraProps) {
    const [stage, setStage] = useState<Stage>('reach');
    const [draft, setDraft] = useState<Draft>(blankDraft);
    const [id, setId] = useState('');
    const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
    return (
        <div class="adding" data-stage={stage}>
            <Progress stage={stage} />
            {stage === 'reach' && (
                <Reach draft={draft} onChange={change} onNext={() => setStage('about')} />
            )}
            {stage === 'about' && (
                <About
                    draft={draft}
                    onChange={change}
                    onBack={() => setStage('reach')}
                    onAdded={(added) => {
                        setId(added);
                        setStage('live');
                    }}
                />
            )}
            {stage === 'live' && (
                <Live
                    {...props}
                    id={id}
                    name={draft.name}
                    onAnother={() => {
                        setDraft(blankDraft);
                        setStage('reach');
                    }}
                />
            )}
        </div>
    );
}
