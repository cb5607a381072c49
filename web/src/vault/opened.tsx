// An open request: a clock that counts down, the originals, the export. When the time is over, or
// somebody ends it, the player and the worker with its keys are gone.
import { useEffect } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { now, serverNow } from '../state';
import { text } from '../text';
import { countdown } from '../time';
import { useValue } from '../value';
import { type OpeningRequest, vaultApi } from './api';
import { ExportCard } from './export';
import { vaultWords } from './failure';
import type { OpenedNow } from './own';
import { Viewer } from './viewer';

const words = text.vault.viewer;
const lastMinutesMs = 5 * 60_000;

function Clock({ until }: { until: number }) {
    const left = until - useValue(now);
    return (
        <p class="vault-countdown" data-short={left < lastMinutesMs} role="timer">
            <span class="note">{words.left}</span> <b>{countdown(left)}</b>
        </p>
    );
}

interface OpenedProps {
    request: OpeningRequest;
    who: string;
    opened: OpenedNow;
    onEnd: () => void;
}

export function Opened({ request, who, opened, onEnd }: OpenedProps) {
    const { busy, problem, run } = useDoing();
    useEffect(() => {
        const timer = setInterval(() => {
            if (serverNow() >= opened.untilMs) onEnd();
        }, 250);
        return () => clearInterval(timer);
    }, [opened]);
    const end = (): void =>
        void run(async () => {
            try {
                await vaultApi.end(request.number);
            } catch (error) {
                throw new Said(vaultWords(error));
            }
            onEnd();
        });
    return (
        <div class="vault-opened">
            <div class="room-head">
                <h1>{words.heading(request.number)}</h1>
                <Clock until={opened.untilMs} />
                <button class="danger" disabled={busy} onClick={end}>
                    {words.end}
                </button>
            </div>
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            {opened.opening.shredded.length > 0 && (
                <p class="notice" data-mood="warn">
                    {words.shredded(opened.opening.shredded.length)}
                </p>
            )}
            <div class="vault-opened-main">
                <Viewer request={request} who={who} opening={opened.opening} />
                <ExportCard request={request} opening={opened.opening} />
            </div>
            <p class="note">{words.note}</p>
        </div>
    );
}
