import { text } from '../text';
import type { RoomProps } from '../views/room';

export function ReviewRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.review.title}</h1>
        </main>
    );
}
