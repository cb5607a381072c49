// One camera: what it is for, how it is set, how it does.
import { useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { usePicture } from '../live/use';
import { statusWords } from '../live/words';
import { go, placeHash } from '../router';
import { serverNow } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { codecName, decimal } from '../units';
import { Dialog } from '../views/parts';
import { Picture } from '../views/picture';
import { camerasApi, type CameraConfig } from './api';
import { Charts } from './charts';
import { Badge } from './list';

const words = text.cameras.one;
const pictureWidth = 460; // CSS pixels, about

export function LivePicture({ camera }: { camera: Camera }) {
    const { video, status } = usePicture(camera, pictureWidth);
    return (
        <div class="camera-now" data-state={status.state}>
            <Picture
                video={video}
                label={text.picture.redacted}
                state={status.state}
                shown={status.shown}
                words={statusWords(camera, status, serverNow())}
            />
        </div>
    );
}

function Remove({ camera, onClose }: { camera: Camera; onClose: () => void }) {
    const say = text.cameras.removing;
    const { busy, problem, run } = useDoing();
    const remove = async (): Promise<void> => {
        if (await run(() => camerasApi.remove(camera.id)))
            go({ view: 'room', room: 'cameras', rest: '' });
    };
    return (
        <Dialog title={say.title(camera.name)} onClose={onClose}>
            <p>{say.stops}</p>
            <p>
                {camera.record === 'nothing'
                    ? say.nothing
                    : say.kept(text.camera.keptHours(camera.retention_hours))}
            </p>
            <p>{say.places}</p>
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions actions-end">
                <button type="button" onClick={onClose}>
                    {say.keep}
                </button>
                <button type="button" class="danger" disabled={busy} onClick={() => void remove()}>
                    {say.act}
                </button>
            </div>
        </Dialog>
    );
}

interface FactProps {
    name: string;
    value: string;
    note?: string;
}

function Fact({ name, value, note }: FactProps) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>
                {value}
                {note && <span class="note">{note}</span>}
            </dd>
        </div>
    );
}

function stream(camera: Camera): string {
    return camera.width
        ? [
              `${codecName(camera.codec)} ${camera.width}×${camera.height}`,
              text.camera.fps(decimal(camera.fps)),
              text.camera.mbit(decimal(camera.bitrate / 1e6)),
          ].join(' · ')
        : camera.detail;
}

function Facts({ camera, config }: { camera: Camera; config: CameraConfig | null }) {
    return (
        <dl class="facts">
            <Fact
                name={text.camera.health}
                value={text.camera.states[camera.state]}
                note={stream(camera)}
            />
            <Fact name={words.purpose} value={camera.purpose || words.notStated} />
            <Fact name={words.legalBasis} value={camera.legal_basis || words.notStated} />
            <Fact
                name={words.kept}
                value={text.camera.keptHours(camera.retention_hours)}
                {...(config?.retention_reason ? { note: config.retention_reason } : {})}
            />
            {camera.record && <Fact name={words.record} value={words.keeps[camera.record]} />}
            {config && (
                <>
                    <Fact name={words.address} value={config.url} />
                    <Fact name={words.sub} value={config.sub ?? words.noSub} />
                    <Fact name={words.signIn} value={config.user ?? words.noSignIn} />
                </>
            )}
            <Fact
                name={words.groups}
                value={camera.groups?.length ? camera.groups.join(', ') : words.noGroups}
            />
            <Fact name={words.id} value={camera.id} />
        </dl>
    );
}

function Head({ camera, mayManage }: { camera: Camera; mayManage: boolean }) {
    const [removing, setRemoving] = useState(false);
    const mayChange = mayManage && camera.fixed === false;
    return (
        <div class="room-head">
            <a class="back" href="#/cameras">
                ‹ {words.back}
            </a>
            <h1>{camera.name}</h1>
            <Badge camera={camera} />
            <div class="actions">
                <a class="button" href={placeHash({ view: 'camera', camera: camera.id, at: null })}>
                    {words.watch}
                </a>
                <a class="button" href={`#/cameras/${camera.id}/areas`}>
                    {words.areas}
                </a>
                {mayChange && (
                    <>
                        <a class="button primary" href={`#/cameras/${camera.id}/change`}>
                            {words.change}
                        </a>
                        <button class="danger" onClick={() => setRemoving(true)}>
                            {words.remove}
                        </button>
                    </>
                )}
            </div>
            {removing && <Remove camera={camera} onClose={() => setRemoving(false)} />}
        </div>
    );
}

export function OneCamera({ camera, mayManage }: { camera: Camera; mayManage: boolean }) {
    const config = useAsked(async () => (mayManage ? camerasApi.config(camera.id) : null)).data;
    return (
        <main class="room">
            <Head camera={camera} mayManage={mayManage} />
            {mayManage && camera.fixed && <p class="notice">{words.fixedWhy}</p>}
            <div class="columns">
                <section class="card" aria-label={words.picture}>
                    <LivePicture camera={camera} />
                </section>
                <section class="card" aria-label={words.about}>
                    <Facts camera={camera} config={config} />
                </section>
            </div>
            <section class="camera-health">
                <h2>{words.health}</h2>
                <Charts camera={camera.id} />
            </section>
        </main>
    );
}
