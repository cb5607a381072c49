// Making a film of the redacted picture: what, of whom, why; then the film and its sum. Below, the
// films that were made.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, LinkError } from '../api';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName, duration, offsetText } from '../time';
import type { Range } from '../timeline/scale';
import { whyNone } from '../timeline/words';
import type { Camera, TimelineData } from '../types';
import { bytes } from '../units';
import { useValue } from '../value';
import { Icon } from '../views/icon';
import { Field, Secret } from '../views/parts';
import { covered, exactTimeline, type Film, films, holes } from './api';
import { fromField, toField } from './moment';
import type { ReviewView } from './view';

const words = text.review.film;
const longestMs = 24 * 3_600_000;
const pollMs = 400;
const settleMs = 200; // while a handle is dragged
const leastHoleMs = 700;
const mostHoles = 4;

// What the film will hold, from the timeline to the millisecond.
function useContents(camera: string, range: Range | null): TimelineData | null {
    const [data, setData] = useState<TimelineData | null>(null);
    const { from, to } = range ?? { from: 0, to: 0 };
    useEffect(() => {
        if (to <= from || to - from > longestMs) return undefined;
        const abort = new AbortController();
        const timer = setTimeout(() => {
            exactTimeline(camera, { from, to }, abort.signal).then(setData, () => setData(null));
        }, settleMs);
        return () => {
            clearTimeout(timer);
            abort.abort();
        };
    }, [camera, from, to]);
    return data;
}

function Contents({ data, range }: { data: TimelineData | null; range: Range }) {
    const picture = data ? covered(data.redacted, range) : null;
    const missing = data ? holes(data.redacted, range, leastHoleMs) : [];
    return (
        <dl class="film-contents">
            <div>
                <dt>{words.length}</dt>
                <dd>{duration(range.to - range.from)}</dd>
            </div>
            <div>
                <dt>{words.holds}</dt>
                <dd>
                    {picture === null
                        ? '…'
                        : picture === 0
                          ? words.holdsNothing
                          : missing.length === 0
                            ? words.holdsAll
                            : words.holdsPicture(duration(picture))}
                </dd>
            </div>
            {missing.length > 0 && picture !== 0 && (
                <div>
                    <dt>{words.missing}</dt>
                    <dd>
                        <ul>
                            {missing.slice(0, mostHoles).map(({ from, to }) => (
                                <li key={from}>
                                    {clockTime(from)}, {duration(to - from)}:{' '}
                                    {whyNone(data, (from + to) / 2)}
                                </li>
                            ))}
                            {missing.length > mostHoles && (
                                <li>{words.missingMore(missing.length - mostHoles)}</li>
                            )}
                        </ul>
                    </dd>
                </div>
            )}
        </dl>
    );
}

// Asks how far a film is until it is made, or has failed.
function useProgress(first: Film): Film {
    const [film, setFilm] = useState(first);
    useEffect(() => {
        if (film.state !== 'making') return undefined;
        const timer = setTimeout(() => {
            // A silent server is said elsewhere: the same film again, and the next try.
            films.look(film.id).then(setFilm, () => setFilm({ ...film }));
        }, pollMs);
        return () => clearTimeout(timer);
    }, [film]);
    return film;
}

function Making({ film }: { film: Film }) {
    return (
        <div class="film-done" aria-busy="true">
            <p role="status">{words.making}</p>
            <progress
                class="film-progress"
                max={1}
                value={film.progress}
                aria-label={words.making}
            />
        </div>
    );
}

function Failed({ film, onAnother }: { film: Film; onAnother: () => void }) {
    return (
        <div class="film-done">
            <p class="problem" role="alert">
                {words.failed} {film.words}
            </p>
            <button onClick={onAnother}>{words.again}</button>
        </div>
    );
}

function Ready({ film, onAnother }: { film: Film; onAnother: () => void }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => heading.current?.focus(), []);
    return (
        <div class="film-done">
            <h3 ref={heading} tabIndex={-1}>
                {words.done}
            </h3>
            <p>
                <strong>{film.name}</strong> <span class="note">{bytes(film.bytes ?? 0)}</span>
            </p>
            <div class="actions">
                <a class="button primary" href={film.url ?? ''} download>
                    <Icon name="film" /> {words.download}
                </a>
                <button onClick={onAnother}>{words.another}</button>
            </div>
            <p class="label">{words.sum}</p>
            <Secret value={film.sha256 ?? ''} />
            <p class="note">
                {words.redacted} {words.kept(dayName(film.expires))}
            </p>
        </div>
    );
}

function Made({
    first,
    onAnother,
    onEnd,
}: {
    first: Film;
    onAnother: () => void;
    onEnd: () => void;
}) {
    const film = useProgress(first);
    useEffect(() => {
        if (film.state !== 'making') onEnd();
    }, [film.state]);
    if (film.state === 'making') return <Making film={film} />;
    if (film.state === 'failed') return <Failed film={film} onAnother={onAnother} />;
    return <Ready film={film} onAnother={onAnother} />;
}

interface Problems {
    from?: string;
    to?: string;
    name?: string;
    reason?: string;
    all?: string;
}

function judge(range: Range | null, name: string, reason: string): Problems {
    const found: Problems = {};
    if (range && range.to > serverNow() + 1000) found.to = words.future;
    if (range && range.to - range.from > longestMs) found.to = words.tooLong;
    if (name.trim() === '') found.name = words.needName;
    if (reason.trim() === '') found.reason = words.needReason;
    return found;
}

interface ExporterProps {
    view: ReviewView;
    cameras: readonly Camera[];
    first: string; // the camera to begin with
    onClose: () => void;
}

