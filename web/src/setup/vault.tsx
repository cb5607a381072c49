import { useState } from 'preact/hooks';
import { text } from '../text';
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

export function VaultStep({ facts, again, next }: StepProps) {
    const { exists, threshold, holders } = facts.vault;
    const known = threshold !== null && holders !== null;
    return (
        <StepCard title={words.steps.vault} lead={words.vaultLead}>
            {exists ? (
                <>
                    <p class="notice" data-mood="good">
                        {known ? words.vaultIs(threshold, holders.length) : words.vaultThere}
                    </p>
                    {known && <p>{words.vaultHolders(holders.join(', '))}</p>}
                    <div class="actions setup-next">
                        <a class="button primary" href={next}>
                            {words.on}
                        </a>
                    </div>
                </>
            ) : (
                <Missing again={again} next={next} />
            )}
        </StepCard>
    );
}
