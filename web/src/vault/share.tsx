// A holder's own share: put under a security key, in this page. The file that comes of it opens here
// and with `scrim` alike.
import { useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { text } from '../text';
import { Field } from '../views/parts';
import { ChooseFile } from './choose';
import { protectShare, tryShare } from './crypto/client';
import { isRpId } from './crypto/shareFile';
import { makeToken, tokenAnswer } from './crypto/token';
import { isAboutSecret, vaultWords } from './failure';
import { saveFile } from './save';
import { type ChosenShare, takeShare, unlockOf } from './shareTaken';

const words = text.vault.ownShare;

const nameOf = ({ facts }: ChosenShare): string => `share-${facts.index}-${facts.name}-key.json`;

async function putUnderKey(share: ChosenShare, passphrase: string): Promise<void> {
    const unlock = await unlockOf(share, passphrase);
    await tryShare(share.bytes, unlock);
    const token = await makeToken(share.facts.name);
    const answer = await tokenAnswer(token);
    // The page keeps its copy: what is handed over is empty afterwards.
    const file = await protectShare({ share: share.bytes.slice(), unlock, token, answer });
    saveFile(nameOf(share), new Blob([file], { type: 'application/json' }));
}

function Done({ share, again }: { share: ChosenShare; again: () => void }) {
    return (
        <div class="card vault-form vault-own" role="status">
            <p class="notice" data-mood="good">
                {words.done(nameOf(share))}
            </p>
            <p>{words.then(share.file)}</p>
            <div class="actions">
                <button type="button" onClick={again}>
                    {words.another}
                </button>
            </div>
        </div>
    );
}

function ShareForm({ onDone }: { onDone: (share: ChosenShare) => void }) {
    const [share, setShare] = useState<ChosenShare | null>(null);
    const [passphrase, setPassphrase] = useState('');
    const [problems, setProblems] = useState<{ share?: string; secret?: string }>({});
    const { busy, problem, run } = useDoing();
    const locked = share?.facts.protection.kind === 'argon2id';

    const choose = (file: File): void => {
        setProblems({});
        takeShare(file).then(setShare, (error: unknown) => {
            setShare(null);
            setProblems({ share: vaultWords(error) });
        });
    };

    const act = async (chosen: ChosenShare): Promise<void> => {
        try {
            await putUnderKey(chosen, passphrase);
        } catch (error) {
            if (!isAboutSecret(error)) throw new Said(vaultWords(error));
            setProblems({ secret: vaultWords(error) });
            throw new Said('');
        }
        onDone(chosen);
    };

    const submit = (event: Event): void => {
        event.preventDefault();
        const found: typeof problems = {};
        if (!share) found.share = text.vault.decide.needShare;
        if (locked && passphrase === '') found.secret = text.vault.decide.needPassphrase;
        setProblems(found);
        if (share && Object.keys(found).length === 0) void run(() => act(share));
    };

    return (
        <form class="card vault-form vault-own" onSubmit={submit} noValidate>
            <ChooseFile
                label={text.vault.decide.share}
                hint={text.vault.decide.shareHint}
                chosen={share ? text.vault.decide.shareIs(share.file, share.facts.name) : ''}
                problem={problems.share ?? ''}
                disabled={busy}
                onFile={choose}
            />
            {locked && (
                <Field label={text.vault.decide.passphrase} problem={problems.secret ?? ''}>
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
            <p class="hint">{words.twice}</p>
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions">
                <button class="primary" disabled={busy}>
                    {words.protect}
                </button>
            </div>
        </form>
    );
}

export function ShareView() {
    const [done, setDone] = useState<ChosenShare | null>(null);
    const named = isRpId(location.hostname);
    return (
        <main class="room vault">
            <div class="room-head">
                <h1>{words.title}</h1>
            </div>
            <p class="lead">{words.lead}</p>
            <ul class="vault-rules">
                <li>{words.pin}</li>
                <li>{named ? words.name(location.hostname) : words.noName}</li>
                <li>{words.two}</li>
            </ul>
            {!named ? null : done ? (
                <Done share={done} again={() => setDone(null)} />
            ) : (
                <ShareForm onDone={setDone} />
            )}
            <p>
                <a href="#/vault">{text.vault.back}</a>
            </p>
        </main>
    );
}
