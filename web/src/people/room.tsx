// Who may do what here: users, groups of cameras, tokens of programs, and what everybody did.
import { managesUsers, readsActs } from '../rights';
import { session } from '../state';
import { text } from '../text';
import type { Role } from '../types';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import { ActsTab } from './acts';
import { GroupsTab } from './groups';
import { TokensTab } from './tokens';
import { UsersTab } from './users';
import './people.css';

const tabs = [
    { name: 'users', rest: '', open: managesUsers, Inside: UsersTab },
    { name: 'groups', rest: '/groups', open: managesUsers, Inside: GroupsTab },
    { name: 'tokens', rest: '/tokens', open: managesUsers, Inside: TokensTab },
    { name: 'acts', rest: '/acts', open: readsActs, Inside: ActsTab },
] as const;

function Tabs({ role, here }: { role: Role; here: string }) {
    const open = tabs.filter((tab) => tab.open(role));
    if (open.length < 2) return null;
    return (
        <nav class="tabs" aria-label={text.people.title}>
            {open.map(({ name, rest }) => (
                <a
                    key={name}
                    href={`#/people${rest}`}
                    aria-current={name === here ? 'page' : undefined}
                >
                    {text.people.tabs[name]}
                </a>
            ))}
        </nav>
    );
}

export function PeopleRoom({ rest }: RoomProps) {
    const who = useValue(session);
    if (who === null || who === 'unknown') return null;
    const open = tabs.filter((tab) => tab.open(who.role));
    const tab = open.find((each) => each.rest === rest) ?? open[0];
    if (!tab)
        return (
            <main class="room">
                <h1>{text.people.title}</h1>
                <div class="blank">
                    <p>{text.people.notYours}</p>
                </div>
            </main>
        );
    return (
        <main class="room people">
            <tab.Inside key={tab.name} tabs={<Tabs role={who.role} here={tab.name} />} />
        </main>
    );
}
