// A keyholder's decision. The documents are fetched and checked first; the share is read in this
// page, used in its worker, and never sent.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { serverNow } from '../state';
import { text } from '../text';
import { duration } from '../time';
import type { Session } from '../types';
import { Field } from '../views/parts';
import { type Decision, documentUrl, type OpeningRequest, vaultApi } from './api';
import { ChooseFile } from './choose';
import {
    decide,
    type Progress,
    type PublicVault,
    type Reviewed,
    reviewRequest,
} from './crypto/client';
import { isAboutSecret, vaultWords } from './failure';
import { isMine, over } from './order';
import { Range, useCameraNames, When } from './parts';
import { ProgressLine } from './progress';
import { meOf, rememberHolder } from './requests';
import { differences } from './review';
import { readChosen } from './save';
import { type ChosenShare, takeShare, unlockOf } from './shareTaken';

const words = text.vault.decide;

interface Papers {
    vaults: PublicVault[];
    request: Uint8Array<ArrayBuffer>;
    segments: Uint8Array<ArrayBuffer>;
    reviewed: Reviewed;
}

interface Checking {
    papers: Papers | null;
    progress: Progress | null;
    problem: string;
}

async function fetchPapers(
    request: OpeningRequest,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
): Promise<Papers> {
    const [vaults, document, segments] = await Promise.all([
        vaultApi.vaults(request.number),
        vaultApi.document(request.number),
        vaultApi.segments(request.number),
    ]);
    const papers = { vaults, request: document, segments };
    const reviewed = await reviewRequest(papers, onProgress, signal);
    if (differences(request, reviewed).length > 0) throw new Said(words.lies);
    return { ...papers, reviewed };
}

// Before anything can be signed: what the page shows is what the document says, and every seal lies
// inside it.
function usePapers(request: OpeningRequest): Checking {
    const [state, setState] = useState<Checking>({ papers: null, progress: null, problem: '' });
    useEffect(() => {
        const abort = new AbortController();
        const tell = (part: Partial<Checking>): void => {
            if (!abort.signal.aborted) setState((before) => ({ ...before, ...part }));
        };
        fetchPapers(request, (progress) => tell({ progress }), abort.signal).then(
            (papers) => tell({ papers }),
            (error: unknown) => tell({ problem: vaultWords(error) }),
        );
        return () => abort.abort();
    }, [request.id]);
    return state;
}

// In one sentence, what a signature gives.
function Signing({ request }: { request: OpeningRequest }) {
    const names = useCameraNames();
    return (
        <div class="vault-signing">
            <p>{words.giveTo(request.who, names(request.cameras))}</p>
            <p>
                <Range from={request.from_ms} to={request.to_ms} />
            </p>
            <p>
                {words.giveFor(duration(request.view_s * 1000))} <When at={request.expires_ms} />.{' '}
                {words.nothingElse}
            </p>
        </div>
    );
}

function Offline({ request, again }: { request: OpeningRequest; again: () => Promise<void> }) {
    const { problem, run } = useDoing();
    const [handed, setHanded] = useState('');
    const { number } = request;
    const hand = (file: File): void =>
        void run(async () => {
            const content = await readChosen(file);
            if (content === null) throw new Said(words.notADecision);
            await vaultApi.decide(number, content).catch((error: unknown) => {
                throw new Said(vaultWords(error));
            });
            setHanded(file.name);
            await again();
        });
    return (
        <details class="vault-offline">
            <summary>{words.offline}</summary>
            <p>{words.offlineWhy}</p>
            <ol>
                <li>
                    {words.offlineGet}
                    <span class="actions">
                        <a
                            class="button"
                            href={documentUrl(number, 'document')}
                            download={`request-${number}.json`}
                        >
                            request-{number}.json
                        </a>
                        <a
                            class="button"
                            href={documentUrl(number, 'segments')}
                            download={`segments-${number}.json`}
                        >
                            segments-{number}.json
                        </a>
                    </span>
                </li>
                <li>
                    {words.offlineRun}
                    <code class="vault-command">{words.command(number)}</code>
                    <span class="hint">{words.offlineRefuse}</span>
                </li>
                <li>
                    <ChooseFile
                        label={words.offlineHand}
                        hint={words.offlineHint(number)}
                        chosen={handed}
                        problem={problem}
                        onFile={hand}
                    />
                </li>
            </ol>
        </details>
    );
}

interface FormProps {
    request: OpeningRequest;
    papers: Papers;
    who: Session;
    again: () => Promise<void>;
}