function FilmForm({
    view,
    cameras,
    first,
    onMade,
}: ExporterProps & { onMade: (film: Film) => void }) {
    const [camera, setCamera] = useState(first);
    const [name, setName] = useState('');
    const [reason, setReason] = useState('');
    const [problems, setProblems] = useState<Problems>({});
    const [busy, setBusy] = useState(false);
    const range = useValue(view.selection);
    const data = useContents(camera, range);

    const type = (end: 'from' | 'to') => (event: Event) => {
        const at = fromField((event.currentTarget as HTMLInputElement).value);
        const before = view.selection.get();
        if (!before || at === null) {
            setProblems({ [end]: words.badTime });
            return;
        }
        const next = { ...before, [end]: at };
        if (next.from >= next.to) {
            setProblems({ [end]: words.badOrder });
            return;
        }
        setProblems({});
        view.selection.set(next);
    };
    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        if (!range || busy) return;
        const found = judge(range, name, reason);
        setProblems(found);
        if (Object.keys(found).length > 0) return;
        setBusy(true);
        try {
            const from = Math.round(range.from);
            onMade(
                await films.make({
                    camera,
                    from,
                    to: Math.round(range.to),
                    name: name.trim(),
                    reason: reason.trim(),
                }),
            );
        } catch (error) {
            if (error instanceof ApiError) setProblems({ all: error.message });
            else if (error instanceof LinkError) setProblems({ all: words.noServer });
            else throw error;
        } finally {
            setBusy(false);
        }
    };
    if (!range) return null;
    const nothing = data !== null && covered(data.redacted, range) === 0;
    return (
        <form class="film-form" onSubmit={(event) => void submit(event)} noValidate>
            <p class="note">{words.note}</p>
            <Field label={words.camera}>
                {(control) => (
                    <select
                        {...control}
                        value={camera}
                        onChange={(event) => setCamera(event.currentTarget.value)}
                    >
                        {cameras.map(({ id, name: title }) => (
                            <option key={id} value={id}>
                                {title}
                            </option>
                        ))}
                    </select>
                )}
            </Field>
            <div class="film-times">
                {(['from', 'to'] as const).map((end) => (
                    <Field key={end} label={words[end]} problem={problems[end] ?? ''}>
                        {(control) => (
                            <input
                                {...control}
                                type="datetime-local"
                                step={1}
                                value={toField(range[end])}
                                onChange={type(end)}
                            />
                        )}
                    </Field>
                ))}
            </div>
            <p class="hint">{words.zone(offsetText(range.from))}</p>
            <Contents data={data} range={range} />
            <Field label={words.name} hint={words.nameHint} problem={problems.name ?? ''}>
                {(control) => (
                    <input
                        {...control}
                        maxLength={80}
                        value={name}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                )}
            </Field>
            <Field label={words.reason} hint={words.reasonHint} problem={problems.reason ?? ''}>
                {(control) => (
                    <textarea
                        {...control}
                        maxLength={500}
                        value={reason}
                        onInput={(event) => setReason(event.currentTarget.value)}
                    />
                )}
            </Field>
            <p class="hint">{words.cut}</p>
            <p class="problem" role="alert">
                {problems.all ?? ''}
            </p>
            <button class="primary wide" disabled={busy || nothing} aria-busy={busy}>
                {words.make}
            </button>
        </form>
    );
}

function Films({ cameras, version }: { cameras: readonly Camera[]; version: number }) {
    const [list, setList] = useState<Film[] | null>(null);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
        films.list().then(
            (found) => {
                setList([...found].sort((a, b) => b.created - a.created));
                setFailed(false);
            },
            () => setFailed(true),
        );
    }, [version]);
    const nameOf = (id: string): string => cameras.find((each) => each.id === id)?.name ?? id;
    return (
        <section class="films" aria-label={text.review.films.title}>
            <h3>{text.review.films.title}</h3>
            {failed && <p class="problem">{text.review.films.unread}</p>}
            {list?.length === 0 && <p class="note">{text.review.films.none}</p>}
            <ul>
                {list?.map((film) => (
                    <li key={film.id}>
                        <p>
                            {film.url ? (
                                <a
                                    href={film.url}
                                    download
                                    aria-label={text.review.films.download(film.name)}
                                >
                                    {film.name}
                                </a>
                            ) : (
                                film.name
                            )}{' '}
                            <span class="note">
                                {film.state === 'ready'
                                    ? bytes(film.bytes ?? 0)
                                    : text.review.films[film.state]}
                            </span>
                        </p>
                        <p class="note">
                            {nameOf(film.camera)}, {dayName(film.from)} {clockTime(film.from)} –{' '}
                            {clockTime(film.to)}
                        </p>
                        <p class="note">
                            {text.review.films.by(
                                film.who,
                                `${dayName(film.created)} ${clockTime(film.created)}`,
                            )}
                            : {film.reason}
                        </p>
                    </li>
                ))}
            </ul>
        </section>
    );
}

export function Exporter(props: ExporterProps) {
    const [film, setFilm] = useState<Film | null>(null);
    const [version, setVersion] = useState(0); // of the list of films
    const again = (): void => setVersion((before) => before + 1);
    return (
        <section class="exporter" aria-label={words.title}>
            <div class="exporter-head">
                <h2>{words.title}</h2>
                <button
                    class="quiet square"
                    aria-label={text.review.hide}
                    title={text.review.hide}
                    onClick={props.onClose}
                >
                    <Icon name="close" />
                </button>
            </div>
            {film ? (
                <Made key={film.id} first={film} onAnother={() => setFilm(null)} onEnd={again} />
            ) : (
                <FilmForm {...props} onMade={setFilm} />
            )}
            <Films cameras={props.cameras} version={version} />
        </section>
    );
}
