import { useState } from 'preact/hooks';
import { text } from '../text';
import type { Holder, Vault } from '../vault/api';
import { type Weakness, weaknesses } from '../vault/order';
import { Secret } from '../views/parts';
import { StepCard } from './card';
import type { StepProps } from './room';

const words = text.setup;

function Missing({ again, next }: Pick<StepProps, 'again' | 'next'>) {
    const [looked, setLooked] = useState(false);
    const look = async (): Promise<void> => {
        await again();
        setLooked(true);
    };
    return (
        <>
            <p class="notice" data-mood="warn">
                {words.vaultNone}
            </p>
            <ol class="setup-how">
                {words.vaultHow.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ol>
            <Secret value={words.vaultCommand} />
            <p class="hint" role="status">
                {looked ? words.vaultStill : words.vaultAfter}
            </p>
            <div class="actions">
                <button class="primary" onClick={() => void look()}>
                    {words.vaultLook}
                </button>
                <a class="button quiet" href={next}>
                    {words.later}
                </a>
            </div>
        </>
    );
}

function Weak({ weakness }: { weakness: Weakness }) {
    return weakness.kind === 'one-line'
        ? words.vaultOneLine(weakness.line, weakness.count, weakness.all)
        : words.vaultWeak[weakness.kind];
}

function Holders({ holders }: { holders: readonly Holder[] }) {
    return (
        <ul class="rows" aria-label={words.vaultHolders}>
            {holders.map(({ index, name, line }) => (
                <li key={index} class="row">
                    <div class="row-main">
                        <strong>{name}</strong>
                        <span class="note">{line ? words.vaultLine(line) : words.vaultNoLine}</span>
                    </div>
                </li>
            ))}
        </ul>
    );
}

// A vault that nobody has ever opened anything with may hold shares that do not fit: the site goes
// live after the test opening.
function TestOpening({ vault, again }: { vault: Vault; again: () => Promise<void> }) {
    if (vault.tested)
        return (
            <p class="notice" data-mood="good">
                {words.vaultTested}
            </p>
        );
    return (
        <>
            <p>{words.vaultTest(vault.threshold ?? 0)}</p>
            <Secret value={words.vaultTestCommand(vault.threshold ?? 2)} />
            <div class="actions">
                <button class="primary" onClick={() => void again()}>
                    {words.vaultLook}
                </button>
            </div>
        </>
    );
}

function There({ vault, again }: { vault: Vault; again: () => Promise<void> }) {
    const { threshold, holders } = vault;
    if (threshold === null || holders === null)
        return (
            <p class="notice" data-mood="good">
                {words.vaultThere}
            </p>
        );
    return (
        <>
            <p>{words.vaultIs(threshold, holders.length)}</p>
            {weaknesses(vault).map((weakness, i) => (
                <p key={i} class="notice" data-mood="warn">
                    <Weak weakness={weakness} />
                </p>
            ))}
            <Holders holders={holders} />
            <TestOpening vault={vault} again={again} />
        </>
    );
}

export function VaultStep({ facts, again, next }: StepProps) {
    const { vault } = facts;
    return (
        <StepCard title={words.steps.vault} lead={words.vaultLead}>
            {vault.exists ? (
                <div class="setup-vault">
                    <There vault={vault} again={again} />
                    <div class="actions setup-next">
                        <a class={vault.tested ? 'button primary' : 'button quiet'} href={next}>
                            {vault.tested ? words.on : words.later}
                        </a>
                    </div>
                </div>
            ) : (
                <Missing again={again} next={next} />
            )}
        </StepCard>
    );
}
