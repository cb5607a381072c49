// Tokens: for programs, with no more rights than they need, and an end.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { now, serverNow } from '../state';
import { text } from '../text';
import { dayName } from '../time';
import { useValue } from '../value';
import { Dialog, Field, Secret } from '../views/parts';
import {
    type Group,
    peopleApi,
    type Token,
    type TokenMade,
    type TokenRight,
    tokenRights,
} from './api';
import { type Reach, ReachChoice, reachGroups, reachOf, reachProblem, Ticks } from './choices';
import { Confirm } from './confirm';
import { Head, type TabProps } from './head';
import { groupWords } from './users';
import { Ago } from './when';

const words = text.people;
const dayMs = 86_400_000;
const lives = [7, 30, 90, 365] as const; // days
const nameMax = 64; // characters

const rightWords = (right: string): string =>
    (words.rights as Record<string, { name: string } | undefined>)[right]?.name ?? right;

function Ready({ made, onClose }: { made: TokenMade; onClose: () => void }) {
    const done = useRef<HTMLButtonElement>(null);
    useEffect(() => done.current?.focus(), []);
    return (
        <>
            <p>{words.tokenReady}</p>
            <div class="token-made">
                <Secret value={made.token} />
            </div>
            <p class="hint">{words.tokenUse}</p>
            <pre class="sample">{`curl --header "Authorization: Bearer $TOKEN" ${location.origin}/api/v1/cameras`}</pre>
            <div class="actions actions-end">
                <button ref={done} class="primary" onClick={onClose}>
                    {words.done}
                </button>
            </div>
        </>
    );
}

interface NewProps {
    groups: Group[];
    onDone: () => Promise<void>;
    onClose: () => void;
}

function TokenDialog({ groups, onDone, onClose }: NewProps) {
    const [name, setName] = useState('');
    const [rights, setRights] = useState<string[]>(['session']);
    const [reach, setReach] = useState<Reach>(() => reachOf([]));
    const [life, setLife] = useState<number>(90);
    const [nameProblem, setNameProblem] = useState('');
    const [made, setMade] = useState<TokenMade | null>(null);
    const { busy, problem, run, say } = useDoing();

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const called = name.trim();
        if (!called) return setNameProblem(words.tokenNameMissing);
        setNameProblem('');
        const missing = rights.length === 0 ? words.noRightChosen : reachProblem(reach, null);
        if (missing) return say(missing);
        await run(async () => {
            setMade(
                await peopleApi.makeToken({
                    name: called,
                    rights,
                    groups: reachGroups(reach, null),
                    expires_ms: Math.round(serverNow() + life * dayMs),
                }),
            );
            await onDone();
        });
    };
    const choice = (right: TokenRight) => ({
        value: right,
        label: words.rights[right].name,
        hint: words.rights[right].says,
    });
    return (
        <Dialog title={words.tokenNew} onClose={onClose}>
            {made ? (
                <Ready made={made} onClose={onClose} />
            ) : (
                <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
                    <Field label={words.tokenName} hint={words.tokenNameHint} problem={nameProblem}>
                        {(control) => (
                            <input
                                {...control}
                                autofocus
                                autocomplete="off"
                                maxLength={nameMax}
                                value={name}
                                onInput={(event) => setName(event.currentTarget.value)}
                            />
                        )}
                    </Field>
                    <Ticks
                        legend={words.tokenRights}
                        choices={tokenRights.map(choice)}
                        chosen={rights}
                        onChange={setRights}
                    />
                    <ReachChoice role={null} groups={groups} value={reach} onChange={setReach} />
                    <Field label={words.tokenLife}>
                        {(control) => (
                            <select
                                {...control}
                                value={life}
                                onChange={(event) => setLife(Number(event.currentTarget.value))}
                            >
                                {lives.map((days) => (
                                    <option key={days} value={days}>
                                        {words.days(days)}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <p class="problem" role="alert">
                        {problem}
                    </p>
                    <div class="actions actions-end">
                        <button type="button" onClick={onClose}>
                            {words.cancel}
                        </button>
                        <button class="primary" type="submit" disabled={busy}>
                            {words.tokenMake}
                        </button>
                    </div>
                </form>
            )}
        </Dialog>
    );
}

function TokenRow({
    token,
    groups,
    onRevoke,
}: {
    token: Token;
    groups: Group[];
    onRevoke: () => void;
}) {
    const at = useValue(now);
    const over = token.expires_ms <= at;
    return (
        <li class="row" data-token={token.name}>
            <div class="row-main">
                <strong>{token.name}</strong>
                <span class="note">
                    {token.rights.map(rightWords).join(', ')} · {groupWords(token.groups, groups)}
                </span>
                <span class="note">
                    {words.tokenUntil(dayName(token.expires_ms))} · {words.tokenOf(token.user)} ·{' '}
                    {token.used_ms === null ? (
                        words.tokenUnused
                    ) : (
                        <>
                            {words.usedLast} <Ago at={token.used_ms} />
                        </>
                    )}
                </span>
            </div>
            {over && (
                <span class="badge" data-mood="warn">
                    {words.tokenOver}
                </span>
            )}
            <div class="actions">
                <button onClick={onRevoke}>{words.tokenRevoke}</button>
            </div>
        </li>
    );
}

async function askAll(): Promise<{ tokens: Token[]; groups: Group[] }> {
    const [tokens, groups] = await Promise.all([peopleApi.tokens(), peopleApi.groups()]);
    return { tokens, groups };
}

export function TokensTab({ tabs }: TabProps) {
    const { data, problem, again } = useAsked(askAll);
    const [making, setMaking] = useState(false);
    const [revoke, setRevoke] = useState<Token | null>(null);
    return (
        <>
            <Head title={words.tokensTitle} lead={words.tokensLead} tabs={tabs}>
                <button class="primary" onClick={() => setMaking(true)}>
                    {words.tokenNew}
                </button>
            </Head>
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            {data?.tokens.length === 0 && (
                <div class="blank">
                    <h2>{words.tokensEmpty}</h2>
                    <p>{words.tokensEmptyHint}</p>
                </div>
            )}
            {data && data.tokens.length > 0 && (
                <ul class="rows" aria-label={words.tokensTitle}>
                    {data.tokens.map((token) => (
                        <TokenRow
                            key={token.id}
                            token={token}
                            groups={data.groups}
                            onRevoke={() => setRevoke(token)}
                        />
                    ))}
                </ul>
            )}
            {making && (
                <TokenDialog
                    groups={data?.groups ?? []}
                    onDone={again}
                    onClose={() => setMaking(false)}
                />
            )}
            {revoke && (
                <Confirm
                    title={words.tokenRevokeTitle(revoke.name)}
                    words={words.tokenRevokeWords}
                    act={words.tokenRevoke}
                    onAct={async () => {
                        await peopleApi.revokeToken(revoke.id);
                        await again();
                    }}
                    onClose={() => setRevoke(null)}
                />
            )}
        </>
    );
}
