// A room of the desk whose code is fetched when somebody enters it: the wall does not wait for it.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RoomName } from '../router';
import { text } from '../text';

export interface RoomProps {
    rest: string; // of the address, behind the room's name
}
type RoomComponent = ComponentType<RoomProps>;

const load: Record<RoomName, () => Promise<RoomComponent>> = {
    review: async () => (await import('../review/room')).ReviewRoom,
    plan: async () => (await import('../plan/room')).PlanRoom,
    cameras: async () => (await import('../cameras/room')).CamerasRoom,
    vault: async () => (await import('../vault/room')).VaultRoom,
    people: async () => (await import('../people/room')).PeopleRoom,
    account: async () => (await import('../account/room')).AccountRoom,
    glass: async () => (await import('../glass/room')).GlassRoom,
    setup: async () => (await import('../setup/room')).SetupRoom,
};

const loaded = new Map<RoomName, RoomComponent>();

export function Room({ name, rest }: { name: RoomName; rest: string }) {
    const [, setCount] = useState(0); // of loads that ended
    const [failed, setFailed] = useState(false);
    useEffect(() => {
        setFailed(false);
        if (loaded.has(name)) return;
        load[name]()
            .then((room) => loaded.set(name, room))
            .catch(() => setFailed(true))
            .finally(() => setCount((count) => count + 1));
    }, [name]);
    const Inside = loaded.get(name);
    if (Inside) return <Inside rest={rest} />;
    return (
        <main class="room">
            <h1 class="unseen">{text[name].title}</h1>
            {failed && <p class="empty">{text.roomFailed}</p>}
        </main>
    );
}
