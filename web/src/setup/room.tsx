import { text } from '../text';
import type { RoomProps } from '../views/room';

export function SetupRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.setup.title}</h1>
        </main>
    );
}
