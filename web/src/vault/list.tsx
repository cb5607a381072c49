// All requests that the person may see: what waits for them first, then their own, then the rest.
import { useCallback, useEffect } from 'preact/hooks';
import { type KeyHandler, useKeys } from '../keys';
import { asksForOpenings, decidesOnOpenings } from '../rights';
import { text } from '../text';
import { duration } from '../time';
import type { Session } from '../types';
import { useValue } from '../value';
import { askHash, requestHash, shareHash } from './address';
import type { OpeningRequest } from './api';
import { over, sections } from './order';
import { Range, StateBadge, tallyWords, useCameraNames, useTimeLeft } from './parts';
import { meOf, refreshRequests, requests, requestsProblem } from './requests';
import { useVault } from './use';

const words = text.vault;

function Row({ request }: { request: OpeningRequest }) {
    const names = useCameraNames();
    const left = useTimeLeft(request);
    const open = request.state === 'waiting' || request.state === 'approved';
    return (
        <li
            class="row vault-row"
            data-request={request.number}
            data-state={request.state}
            data-escalated={request.escalated && request.state === 'waiting'}
        >
            <div class="row-main">
                <a class="row-link" href={requestHash(request.number)}>
                    <span class="vault-number">{words.numbered(request.number)}</span>{' '}
                    {words.purposes[request.purpose]}: {names(request.cameras)}
                </a>
                <span class="note">
                    <Range from={request.from_ms} to={request.to_ms} />
                </span>
                <span class="note vault-why">
                    {request.who}: {request.reason}
                </span>
            </div>
            <div class="vault-standing">
                <StateBadge request={request} />
                <span class="note">
                    {open && tallyWords(request)}
                    {open && left ? ' · ' : ''}
                    {left}
                </span>
            </div>
        </li>
    );
}

function Section({ title, list }: { title: string; list: OpeningRequest[] }) {
    if (list.length === 0) return null;
    return (
        <section class="vault-section">
            <h2>{title}</h2>
            <ul class="rows">
                {list.map((request) => (
                    <Row key={request.number} request={request} />
                ))}
            </ul>
        </section>
    );
}

function Nothing({ who }: { who: Session }) {
    const asks = asksForOpenings(who.role);
    return (
        <div class="blank">
            <h2>{words.empty}</h2>
            <p>{asks ? words.emptyHint : words.emptyOther}</p>
            {asks && (
                <div class="actions">
                    <a class="button primary" href={askHash([])}>
                        {words.ask}
                    </a>
                </div>
            )}
        </div>
    );
}

function Latency() {
    const { data } = useVault();
    if (!data?.latency || data.latency.count === 0) return null;
    const { count, median_s: median, p90_s: p90 } = data.latency;
    return (
        <p class="note vault-latency">
            {words.latency(count, duration(median * 1000), duration(p90 * 1000))}
        </p>
    );
}

// Up and down through all rows, as one list.
function useRowKeys(mayAsk: boolean): void {
    useKeys(
        useCallback<KeyHandler>(
            (key) => {
                if (key.toLowerCase() === 'n' && mayAsk) {
                    location.hash = askHash([]);
                    return true;
                }
                const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
                if (by === undefined) return false;
                const links = [...document.querySelectorAll<HTMLElement>('.vault-row .row-link')];
                const at = links.findIndex((link) => link === document.activeElement);
                const next = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by));
                links[next]?.focus();
                return links.length > 0;
            },
            [mayAsk],
        ),
    );
}

export function ListView({ who }: { who: Session }) {
    const list = useValue(requests);
    const problem = useValue(requestsProblem);
    const asks = asksForOpenings(who.role);
    useEffect(() => void refreshRequests(), []);
    useRowKeys(asks);
    const { waiting, mine, others } = sections(list ?? [], meOf(who));
    const some = list !== null && list.length > 0;
    const live = others.filter((each) => !over(each.state));
    const past = others.filter((each) => over(each.state));
    return (
        <main class="room vault" data-asked={list !== null}>
            <div class="room-head">
                <h1>{words.title}</h1>
                {asks && some && (
                    <div class="actions">
                        <a class="button primary" href={askHash([])}>
                            {words.ask}
                        </a>
                    </div>
                )}
            </div>
            <p class="lead">{words.lead}</p>
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            {list !== null && list.length === 0 && <Nothing who={who} />}
            <Section title={words.forYou} list={waiting} />
            {some && waiting.length === 0 && <p class="vault-calm note">{words.nothingWaits}</p>}
            <Section title={words.yours} list={mine} />
            <Section title={words.others} list={live} />
            <Section title={words.past} list={past} />
            <Latency />
            {decidesOnOpenings(who.role) && (
                <p class="note vault-own-link">
                    <a href={shareHash}>{words.ownShare.link}</a>
                </p>
            )}
        </main>
    );
}
