import { text } from '../text';
import type { RoomProps } from '../views/room';

export function PeopleRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.people.title}</h1>
        </main>
    );
}
