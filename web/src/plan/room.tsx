// #/plan: the first plan, or the map; /ID: that plan; /map.
import { useEffect, useRef, useState } from 'preact/hooks';
import { explain, useAsked, useDoing } from '../asking';
import { camerasApi } from '../cameras/api';
import { Badge } from '../cameras/list';
import { LivePicture } from '../cameras/one';
import { managesCameras } from '../rights';
import { placeHash } from '../router';
import { cameras, session } from '../state';
import { text } from '../text';
import type { Camera, Place } from '../types';
import { useValue } from '../value';
import { Dialog, Field } from '../views/parts';
import type { RoomProps } from '../views/room';
import '../cameras/cameras.css';
import { imageMost, imageTypes, type Plan, planApi, type SiteMap } from './api';
import { isOnMap, type Size } from './cone';
import type { Ground } from './ground';
import { MapGround } from './map';
import { Marks } from './marks';
import './plan.css';
import { PlanSheet } from './sheet';

const words = text.plan;
const saveAfterMs = 400; // a camera is put where it was dragged to, not at each pixel on the way

// Places as they are being changed here, over those of the list of cameras.
function useArranging(list: Camera[]) {
    const [moved, setMoved] = useState<ReadonlyMap<string, Place | null>>(new Map());
    const [problem, setProblem] = useState('');
    const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
    useEffect(
        () => () => {
            for (const timer of timers.current.values()) clearTimeout(timer);
        },
        [],
    );
    const tell = async (id: string, place: Place | null): Promise<void> => {
        try {
            if (place) await planApi.put(id, place);
            else await planApi.takeOff(id);
            setProblem('');
        } catch (error) {
            setProblem(explain(error));
            setMoved((before) => new Map([...before].filter(([key]) => key !== id)));
        }
    };
    const put = (id: string, place: Place | null): void => {
        setMoved((before) => new Map(before).set(id, place));
        clearTimeout(timers.current.get(id));
        timers.current.set(
            id,
            setTimeout(() => void tell(id, place), saveAfterMs),
        );
    };
    const placed = list.map((camera) =>
        moved.has(camera.id) ? { ...camera, place: moved.get(camera.id) ?? null } : camera,
    );
    return { placed, put, problem };
}

