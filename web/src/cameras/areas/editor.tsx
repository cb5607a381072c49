// Masks, zones and lines, drawn on the live redacted picture.
import { useCallback, useRef, useState } from 'preact/hooks';
import { useKeys } from '../../keys';
import { usePicture } from '../../live/use';
import { statusWords } from '../../live/words';
import { serverNow } from '../../state';
import { text } from '../../text';
import type { Camera } from '../../types';
import { Dialog } from '../../views/parts';
import { Picture } from '../../views/picture';
import type { AreaKind, Areas, Point } from '../api';
import { crossing, leastPoints, mostPoints } from './geometry';
import { freeName, isChanged, isSound, nameProblem, newKey, type Shape } from './model';
import { Surface, type SurfaceProps } from './surface';
import { type Editing, useEditing } from './use';

const words = text.cameras.areas;
const kinds: AreaKind[] = ['mask', 'zone', 'line'];

interface EditorProps {
    camera: Camera;
    mayChange: boolean;
}

function Stage({ camera, ...surface }: { camera: Camera } & Omit<SurfaceProps, 'size'>) {
    const { video, status } = usePicture(camera, Infinity);
    const { width, height } = camera.veil.width ? camera.veil : { width: 640, height: 480 };
    const set = (element: HTMLElement | null): void => {
        element?.style.setProperty('--aspect', String(width / height));
    };
    return (
        <div class="areas-stage" data-state={status.state} ref={set}>
            <Picture
                video={video}
                label={text.picture.redacted}
                state={status.state}
                shown={status.shown}
                words={statusWords(camera, status, serverNow())}
            />
            <Surface size={{ width, height }} {...surface} />
        </div>
    );
}

function Applied({ areas, unsaved, camera }: { areas: Areas; unsaved: boolean; camera: Camera }) {
    const said = areas.problem
        ? areas.problem
        : unsaved
          ? words.unsaved
          : areas.applied
            ? words.applied
            : camera.veil.state === 'down'
              ? words.notApplied
              : words.applying;
    const mood = areas.problem ? 'bad' : unsaved ? 'warn' : areas.applied ? 'good' : 'warn';
    return (
        <p
            class="notice applied"
            data-mood={mood}
            data-applied={areas.applied && !unsaved}
            role="status"
        >
            {said}
        </p>
    );
}

interface ItemProps {
    shape: Shape;
    all: Shape[];
    chosen: boolean;
    locked: boolean;
    onChoose: () => void;
    onRename: (name: string) => void;
    onTurn: () => void;
    onRemove: () => void;
}

function shapeProblem(shape: Shape, all: Shape[]): string {
    const wrong = crossing(shape.points, shape.kind);
    if (wrong) return words.crosses(wrong[0] + 1, wrong[1] + 1);
    const name = nameProblem(shape, all);
    return name === 'form' ? words.nameProblem : name === 'taken' ? words.nameTaken : '';
}

function Item(props: ItemProps) {
    const { shape, all, chosen, locked, onChoose, onRename, onTurn, onRemove } = props;
    const problem = shapeProblem(shape, all);
    const state = shape.fixed
        ? words.fixed
        : !shape.saved
          ? words.draft
          : isChanged(shape)
            ? words.changed
            : '';
    return (
        <li class="area" data-kind={shape.kind} data-chosen={chosen} data-name={shape.name}>
            <button class="quiet area-choose" aria-pressed={chosen} onClick={onChoose}>
                <span class="area-sign" aria-hidden="true" />
                <span>
                    {words.kinds[shape.kind]} <strong>{shape.name || words.unnamed}</strong>
                    {state && <span class="note"> {state}</span>}
                </span>
            </button>
            {chosen && !locked && (
                <div class="area-edit">
                    <label class="field" data-bad={nameProblem(shape, all) ? '' : undefined}>
                        <span class="label">{words.name}</span>
                        <input
                            value={shape.name}
                            maxLength={31}
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck={false}
                            aria-invalid={nameProblem(shape, all) !== null}
                            onInput={(event) => onRename(event.currentTarget.value)}
                        />
                    </label>
                    <div class="actions">
                        {shape.kind === 'line' && <button onClick={onTurn}>{words.turn}</button>}
                        <button class="danger" onClick={onRemove}>
                            {words.remove}
                        </button>
                    </div>
                </div>
            )}
            {problem && (
                <p class="problem" role="alert">
                    {problem}
                </p>
            )}
        </li>
    );
}

