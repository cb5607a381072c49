// How far something slow is, in words and as a bar.
import { text } from '../text';
import type { Progress } from './crypto/types';

const words = text.vault.steps;

export function ProgressLine({ progress }: { progress: Progress | null }) {
    const { step, done, total } = progress ?? { step: 'load' as const, done: 0, total: 1 };
    const label = words[step];
    return (
        <div class="vault-progress" role="status">
            <span>
                {label}
                {total > 1 && <span class="note"> {words.of(done, total)}</span>}
            </span>
            {total > 1 ? (
                <progress max={total} value={done} aria-label={label} />
            ) : (
                <progress aria-label={label} />
            )}
        </div>
    );
}
