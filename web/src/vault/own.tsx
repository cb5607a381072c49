// What the requester can do: wait, withdraw, open. Opening needs the one-time key that this browser
// made, or the file it was saved in.
import { useEffect, useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { text } from '../text';
import { duration } from '../time';
import { Dialog, Field } from '../views/parts';
import { type OpeningRequest, vaultApi } from './api';
import { ChooseFile } from './choose';
import {
    type Fault,
    identityFile,
    identityOf,
    keepIdentity,
    type Opening,
    openRequest,
    type Progress,
    readIdentity,
    VaultError,
} from './crypto/client';
import { failureWords, vaultWords } from './failure';
import { hasKey, noted, noteKey } from './identity';
import { over, tally } from './order';
import { ProgressLine } from './progress';
import { readChosen, saveFile } from './save';

const words = text.vault.own;

export interface OpenedNow {
    opening: Opening;
    untilMs: number;
}

// Whether this browser has the request's key; null until that is known.
export function useKey(recipient: string) {
    const [here, setHere] = useState<boolean | null>(null);
    const look = async (): Promise<void> => {
        setHere(await hasKey(recipient).catch(() => false)); // without storage there is none
    };
    useEffect(() => void look(), [recipient]);
    return { here, look };
}

export function SaveKey({ request, onSaved }: { request: OpeningRequest; onSaved: () => void }) {
    const { run, problem } = useDoing();
    const save = (): void =>
        void run(async () => {
            const identity = await identityOf(request.recipient);
            if (!identity) throw new Said(words.noKey);
            const made = new Date(request.created_ms);
            saveFile(`request-${request.number}-key.txt`, identityFile(identity, made));
            noteKey(request.recipient, 'saved');
            onSaved();
        });
    return (
        <>
            <button type="button" onClick={save}>
                {words.saveKey}
            </button>
            {problem && <span class="problem">{problem}</span>}
        </>
    );
}

async function bring(request: OpeningRequest, file: File): Promise<void> {
    const bytes = await readChosen(file);
    const identity = bytes && (await readIdentity(new TextDecoder().decode(bytes)));
    if (identity?.recipient !== request.recipient) throw new Said(words.wrongKey);
    await keepIdentity(identity);
    noteKey(request.recipient, 'saved');
}

// For a browser that does not have the key: the file it was saved in.
function BringKey({ request, onKey }: { request: OpeningRequest; onKey: () => Promise<void> }) {
    const { problem, run } = useDoing();
    const take = (file: File): void =>
        void run(async () => {
            await bring(request, file).catch((error: unknown) => {
                throw new Said(vaultWords(error));
            });
            await onKey();
        });
    return (
        <>
            <p class="notice" data-mood="warn">
                {words.noKey}
            </p>
            <ChooseFile
                label={words.bringKey}
                hint={words.bringHint(request.number)}
                chosen=""
                problem={problem}
                onFile={take}
            />
        </>
    );
}

function base64(encoded: string): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
}

// Tells the desk, which cannot see it: then another holder can approve in their place.
async function report(request: OpeningRequest, faults: readonly Fault[]): Promise<void> {
    for (const { holder, code } of faults) {
        if (code !== 'partial' && code !== 'partials') continue;
        const decision = request.decisions.find(({ name, approve }) => approve && name === holder);
        if (decision && !decision.bad) await vaultApi.bad(request.number, decision);
    }
}

async function openNow(
    number: number,
    onProgress: (progress: Progress) => void,
): Promise<OpenedNow> {
    const request = await vaultApi.one(number); // somebody may have approved a moment ago
    const identity = await identityOf(request.recipient);
    if (!identity) throw new Said(words.noKey);
    const agreed = request.decisions.filter(({ approve }) => approve);
    const [vaults, document, segments, decisions] = await Promise.all([
        vaultApi.vaults(number),
        vaultApi.document(number),
        vaultApi.segments(number),
        Promise.all(agreed.map((each) => vaultApi.decision(number, each))),
    ]);
    const granted = await vaultApi.open(number);
    const input = {
        identity,
        segments,
        decisions,
        request: document,
        vaults,
        hourKeys: base64(granted.hour_keys),
    };
    const opening = await openRequest(input, onProgress).catch(async (error: unknown) => {
        if (error instanceof VaultError) await report(request, [error]);
        throw error;
    });
    await report(request, opening.faults);
    return { opening, untilMs: granted.until_ms };
}

interface OwnProps {
    request: OpeningRequest;
    again: () => Promise<void>;
    onOpened: (opened: OpenedNow) => void;
}

