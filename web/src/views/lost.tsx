// The bar that says the server is gone. It lies over the page, so that nothing moves when it
// comes and goes.
import { lostSince, now } from '../state';
import { text } from '../text';
import { clockTime, duration } from '../time';
import { useValue } from '../value';

function Age({ since }: { since: number }) {
    const at = useValue(now);
    return <span>{text.lost.since(clockTime(since), duration(at - since))}</span>;
}

export function LostBanner() {
    const since = useValue(lostSince);
    return (
        <div class="lost-place" role="alert">
            {since !== null && (
                <p class="lost">
                    <strong>{text.lost.title}</strong> <Age since={since} />
                </p>
            )}
        </div>
    );
}
