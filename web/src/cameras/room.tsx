import { text } from '../text';
import type { RoomProps } from '../views/room';

export function CamerasRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.cameras.title}</h1>
        </main>
    );
}
