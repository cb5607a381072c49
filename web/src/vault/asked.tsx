// What a request will ask for, before it is sent: which originals there are, who has to agree, how
// long all of it lives.
import { covered } from '../review/api';
import { now } from '../state';
import { text } from '../text';
import { duration } from '../time';
import type { Camera, TimelineData } from '../types';
import { useValue } from '../value';
import type { Draft, Recorded } from './ask';
import { When } from './parts';
import { useVault } from './use';

const words = text.vault.asked;
const segmentMs = 60_000; // about; a segment begins with a key frame
const slackMs = 1500; // a recording may begin or end a moment within the range

interface Extent {
    segments: number;
    missingMs: number;
}

function extentOf(line: TimelineData | undefined, from: number, to: number): Extent | null {
    if (!line) return null;
    const have = covered(line.recorded, { from, to });
    const missing = to - from - have;
    return {
        segments: have > 0 ? Math.ceil(have / segmentMs) + 1 : 0,
        missingMs: missing > slackMs ? missing : 0,
    };
}

function Originals({
    draft,
    camera,
    line,
}: {
    draft: Draft;
    camera: Camera;
    line: TimelineData | undefined;
}) {
    const extent = extentOf(line, draft.from, draft.to);
    return (
        <li>
            {camera.name}:{' '}
            {extent === null
                ? '…'
                : extent.segments === 0
                  ? words.nothing
                  : words.segments(extent.segments)}
            {extent !== null && extent.segments > 0 && extent.missingMs > 0 && (
                <span class="note"> {words.missing(duration(extent.missingMs))}</span>
            )}
        </li>
    );
}

// When the first of the originals is deleted for everyone.
const dueOf = (cameras: readonly Camera[], from: number): number =>
    Math.min(...cameras.map(({ retention_hours: hours }) => from + hours * 3_600_000));

interface AskedProps {
    draft: Draft;
    cameras: readonly Camera[];
    recorded: Recorded | null;
}

export function AskedFor({ draft, cameras, recorded }: AskedProps) {
    const { data: vault } = useVault();
    const at = useValue(now);
    const expires = at + draft.expiresS * 1000;
    const due = dueOf(cameras, draft.from);
    return (
        <dl class="vault-facts">
            <div>
                <dt>{words.originals}</dt>
                <dd>
                    {cameras.length === 0 ? (
                        <span class="note">{words.noCamera}</span>
                    ) : (
                        <ul>
                            {cameras.map((camera) => (
                                <Originals
                                    key={camera.id}
                                    draft={draft}
                                    camera={camera}
                                    line={recorded?.get(camera.id)}
                                />
                            ))}
                        </ul>
                    )}
                </dd>
            </div>
            <div>
                <dt>{words.approval}</dt>
                <dd>
                    {vault?.threshold && vault.holders
                        ? words.quorum(
                              vault.threshold,
                              vault.holders.map(({ name }) => name),
                          )
                        : vault
                          ? words.noVault
                          : '…'}
                </dd>
            </div>
            <div>
                <dt>{words.expires}</dt>
                <dd>
                    <When at={expires} />
                </dd>
            </div>
            {cameras.length > 0 && (
                <div data-warn={due < expires}>
                    <dt>{words.due}</dt>
                    <dd>
                        {due < at ? words.gone : <When at={due} />}
                        {due >= at && due < expires && (
                            <span class="vault-warn">{words.dueBefore}</span>
                        )}
                    </dd>
                </div>
            )}
        </dl>
    );
}
