// All cameras and how they do, at a glance.
import { useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { managesCameras } from '../rights';
import { cameras, health, serverNow, session } from '../state';
import { text } from '../text';
import { dayStart, duration } from '../time';
import type { Camera, Health } from '../types';
import { decimal } from '../units';
import { useValue } from '../value';
import { camerasApi, type Group, type History } from './api';
import { levelOf, since, sparkPath, sumOf, worstOf } from './history';
import { conditionOf, moods } from './mood';
import { useDays } from './use';

const words = text.cameras;
const spark = { width: 96, height: 22 };
const day = 86_400_000;
const clockSlackMs = 2000;

export function Badge({ camera }: { camera: Camera }) {
    const condition = conditionOf(camera);
    return (
        <span class="badge" data-mood={moods[condition]}>
            {words.states[condition]}
        </span>
    );
}

function Spark({ history }: { history: History | undefined }) {
    const level = history ? levelOf(history.bitrate) : null;
    if (!history || !level) return <svg class="spark" aria-hidden="true" />;
    const megabits = (rate: number): string => decimal(rate / 1e6);
    return (
        <svg
            class="spark"
            viewBox={`0 -1 ${spark.width} ${spark.height + 2}`}
            role="img"
            aria-label={words.sparkline(megabits(level.low), megabits(level.high))}
        >
            <path d={sparkPath(history.bitrate, spark.width, spark.height)} />
        </svg>
    );
}

export function clockWords(history: History): string {
    const worst = worstOf(history.clock_ms);
    if (worst === null) return words.unknown;
    return Math.abs(worst) < clockSlackMs
        ? words.clockGood
        : words.clockOff(`${worst < 0 ? '−' : '+'}${duration(Math.abs(worst))}`);
}

function Line({ camera, history }: { camera: Camera; history: History | undefined }) {
    const today = history && since(history, dayStart(serverNow()));
    const gaps = today ? sumOf(today.gap_s) : null;
    const again = today ? sumOf(today.reconnects) : null;
    const coming = camera.state === 'recording' || camera.state === 'watching';
    return (
        <tr data-camera={camera.id}>
            <th scope="row">
                <a class="camera-link" href={`#/cameras/${camera.id}`}>
                    {camera.name}
                </a>
                <span class="note">{camera.purpose}</span>
            </th>
            <td>
                <Badge camera={camera} />
            </td>
            <td class="camera-rate camera-less">
                <Spark history={history} />
                <span>{coming ? words.mbit(decimal(camera.bitrate / 1e6)) : words.unknown}</span>
            </td>
            <td class="number camera-less">{coming ? decimal(camera.fps) : words.unknown}</td>
            <td class="number" data-bad={gaps ? '' : undefined}>
                {gaps === null ? words.unknown : gaps ? duration(gaps * 1000) : words.none}
            </td>
            <td class="number camera-less">
                {again === null ? words.unknown : again ? words.reconnects(again) : words.none}
            </td>
            <td class="camera-less">{history ? clockWords(history) : words.unknown}</td>
            <td class="number camera-less">{text.camera.keptHours(camera.retention_hours)}</td>
        </tr>
    );
}

function diskWords(state: Health | null): string {
    if (!state?.disks) return words.disk.unknown;
    const full = state.disks.map((disk) => disk.fills_at_ms).filter((at) => at !== null);
    if (full.length === 0) return words.disk.never;
    return words.disk.days(Math.floor(Math.max(0, Math.min(...full) - serverNow()) / day));
}

interface FilterProps {
    wanted: string;
    onWanted: (wanted: string) => void;
    group: string;
    onGroup: (group: string) => void;
    groups: Group[];
    mayManage: boolean;
}

function Filter({ wanted, onWanted, group, onGroup, groups, mayManage }: FilterProps) {
    return (
        <div class="camera-filter">
            <label class="field">
                <span class="label">{words.filter}</span>
                <input
                    type="search"
                    placeholder={words.filterHint}
                    value={wanted}
                    onInput={(event) => onWanted(event.currentTarget.value)}
                />
            </label>
            {groups.length > 0 && (
                <label class="field">
                    <span class="label">{words.group}</span>
                    <select value={group} onChange={(event) => onGroup(event.currentTarget.value)}>
                        <option value="">{words.allGroups}</option>
                        {groups.map(({ name, title }) => (
                            <option key={name} value={name}>
                                {title || name}
                            </option>
                        ))}
                    </select>
                </label>
            )}
            {mayManage && (
                <a class="button" href="#/people/groups">
                    {words.editGroups}
                </a>
            )}
        </div>
    );
}

function fits(camera: Camera, wanted: string, group: Group | undefined): boolean {
    const said = `${camera.name} ${camera.purpose} ${camera.id}`.toLowerCase();
    const all = wanted.toLowerCase().split(/\s+/);
    return (
        all.every((word) => said.includes(word)) && (!group || group.cameras.includes(camera.id))
    );
}

function Table({ list }: { list: Camera[] }) {
    const days = useDays(list.map((camera) => camera.id));
    const { camera, state, bitrate, fps, gaps, reconnects, clock, kept } = words.columns;
    return (
        <div class="table-place card">
            <table class="table cameras-table">
                <thead>
                    <tr>
                        <th scope="col">{camera}</th>
                        <th scope="col">{state}</th>
                        <th scope="col" class="camera-less">
                            {bitrate}
                        </th>
                        <th scope="col" class="number camera-less">
                            {fps}
                        </th>
                        <th scope="col" class="number">
                            {gaps}
                        </th>
                        <th scope="col" class="number camera-less">
                            {reconnects}
                        </th>
                        <th scope="col" class="camera-less">
                            {clock}
                        </th>
                        <th scope="col" class="number camera-less">
                            {kept}
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {list.map((each) => (
                        <Line key={each.id} camera={each} history={days.get(each.id)} />
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Empty({ mayManage }: { mayManage: boolean }) {
    return (
        <div class="blank">
            <h2>{words.empty}</h2>
            <p>{mayManage ? words.emptyHint : words.emptyOther}</p>
            {mayManage && (
                <div class="actions">
                    <a class="button primary" href="#/cameras/new">
                        {words.add}
                    </a>
                </div>
            )}
        </div>
    );
}

export function CameraList() {
    const list = useValue(cameras);
    const state = useValue(health);
    const who = useValue(session);
    const groups = useAsked(camerasApi.groups).data ?? [];
    const [wanted, setWanted] = useState('');
    const [group, setGroup] = useState('');
    const mayManage = who !== null && who !== 'unknown' && managesCameras(who.role);
    const chosen = groups.find((each) => each.name === group);
    const shown = list?.filter((camera) => fits(camera, wanted, chosen)) ?? [];
    return (
        <main class="room">
            <div class="room-head">
                <h1>{words.title}</h1>
                {mayManage && list !== null && list.length > 0 && (
                    <div class="actions">
                        <a class="button primary" href="#/cameras/new">
                            {words.add}
                        </a>
                    </div>
                )}
            </div>
            {list === null && <p class="empty">{words.loading}</p>}
            {list?.length === 0 && <Empty mayManage={mayManage} />}
            {list && list.length > 0 && (
                <>
                    <Filter
                        wanted={wanted}
                        onWanted={setWanted}
                        group={group}
                        onGroup={setGroup}
                        groups={groups}
                        mayManage={mayManage}
                    />
                    <p class="cameras-sum">
                        <span aria-live="polite">{words.shown(shown.length, list.length)}</span>
                        <span>
                            {words.disk.title}: {diskWords(state)}
                        </span>
                    </p>
                    {shown.length > 0 ? (
                        <Table list={shown} />
                    ) : (
                        <p class="empty">
                            {words.noMatch}{' '}
                            <button
                                class="link"
                                onClick={() => {
                                    setWanted('');
                                    setGroup('');
                                }}
                            >
                                {words.clear}
                            </button>
                        </p>
                    )}
                </>
            )}
        </main>
    );
}