interface DrawingProps {
    drawing: Shape;
    onFinish: () => void;
    onCancel: () => void;
}

function Drawing({ drawing, onFinish, onCancel }: DrawingProps) {
    const least = leastPoints[drawing.kind];
    const wrong = crossing(drawing.points, drawing.kind);
    return (
        <div class="drawing">
            <p role="status">
                {wrong
                    ? words.crosses(wrong[0] + 1, wrong[1] + 1)
                    : words.drawing(words.kinds[drawing.kind], drawing.points.length, least)}
            </p>
            <div class="actions">
                <button
                    class="primary"
                    disabled={drawing.points.length < least || wrong !== null}
                    onClick={onFinish}
                >
                    {words.finish}
                </button>
                <button onClick={onCancel}>{words.cancel}</button>
            </div>
        </div>
    );
}

function Unmask({
    names,
    onAct,
    onClose,
}: {
    names: string;
    onAct: () => void;
    onClose: () => void;
}) {
    return (
        <Dialog title={words.unmaskTitle} onClose={onClose}>
            <p>{words.unmask(names)}</p>
            <div class="actions actions-end">
                <button onClick={onClose}>{words.cancel}</button>
                <button class="danger" onClick={onAct}>
                    {words.unmaskAct}
                </button>
            </div>
        </Dialog>
    );
}

function Save({ editing }: { editing: Editing }) {
    const { acts, shapes, doing } = editing;
    const [asking, setAsking] = useState<string[]>([]); // of which masks
    const sound = shapes.every((shape) => isSound(shape, shapes) || shape.fixed);
    const save = (): void => {
        setAsking([]);
        void editing.save();
    };
    const ask = (): void => {
        const masks = editing.uncovers();
        if (masks.length > 0) setAsking(masks);
        else save();
    };
    return (
        <>
            <p class="problem" role="alert">
                {doing.problem}
            </p>
            <div class="actions">
                <button
                    class="primary"
                    disabled={acts.length === 0 || !sound || doing.busy}
                    onClick={ask}
                >
                    {doing.busy ? words.saving : words.save}
                </button>
                <button disabled={!editing.canUndo} onClick={editing.undo}>
                    {words.undo}
                </button>
                <button disabled={acts.length === 0} onClick={editing.discard}>
                    {words.discard}
                </button>
            </div>
            {asking.length > 0 && (
                <Unmask names={asking.join(', ')} onAct={save} onClose={() => setAsking([])} />
            )}
        </>
    );
}

function Keys() {
    return (
        <details class="more">
            <summary>{words.keys}</summary>
            <dl class="keys">
                {words.keyList.map(([key, does]) => (
                    <div key={key}>
                        <dt>
                            <kbd>{key}</kbd>
                        </dt>
                        <dd>{does}</dd>
                    </div>
                ))}
            </dl>
        </details>
    );
}

