// Where somebody is signed in.
import { useAsked, useDoing } from '../asking';
import { text } from '../text';
import { Dialog } from '../views/parts';
import { agentWords } from './agent';
import { peopleApi, type SessionInfo } from './api';
import { Ago } from './when';

const words = text.people;

interface ListProps {
    list: SessionInfo[];
    busy?: boolean;
    onEnd?: (id: string) => void; // without it, they cannot be ended one by one
}

// This one first, then the one used last.
const inOrder = (a: SessionInfo, b: SessionInfo): number =>
    Number(b.current) - Number(a.current) || b.seen_ms - a.seen_ms;

export function SessionList({ list, busy, onEnd }: ListProps) {
    return (
        <ul class="rows">
            {[...list].sort(inOrder).map((info) => (
                <li class="row" key={info.id} data-current={info.current}>
                    <div class="row-main">
                        <strong>{agentWords(info.agent) || words.someProgram}</strong>{' '}
                        {info.current && (
                            <span class="badge" data-mood="good">
                                {words.thisOne}
                            </span>
                        )}
                        <span class="note">
                            {info.address} · {words.usedLast} <Ago at={info.seen_ms} /> ·{' '}
                            {words.began} <Ago at={info.created_ms} />
                        </span>
                    </div>
                    {onEnd && !info.current && (
                        <div class="actions">
                            <button disabled={busy} onClick={() => onEnd(info.id)}>
                                {words.endOne}
                            </button>
                        </div>
                    )}
                </li>
            ))}
        </ul>
    );
}

interface SessionsProps {
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

export function SessionsDialog({ user, onDone, onClose }: SessionsProps) {
    const asked = useAsked(() => peopleApi.sessions(user));
    const { busy, problem, run } = useDoing();
    const list = asked.data;
    const end = async (): Promise<void> => {
        const went = await run(async () => {
            await peopleApi.endSessions(user);
            await Promise.all([asked.again(), onDone()]);
        });
        if (went) onClose();
    };
    return (
        <Dialog title={words.sessionsTitle(user)} onClose={onClose}>
            {list?.length === 0 && <p>{words.noSessions}</p>}
            {list && list.length > 0 && <SessionList list={list} />}
            <p class="problem" role="alert">
                {asked.problem || problem}
            </p>
            <div class="actions actions-end">
                <button onClick={onClose}>{words.close}</button>
                {list && list.length > 0 && (
                    <button class="danger" disabled={busy} onClick={() => void end()}>
                        {words.endAll}
                    </button>
                )}
            </div>
        </Dialog>
    );
}
