import { text } from '../text';
import type { RoomProps } from '../views/room';

export function PlanRoom(_: RoomProps) {
    return (
        <main class="room">
            <h1>{text.plan.title}</h1>
        </main>
    );
}