function Upload({ onDone, onClose }: { onDone: (plan: Plan) => void; onClose: () => void }) {
    const [name, setName] = useState('');
    const [image, setImage] = useState<File | null>(null);
    const [wrong, setWrong] = useState<{ name?: string; image?: string }>({});
    const { busy, problem, run } = useDoing();
    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const found = {
            ...(name.trim() ? {} : { name: words.nameMissing }),
            ...(!image
                ? { image: words.imageMissing }
                : !imageTypes.includes(image.type)
                  ? { image: words.imageKind }
                  : image.size > imageMost
                    ? { image: words.imageLarge }
                    : {}),
        };
        setWrong(found);
        if (!image || Object.keys(found).length > 0) return;
        await run(async () => onDone(await planApi.upload(name.trim(), image)));
    };
    return (
        <Dialog title={words.upload} onClose={onClose}>
            <form onSubmit={(event) => void submit(event)} noValidate>
                <Field label={words.image} hint={words.imageHint} problem={wrong.image ?? ''}>
                    {(control) => (
                        <input
                            {...control}
                            type="file"
                            accept={imageTypes.join(',')}
                            onChange={(event) => {
                                const file = event.currentTarget.files?.[0] ?? null;
                                setImage(file);
                                if (file && !name) setName(file.name.replace(/\.[a-z]+$/i, ''));
                            }}
                        />
                    )}
                </Field>
                <Field label={words.name} problem={wrong.name ?? ''}>
                    {(control) => (
                        <input
                            {...control}
                            maxLength={60}
                            autocomplete="off"
                            value={name}
                            onInput={(event) => setName(event.currentTarget.value)}
                        />
                    )}
                </Field>
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="actions actions-end">
                    <button type="button" onClick={onClose}>
                        {words.cancel}
                    </button>
                    <button class="primary" type="submit" disabled={busy}>
                        {busy ? words.uploading : words.upload}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

interface RemoveProps {
    plan: Plan;
    onDone: () => void;
    onClose: () => void;
}

function RemovePlan({ plan, onDone, onClose }: RemoveProps) {
    const { busy, problem, run } = useDoing();
    const remove = async (): Promise<void> => {
        if (await run(() => planApi.remove(plan.id))) onDone();
    };
    return (
        <Dialog title={words.removeTitle(plan.name)} onClose={onClose}>
            <p>{words.removeWords}</p>
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions actions-end">
                <button onClick={onClose}>{words.cancel}</button>
                <button class="danger" disabled={busy} onClick={() => void remove()}>
                    {words.remove}
                </button>
            </div>
        </Dialog>
    );
}

interface ItemProps {
    camera: Camera;
    here: boolean; // on this ground
    chosen: boolean;
    arranging: boolean;
    onChoose: () => void;
    onPut: () => void;
    onTakeOff: () => void;
}

function Item({ camera, here, chosen, arranging, onChoose, onPut, onTakeOff }: ItemProps) {
    return (
        <li class="plan-item" data-camera={camera.id} data-chosen={chosen}>
            <button class="quiet plan-choose" aria-pressed={chosen} onClick={onChoose}>
                <span class="plan-name">{camera.name}</span> <Badge camera={camera} />
            </button>
            {chosen && (
                <div class="plan-shown">
                    <LivePicture camera={camera} />
                    <div class="actions">
                        <a
                            class="button"
                            href={placeHash({ view: 'camera', camera: camera.id, at: null })}
                        >
                            {words.open}
                        </a>
                        {arranging && here && <button onClick={onTakeOff}>{words.takeOff}</button>}
                        {arranging && !here && <button onClick={onPut}>{words.put}</button>}
                    </div>
                </div>
            )}
        </li>
    );
}

interface GroundsProps {
    plans: Plan[];
    map: SiteMap;
    at: string; // id of a plan, or "map"
}

function Grounds({ plans, map, at }: GroundsProps) {
    if (plans.length + (map.tiles ? 1 : 0) < 2) return null;
    return (
        <nav class="tabs" aria-label={words.grounds}>
            {plans.map(({ id, name }) => (
                <a key={id} href={`#/plan/${id}`} aria-current={at === id ? 'page' : undefined}>
                    {name}
                </a>
            ))}
            {map.tiles && (
                <a href="#/plan/map" aria-current={at === 'map' ? 'page' : undefined}>
                    {words.map}
                </a>
            )}
        </nav>
    );
}

function Blank({ mayManage, onUpload }: { mayManage: boolean; onUpload: () => void }) {
    return (
        <div class="blank">
            <h2>{words.empty}</h2>
            <p>{mayManage ? words.emptyHint : words.emptyOther}</p>
            {mayManage && (
                <div class="actions">
                    <button class="primary" onClick={onUpload}>
                        {words.upload}
                    </button>
                </div>
            )}
        </div>
    );
}

interface BoardProps {
    plan: Plan | null; // null: the map
    map: SiteMap;
    mayManage: boolean;
    arranging: boolean;
}

function Board({ plan, map, mayManage, arranging }: BoardProps) {
    const list = useValue(cameras) ?? [];
    const groups = useAsked(camerasApi.groups).data ?? [];
    const [group, setGroup] = useState('');
    const [chosen, setChosen] = useState<string | null>(null);
    const { placed, put, problem } = useArranging(list);
    const ground = useRef<{ ground: Ground; size: Size } | null>(null);
    const wanted = groups.find(({ name }) => name === group);
    const shown = placed.filter((camera) => !wanted || wanted.cameras.includes(camera.id));
    const isHere = ({ place }: Camera): boolean =>
        Boolean(place && (plan ? !isOnMap(place) && place.plan === plan.id : isOnMap(place)));
    const here = shown.filter(isHere);
    const others = shown.filter((camera) => !isHere(camera));
    const putInMiddle = (id: string): void => {
        const now = ground.current;
        if (now) put(id, now.ground.placeAt({ x: now.size.width / 2, y: now.size.height / 2 }));
    };
    const marks = (on: Ground, size: Size) => {
        ground.current = { ground: on, size };
        return (
            <Marks
                ground={on}
                cameras={here}
                chosen={chosen}
                arranging={arranging}
                onChoose={setChosen}
                onPlace={put}
            />
        );
    };
    const item = (camera: Camera) => (
        <Item
            key={camera.id}
            camera={camera}
            here={isHere(camera)}
            chosen={camera.id === chosen}
            arranging={arranging}
            onChoose={() => setChosen(camera.id === chosen ? null : camera.id)}
            onPut={() => putInMiddle(camera.id)}
            onTakeOff={() => put(camera.id, null)}
        />
    );
    return (
        <div class="plan-board">
            {plan ? (
                <PlanSheet key={plan.id} plan={plan}>
                    {marks}
                </PlanSheet>
            ) : (
                <MapGround site={map}>{marks}</MapGround>
            )}
            <aside class="plan-side" aria-label={text.cameras.title}>
                {groups.length > 0 && (
                    <label class="field">
                        <span class="label">{text.cameras.group}</span>
                        <select
                            value={group}
                            onChange={(event) => setGroup(event.currentTarget.value)}
                        >
                            <option value="">{text.cameras.allGroups}</option>
                            {groups.map(({ name, title }) => (
                                <option key={name} value={name}>
                                    {title || name}
                                </option>
                            ))}
                        </select>
                    </label>
                )}
                {arranging && <p class="hint">{words.arrangeHint}</p>}
                <p class="problem" role="alert">
                    {problem}
                </p>
                <h2>{words.here}</h2>
                {here.length === 0 && <p class="note">{words.nobodyHere}</p>}
                <ul class="plan-list">{here.map(item)}</ul>
                {mayManage && others.length > 0 && (
                    <>
                        <h2>{words.others}</h2>
                        <ul class="plan-list">{others.map(item)}</ul>
                    </>
                )}
            </aside>
        </div>
    );
}

interface HeadProps {
    plan: Plan | null;
    arranging: boolean;
    onArrange: () => void;
    onUpload: () => void;
    onRemove: () => void;
}

function Tools({ plan, arranging, onArrange, onUpload, onRemove }: HeadProps) {
    return (
        <div class="actions">
            {arranging && plan && (
                <button class="danger" onClick={onRemove}>
                    {words.remove}
                </button>
            )}
            {arranging && <button onClick={onUpload}>{words.another}</button>}
            <button class={arranging ? 'primary' : ''} aria-pressed={arranging} onClick={onArrange}>
                {arranging ? words.arranged : words.arrange}
            </button>
        </div>
    );
}

type Asking = 'upload' | 'remove' | null;

export function PlanRoom({ rest }: RoomProps) {
    const who = useValue(session);
    const plans = useAsked(planApi.plans);
    const map = useAsked(planApi.map);
    const [asking, setAsking] = useState<Asking>(null);
    const [arranging, setArranging] = useState(false);
    const mayManage = who !== null && who !== 'unknown' && managesCameras(who.role);
    const wanted = rest.slice(1);
    const plan =
        wanted === 'map'
            ? null
            : (plans.data?.find(({ id }) => id === wanted) ?? plans.data?.[0] ?? null);
    const known = plans.data !== null && map.data !== null;
    const nothing = known && !plan && !map.data?.tiles;
    const close = (): void => setAsking(null);
    const uploaded = (made: Plan): void => {
        close();
        setArranging(true);
        void plans.again().then(() => {
            location.hash = `#/plan/${made.id}`;
        });
    };
    const removed = (): void => {
        close();
        void plans.again();
    };
    return (
        <main class="room room-full plan-room">
            <div class="room-head">
                <h1>{words.title}</h1>
                {plans.data && map.data && (
                    <Grounds plans={plans.data} map={map.data} at={plan?.id ?? 'map'} />
                )}
                {mayManage && known && !nothing && (
                    <Tools
                        plan={plan}
                        arranging={arranging}
                        onArrange={() => setArranging(!arranging)}
                        onUpload={() => setAsking('upload')}
                        onRemove={() => setAsking('remove')}
                    />
                )}
            </div>
            {(plans.problem || map.problem) && (
                <p class="notice" data-mood="bad">
                    {plans.problem || map.problem}
                </p>
            )}
            {nothing && <Blank mayManage={mayManage} onUpload={() => setAsking('upload')} />}
            {map.data && known && !nothing && (
                <Board plan={plan} map={map.data} mayManage={mayManage} arranging={arranging} />
            )}
            {asking === 'upload' && <Upload onDone={uploaded} onClose={close} />}
            {asking === 'remove' && plan && (
                <RemovePlan plan={plan} onDone={removed} onClose={close} />
            )}
        </main>
    );
}
