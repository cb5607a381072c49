import { text } from '../text';
import type { RoomProps } from '../views/room';

export function AccountRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.account.title}</h1>
        </main>
    );
}