export function AreasEditor({ camera, mayChange }: EditorProps) {
    const editing = useEditing(camera.id);
    const { areas, shapes, change, begin } = editing;
    const [chosen, setChosen] = useState<string | null>(null);
    const [drawing, setDrawing] = useState<Shape | null>(null);
    const root = useRef<HTMLElement>(null);

    const edit = (key: string, part: Partial<Shape>): void =>
        change((all) => all.map((shape) => (shape.key === key ? { ...shape, ...part } : shape)));
    const pointsOf = (key: string): Point[] =>
        shapes.find((shape) => shape.key === key)?.points ?? [];
    const focusCorner = (index: number): void => {
        requestAnimationFrame(() =>
            root.current?.querySelector<SVGElement>(`.corner[data-index="${index}"]`)?.focus(),
        );
    };
    const remove = (key: string): void => {
        begin();
        change((all) => all.filter((shape) => shape.key !== key));
        setChosen(null);
    };
    const insert = (key: string, behind: number): void => {
        const points = pointsOf(key);
        const a = points[behind];
        const b = points[(behind + 1) % points.length];
        if (!a || !b || points.length >= mostPoints) return;
        begin();
        const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
        edit(key, { points: points.toSpliced(behind + 1, 0, middle) });
        focusCorner(behind + 1);
    };
    const removePoint = (key: string, index: number): void => {
        const shape = shapes.find((each) => each.key === key);
        if (!shape || shape.points.length <= leastPoints[shape.kind]) return;
        begin();
        edit(key, { points: shape.points.toSpliced(index, 1) });
        focusCorner(Math.max(0, index - 1));
    };
    const draw = (kind: AreaKind): void => {
        setChosen(null);
        const name = freeName(kind, shapes);
        setDrawing({ key: newKey(), kind, name, points: [], fixed: false, saved: null });
        requestAnimationFrame(() => root.current?.querySelector<SVGElement>('.surface')?.focus());
    };
    const addPoint = (at: Point): void =>
        setDrawing((shape) => {
            if (!shape || shape.points.length >= mostPoints) return shape;
            const last = shape.points.at(-1);
            if (last && last[0] === at[0] && last[1] === at[1]) return shape;
            return { ...shape, points: [...shape.points, at] };
        });
    const finish = (): void => {
        if (!drawing) return;
        begin();
        change((all) => [...all, drawing]);
        setChosen(drawing.key);
        setDrawing(null);
    };
    useKeys(
        useCallback(
            (key) => {
                if (key !== 'Escape' || !drawing) return false;
                setDrawing(null);
                return true;
            },
            [drawing],
        ),
    );
    const onKeyDown = (event: KeyboardEvent): void => {
        if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (drawing) setDrawing({ ...drawing, points: drawing.points.slice(0, -1) });
        else editing.undo();
    };

    return (
        <main class="room room-full areas-room" ref={root} onKeyDown={onKeyDown}>
            <div class="room-head">
                <a class="back" href={`#/cameras/${camera.id}`}>
                    ‹ {camera.name}
                </a>
                <h1>{words.title}</h1>
            </div>
            <Stage
                camera={camera}
                shapes={shapes}
                chosen={chosen}
                drawing={drawing}
                readOnly={!mayChange}
                onChoose={setChosen}
                onPoints={(key, points) => edit(key, { points })}
                onBegin={begin}
                onDraw={addPoint}
                onInsert={insert}
                onRemovePoint={removePoint}
                onRemove={remove}
            />
            <aside class="areas-side" aria-label={words.list}>
                {editing.problem && (
                    <p class="notice" data-mood="bad">
                        {editing.problem}
                    </p>
                )}
                {areas && (
                    <Applied areas={areas} unsaved={editing.acts.length > 0} camera={camera} />
                )}
                {!mayChange && <p class="note">{words.readOnly}</p>}
                {mayChange && !drawing && (
                    <div class="actions areas-new">
                        {kinds.map((kind) => (
                            <button key={kind} title={words.about[kind]} onClick={() => draw(kind)}>
                                {words.newOf[kind]}
                            </button>
                        ))}
                    </div>
                )}
                {drawing && (
                    <Drawing
                        drawing={drawing}
                        onFinish={finish}
                        onCancel={() => setDrawing(null)}
                    />
                )}
                <h2>{words.list}</h2>
                {areas && shapes.length === 0 && <p class="note">{words.none}</p>}
                <ul class="areas-list">
                    {shapes.map((shape) => (
                        <Item
                            key={shape.key}
                            shape={shape}
                            all={shapes}
                            chosen={shape.key === chosen}
                            locked={!mayChange || shape.fixed}
                            onChoose={() => setChosen(shape.key === chosen ? null : shape.key)}
                            onRename={(name) => {
                                begin();
                                edit(shape.key, { name });
                            }}
                            onTurn={() => {
                                begin();
                                edit(shape.key, { points: shape.points.toReversed() });
                            }}
                            onRemove={() => remove(shape.key)}
                        />
                    ))}
                </ul>
                {mayChange && <Save editing={editing} />}
                {mayChange && <Keys />}
            </aside>
        </main>
    );
}
