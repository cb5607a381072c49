// Taking originals away: new headers for the same sealed bytes, made in the worker; the site joins
// the two in a tar that the stock `age` opens.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { text } from '../text';
import { bytes } from '../units';
import { Icon } from '../views/icon';
import { exportUrl, type OpeningRequest, vaultApi } from './api';
import type { Opening, Progress } from './crypto/client';
import { vaultWords } from './failure';
import { noted, noteKey } from './identity';
import { SaveKey, useKey } from './own';
import { ProgressLine } from './progress';
import { sealedSource } from './sealed';

const words = text.vault.export;

function Commands({ request }: { request: OpeningRequest }) {
    const key = request.export_to === null ? `request-${request.number}-key.txt` : words.theirKey;
    const lines = [
        `tar -xf request-${request.number}.tar`,
        `for f in *.age; do age -d -i ${key} -o "\${f%.age}" "$f"; done`,
    ];
    return (
        <>
            <p>{words.commands}</p>
            <code class="vault-command">{lines.join('\n')}</code>
        </>
    );
}

// The export for this browser's key is worth nothing without it.
function Key({ request }: { request: OpeningRequest }) {
    const { here, look } = useKey(request.recipient);
    const saved = noted(request.recipient, 'saved');
    if (!here) return null;
    return (
        <>
            <p class={saved ? 'note' : 'vault-warn'}>{saved ? words.keySaved : words.keyNeeded}</p>
            <div class="actions">
                <SaveKey request={request} onSaved={() => void look()} />
            </div>
        </>
    );
}

export function ExportCard({ request, opening }: { request: OpeningRequest; opening: Opening }) {
    const [progress, setProgress] = useState<Progress | null>(null);
    const [ready, setReady] = useState(false);
    const { busy, problem, run } = useDoing();
    const abort = useRef(new AbortController());
    useEffect(() => () => abort.current.abort(), []);
    const size = opening.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const make = (): void =>
        void run(async () => {
            try {
                const headers = await opening.headers(
                    request.export_to ?? request.recipient,
                    (segment) => sealedSource(request.number, segment),
                    setProgress,
                    abort.current.signal,
                );
                await vaultApi.headers(request.number, headers);
            } catch (error) {
                throw new Said(vaultWords(error));
            }
            if (request.export_to === null) noteKey(request.recipient, 'exported');
            setReady(true);
        });
    return (
        <section class="card vault-export">
            <h2>{words.title}</h2>
            <p>{words.lead(opening.segments.length, bytes(size))}</p>
            {busy && <ProgressLine progress={progress} />}
            <p class="problem" role="alert">
                {problem}
            </p>
            {ready ? (
                <>
                    <div class="actions">
                        <a class="button primary" href={exportUrl(request.number)} download>
                            <Icon name="film" /> request-{request.number}.tar
                        </a>
                    </div>
                    {request.export_to === null && <Key request={request} />}
                    <Commands request={request} />
                </>
            ) : (
                <button disabled={busy} onClick={make}>
                    {words.make}
                </button>
            )}
        </section>
    );
}
