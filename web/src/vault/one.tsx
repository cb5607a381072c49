// One request: its facts first, its picture, what was decided so far; and what the person at the
// page can do about it.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { type KeyHandler, useKeys } from '../keys';
import { decidesOnOpenings } from '../rights';
import { cameras as cameraList } from '../state';
import { text } from '../text';
import type { Session } from '../types';
import { useValue } from '../value';
import { type OpeningRequest, vaultApi } from './api';
import { DecideCard } from './decide';
import { Decisions, Facts, Place } from './facts';
import { Opened } from './opened';
import { type OpenedNow, OwnCard } from './own';
import { StateBadge, tallyWords, useTimeLeft } from './parts';
import { Preview } from './preview';
import { refreshRequests, requests } from './requests';
import { forgetKeys } from './identity';

const words = text.vault;

function useRequest(number: number) {
    const asked = useAsked(() => vaultApi.one(number));
    const listed = useValue(requests)?.find((each) => each.number === number);
    const stamp = listed ? `${listed.state} ${listed.decisions.length} ${listed.escalated}` : '';
    useEffect(() => void asked.again(), [stamp]);
    return asked;
}

function Standing({ request }: { request: OpeningRequest }) {
    const left = useTimeLeft(request);
    const counts = request.state === 'waiting' || request.state === 'approved';
    return (
        <p class="vault-state" role="status">
            <StateBadge request={request} />
            <span class="note">
                {counts && tallyWords(request)}
                {counts && left ? ' · ' : ''}
                {left}
            </span>
        </p>
    );
}

interface ActionsProps {
    request: OpeningRequest;
    who: Session;
    again: () => Promise<void>;
    onOpened: (opening: OpenedNow) => void;
}

function Actions({ request, who, again, onOpened }: ActionsProps) {
    if (request.who === who.user)
        return <OwnCard request={request} again={again} onOpened={onOpened} />;
    if (decidesOnOpenings(who.role))
        return <DecideCard request={request} who={who} again={again} />;
    return null;
}

function Request({ request, who, again }: Omit<ActionsProps, 'onOpened'>) {
    const list = useValue(cameraList);
    const [opened, setOpened] = useState<OpenedNow | null>(null);
    useEffect(() => {
        // A browser without storage has nothing to forget.
        if (request.who === who.user) forgetKeys([request]).catch(() => {});
    }, [request.state]);
    useEffect(() => () => opened?.opening.close(), [opened]);
    useKeys(
        useCallback<KeyHandler>(
            (key) => {
                if (key !== 'Escape' || opened) return false;
                location.hash = '#/vault';
                return true;
            },
            [opened],
        ),
    );
    if (opened)
        return (
            <Opened
                request={request}
                who={who.user}
                opened={opened}
                onEnd={() => {
                    setOpened(null);
                    void again();
                }}
            />
        );
    const shown = (list ?? []).filter(({ id }) => request.cameras.includes(id));
    return (
        <>
            <div class="room-head">
                <h1>{words.request(request.number)}</h1>
                <a class="button quiet" href="#/vault">
                    {words.back}
                </a>
            </div>
            <Standing request={request} />
            <div class="vault-one">
                <div class="vault-facts-place">
                    <Facts request={request} own={request.who === who.user} />
                </div>
                <div class="vault-beside">
                    {list && <Preview cameras={shown} from={request.from_ms} to={request.to_ms} />}
                </div>
                <div class="vault-acting">
                    <Actions request={request} who={who} again={again} onOpened={setOpened} />
                </div>
                <div class="vault-so-far">
                    <Decisions request={request} />
                    <Place request={request} />
                </div>
            </div>
        </>
    );
}

export function OneView({ number, who }: { number: number; who: Session }) {
    const { data, problem, again } = useRequest(number);
    const refresh = useCallback(async () => {
        await Promise.all([again(), refreshRequests()]);
    }, [again]);
    return (
        <main class="room vault" data-request={number} data-state={data?.state ?? ''}>
            {problem && !data && (
                <>
                    <h1>{words.request(number)}</h1>
                    <div class="blank" role="alert">
                        <h2>{problem}</h2>
                        <div class="actions">
                            <a class="button primary" href="#/vault">
                                {words.back}
                            </a>
                        </div>
                    </div>
                </>
            )}
            {data && <Request request={data} who={who} again={refresh} />}
        </main>
    );
}
