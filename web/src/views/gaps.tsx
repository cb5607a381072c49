// The gaps in view as a table: the timeline's truth, readable without seeing it.
import { text } from '../text';
import { clockTime, dayName, dayStart, duration } from '../time';
import { serverNow } from '../state';
import type { Gap } from '../types';

export function Gaps({ gaps, onShow }: { gaps: Gap[]; onShow: (gap: Gap) => void }) {
    const today = dayStart(serverNow());
    return (
        <section class="gaps">
            <h2>{text.camera.gaps}</h2>
            {gaps.length === 0 ? (
                <p class="note">{text.camera.gapsNone}</p>
            ) : (
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{text.camera.gapColumns.from}</th>
                            <th scope="col">{text.camera.gapColumns.length}</th>
                            <th scope="col">{text.camera.gapColumns.cause}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {[...gaps]
                            .sort((a, b) => b.from - a.from)
                            .map((gap) => (
                                <tr key={gap.from}>
                                    <td>
                                        <button
                                            class="link"
                                            aria-label={text.camera.gapGo(clockTime(gap.from))}
                                            onClick={() => onShow(gap)}
                                        >
                                            {gap.from < today && `${dayName(gap.from)} `}
                                            {clockTime(gap.from)}
                                        </button>
                                    </td>
                                    <td>{duration(gap.to - gap.from)}</td>
                                    <td>
                                        <strong>{text.causes[gap.cause]}</strong>
                                        {gap.detail && <span class="note"> {gap.detail}</span>}
                                    </td>
                                </tr>
                            ))}
                    </tbody>
                </table>
            )}
        </section>
    );
}
