// The gaps and events in view as a table: what the lanes show, readable without seeing them, and a
// way to go there.
import { useEffect, useState } from 'preact/hooks';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName, dayStart, duration } from '../time';
import type { GapCause } from '../types';
import type { LaneRow, ReviewView } from './view';

interface Line {
    at: number;
    camera: string;
    what: string;
    detail: string;
}

const mostLines = 120;
const settleMs = 250; // while the lanes are moved, the list waits

interface SeenGap {
    from: number;
    to: number;
    cause: GapCause;
}

// The gaps in view, put together again where a chunk ends within one.
export function gapsInView(view: ReviewView, camera: string): SeenGap[] {
    const range = view.range.get();
    const found: SeenGap[] = [];
    for (const piece of view.lanes.pieces(range, view.width)) {
        const clip = {
            from: Math.max(piece.from, range.from),
            to: Math.min(piece.to, range.to),
        };
        for (const gap of piece.data.get(camera)?.gaps ?? []) {
            if (gap.to <= clip.from || gap.from >= clip.to) continue;
            const last = found.at(-1);
            if (last && last.cause === gap.cause && gap.from <= last.to) {
                last.to = Math.max(last.to, gap.to);
            } else {
                found.push({ ...gap });
            }
        }
    }
    return found;
}

function lines(view: ReviewView, rows: readonly LaneRow[]): Line[] {
    const names = new Map(rows.map(({ camera, title }) => [camera?.id, title]));
    const found: Line[] = [];
    for (const { camera } of rows) {
        if (!camera) continue;
        for (const gap of gapsInView(view, camera.id))
            found.push({
                at: gap.from,
                camera: camera.name,
                what: text.timeline.gap(text.causes[gap.cause]),
                detail: duration(gap.to - gap.from),
            });
    }
    for (const event of view.eventsInView()) {
        const camera = names.get(event.camera);
        if (event.kind === 'gap' || camera === undefined) continue;
        const what = text.review.kinds[event.kind];
        found.push({ at: event.at, camera, what, detail: event.words });
    }
    return found.sort((a, b) => b.at - a.at);
}

function useLines(view: ReviewView, rows: readonly LaneRow[]): Line[] {
    const [found, setFound] = useState<Line[]>([]);
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const later = (): void => {
            timer ??= setTimeout(() => {
                timer = undefined;
                setFound(lines(view, rows));
            }, settleMs);
        };
        later();
        const ends = [view.range, view.lanes.version, view.events.version].map((value) =>
            (value as { subscribe(reader: () => void): () => void }).subscribe(later),
        );
        return () => {
            clearTimeout(timer);
            for (const end of ends) end();
        };
    }, [view, rows]);
    return found;
}

interface ListProps {
    view: ReviewView;
    rows: readonly LaneRow[];
    onGo: (at: number) => void;
}

export function List({ view, rows, onGo }: ListProps) {
    const found = useLines(view, rows);
    const today = dayStart(serverNow());
    const columns = text.review.listColumns;
    return (
        <section class="review-list" aria-label={text.review.list}>
            <h2>{text.review.list}</h2>
            {found.length === 0 ? (
                <p class="note">{text.review.listEmpty}</p>
            ) : (
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{columns.time}</th>
                            <th scope="col">{columns.camera}</th>
                            <th scope="col">{columns.what}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {found.slice(0, mostLines).map((line) => (
                            <tr key={`${line.at} ${line.camera} ${line.what}`}>
                                <td>
                                    <button
                                        class="link"
                                        aria-label={text.review.listGo(clockTime(line.at))}
                                        onClick={() => onGo(line.at)}
                                    >
                                        {line.at < today && `${dayName(line.at)} `}
                                        {clockTime(line.at)}
                                    </button>
                                </td>
                                <td>{line.camera}</td>
                                <td>
                                    {line.what} <span class="note">{line.detail}</span>
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            {found.length > mostLines && (
                <p class="note">{text.review.listMore(found.length - mostLines)}</p>
            )}
        </section>
    );
}