function DecideForm({ request, papers, who, again }: FormProps) {
    const [share, setShare] = useState<ChosenShare | null>(null);
    const [passphrase, setPassphrase] = useState('');
    const [reason, setReason] = useState('');
    const [problems, setProblems] = useState<{ share?: string; secret?: string; reason?: string }>(
        {},
    );
    const [progress, setProgress] = useState<Progress | null>(null);
    const { busy, problem, run } = useDoing();
    const abort = useRef(new AbortController());
    useEffect(() => () => abort.current.abort(), []);

    const choose = (file: File): void => {
        setProblems({});
        takeShare(file).then(setShare, (error: unknown) => {
            setShare(null);
            setProblems({ share: vaultWords(error) });
        });
    };

    const sign = async (approve: boolean, chosen: ChosenShare): Promise<void> => {
        try {
            const unlock = await unlockOf(chosen, passphrase);
            const { vaults, request: document, segments } = papers;
            const decision = await decide(
                {
                    ...{ vaults, request: document, segments, unlock, approve },
                    share: chosen.bytes.slice(), // wiped there; another try needs it again
                    reason: reason.trim(),
                    atUs: Math.round(serverNow()) * 1000,
                },
                setProgress,
                abort.current.signal,
            );
            await vaultApi.decide(request.number, decision);
        } catch (error) {
            if (isAboutSecret(error)) {
                setProblems({ secret: vaultWords(error) });
                throw new Said('');
            }
            throw new Said(vaultWords(error));
        }
        rememberHolder(who.user, chosen.facts.index);
        setPassphrase('');
        await again();
    };

    const act = (approve: boolean): void => {
        const found: typeof problems = {};
        if (!share) found.share = words.needShare;
        if (share?.facts.protection.kind === 'argon2id' && passphrase === '')
            found.secret = words.needPassphrase;
        if (!approve && reason.trim() === '') found.reason = words.needReason;
        setProblems(found);
        if (share && Object.keys(found).length === 0) void run(() => sign(approve, share));
    };

    return (
        <form
            class="vault-form"
            onSubmit={(event) => {
                event.preventDefault();
                act(true);
            }}
            noValidate
        >
            <ChooseFile
                label={words.share}
                hint={words.shareHint}
                chosen={share ? words.shareIs(share.file, share.facts.name) : ''}
                problem={problems.share ?? ''}
                disabled={busy}
                onFile={choose}
            />
            {share?.facts.protection.kind === 'argon2id' && (
                <Field label={words.passphrase} problem={problems.secret ?? ''}>
                    {(control) => (
                        <input
                            {...control}
                            type="password"
                            autocomplete="off"
                            disabled={busy}
                            value={passphrase}
                            onInput={(event) => setPassphrase(event.currentTarget.value)}
                        />
                    )}
                </Field>
            )}
            {share?.facts.protection.kind === 'fido2' && <p class="hint">{words.tokenHint}</p>}
            <p class="vault-promise">{words.promise}</p>
            <Field label={words.reason} hint={words.reasonHint} problem={problems.reason ?? ''}>
                {(control) => (
                    <textarea
                        {...control}
                        maxLength={500}
                        disabled={busy}
                        value={reason}
                        onInput={(event) => setReason(event.currentTarget.value)}
                    />
                )}
            </Field>
            <p class="problem" role="alert">
                {problem}
            </p>
            {busy && <ProgressLine progress={progress} />}
            <div class="actions vault-verdict">
                <button class="primary" disabled={busy}>
                    {words.approve}
                </button>
                <button type="button" class="danger" disabled={busy} onClick={() => act(false)}>
                    {words.refuse}
                </button>
            </div>
        </form>
    );
}

// What was decided from here before, or just now.
function Decided({ decision }: { decision: Decision }) {
    const { name, approve, log_seq: line } = decision;
    return (
        <p class="notice" data-mood="good" role="status">
            {approve ? words.youApproved(name) : words.youRefused(name)}
            {line !== null && ` ${words.line(line)}`}
        </p>
    );
}

interface CardProps {
    request: OpeningRequest;
    who: Session;
    again: () => Promise<void>;
}

function Deciding({ request, who, again }: CardProps) {
    const { papers, progress, problem } = usePapers(request);
    return (
        <section class="card vault-decide" aria-labelledby="vault-decide">
            <h2 id="vault-decide">{words.title}</h2>
            {request.state !== 'waiting' && <p class="note">{words.enough}</p>}
            <Signing request={request} />
            {problem ? (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            ) : papers ? (
                <>
                    <p class="vault-checked">{words.checked(papers.reviewed.segments.length)}</p>
                    <DecideForm request={request} papers={papers} who={who} again={again} />
                </>
            ) : (
                <ProgressLine progress={progress} />
            )}
            <Offline request={request} again={again} />
        </section>
    );
}

export function DecideCard(props: CardProps) {
    const own = props.request.decisions.find((each) => isMine(each, meOf(props.who)));
    if (own) return <Decided decision={own} />;
    return over(props.request.state) ? null : <Deciding {...props} />;
}