const faultWords = (fault: Fault): string => failureWords(fault.code, fault.holder, null);

// What holders sent wrong, although k others were right: said before anything is shown.
function Faults({ faults, onGoOn }: { faults: readonly Fault[]; onGoOn: () => void }) {
    return (
        <div class="notice" data-mood="bad" role="alert">
            <p>{words.faults}</p>
            <ul>
                {faults.map((fault, i) => (
                    <li key={i}>
                        <strong>{faultWords(fault)}</strong>
                    </li>
                ))}
            </ul>
            <p>{words.faultsTell}</p>
            <div class="actions">
                <button class="primary" onClick={onGoOn}>
                    {words.goOn}
                </button>
            </div>
        </div>
    );
}

function OpenPart({ request, onOpened }: OwnProps) {
    const { here, look } = useKey(request.recipient);
    const [progress, setProgress] = useState<Progress | null>(null);
    const [faulty, setFaulty] = useState<OpenedNow | null>(null);
    const { busy, problem, run } = useDoing();
    const open = (): void =>
        void run(async () => {
            try {
                const opened = await openNow(request.number, setProgress);
                if (opened.opening.faults.length > 0) setFaulty(opened);
                else onOpened(opened);
            } catch (error) {
                throw new Said(vaultWords(error));
            }
        });
    if (here === null) return null;
    if (!here) return <BringKey request={request} onKey={look} />;
    if (faulty) return <Faults faults={faulty.opening.faults} onGoOn={() => onOpened(faulty)} />;
    return (
        <>
            <p>{words.opens(duration(request.view_s * 1000))}</p>
            {busy && <ProgressLine progress={progress} />}
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            <div class="actions">
                <button class="primary" disabled={busy} onClick={open}>
                    {request.state === 'open' ? words.openAgain : words.open}
                </button>
            </div>
        </>
    );
}

function Withdraw({
    request,
    again,
    onClose,
}: Omit<OwnProps, 'onOpened'> & { onClose: () => void }) {
    const [reason, setReason] = useState('');
    const { busy, problem, run } = useDoing();
    const go = async (event: Event): Promise<void> => {
        event.preventDefault();
        const done = await run(async () => {
            await vaultApi.withdraw(request.number, reason.trim()).catch((error: unknown) => {
                throw new Said(vaultWords(error));
            });
            await again();
        });
        if (done) onClose();
    };
    return (
        <Dialog title={words.withdrawTitle(request.number)} onClose={onClose}>
            <form onSubmit={(event) => void go(event)}>
                <p>{words.withdrawWords}</p>
                <Field label={words.withdrawReason} problem={problem}>
                    {(control) => (
                        <textarea
                            {...control}
                            maxLength={500}
                            value={reason}
                            onInput={(event) => setReason(event.currentTarget.value)}
                        />
                    )}
                </Field>
                <div class="actions actions-end">
                    <button type="button" onClick={onClose}>
                        {words.keep}
                    </button>
                    <button class="danger" disabled={busy || reason.trim() === ''}>
                        {words.withdraw}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

function Waiting({ request }: { request: OpeningRequest }) {
    const { here, look } = useKey(request.recipient);
    const { approved, needed } = tally(request);
    const saved = noted(request.recipient, 'saved');
    return (
        <>
            <p>{words.waiting(needed - approved)}</p>
            {request.escalated && <p class="vault-warn">{words.escalated}</p>}
            {here === false && (
                <p class="notice" data-mood="warn">
                    {words.noKey}
                </p>
            )}
            {here && (
                <>
                    <p class="note">{saved ? words.keySaved : words.keyHere}</p>
                    <div class="actions">
                        <SaveKey request={request} onSaved={() => void look()} />
                    </div>
                </>
            )}
        </>
    );
}

export function OwnCard(props: OwnProps) {
    const { request, again } = props;
    const [withdrawing, setWithdrawing] = useState(false);
    if (over(request.state)) return <p class="notice">{words.over[request.state as Over]}</p>;
    return (
        <section class="card vault-own" aria-labelledby="vault-own">
            <h2 id="vault-own">
                {request.state === 'waiting' ? words.waitingTitle : words.openTitle}
            </h2>
            {request.state === 'waiting' ? <Waiting request={request} /> : <OpenPart {...props} />}
            {request.state !== 'open' && (
                <button class="quiet vault-withdraw" onClick={() => setWithdrawing(true)}>
                    {words.withdraw}
                </button>
            )}
            {withdrawing && (
                <Withdraw request={request} again={again} onClose={() => setWithdrawing(false)} />
            )}
        </section>
    );
}

type Over = keyof typeof words.over;
