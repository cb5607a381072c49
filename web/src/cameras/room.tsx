// #/cameras: the list; /new; /ID: one camera; /ID/change; /ID/areas.
import { managesCameras } from '../rights';
import { cameras, session } from '../state';
import { text } from '../text';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import { AddCamera } from './add';
import { AreasEditor } from './areas/editor';
import './cameras.css';
import { ChangeCamera } from './change';
import { CameraList } from './list';
import { OneCamera } from './one';

const words = text.cameras;

function NewCamera() {
    return (
        <main class="room room-narrow">
            <div class="room-head">
                <a class="back" href="#/cameras">
                    ‹ {words.title}
                </a>
                <h1>{words.adding.title}</h1>
            </div>
            <AddCamera />
        </main>
    );
}

export function CamerasRoom({ rest }: RoomProps) {
    const who = useValue(session);
    const list = useValue(cameras);
    const [, id, part] = /^\/([a-z0-9-]{1,31})(?:\/([a-z]+))?$/.exec(rest) ?? [];
    const mayManage = who !== null && who !== 'unknown' && managesCameras(who.role);
    if (!id || (id === 'new' && !mayManage)) return <CameraList />;
    if (id === 'new') return <NewCamera />;
    const camera = list?.find((each) => each.id === id);
    if (!camera)
        return (
            <main class="room">
                <h1 class="unseen">{words.title}</h1>
                <p class="empty">
                    {list === null ? words.loading : words.one.gone}{' '}
                    <a href="#/cameras">{words.title}</a>
                </p>
            </main>
        );
    if (part === 'areas') return <AreasEditor key={id} camera={camera} mayChange={mayManage} />;
    if (part === 'change' && mayManage) return <ChangeCamera key={id} camera={camera} />;
    return <OneCamera key={id} camera={camera} mayManage={mayManage} />;
}
