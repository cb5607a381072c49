// The pictures of the chosen cameras at one instant: recorded ones on one clock, or live.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePicture } from '../live/use';
import { statusWords } from '../live/words';
import type { Deck } from '../player/deck';
import type { Player, Sight } from '../player/player';
import { placeHash } from '../router';
import { now, serverNow } from '../state';
import { text } from '../text';
import { clockTime } from '../time';
import { whyNone } from '../timeline/words';
import type { Camera } from '../types';
import { useValue } from '../value';
import { commonAspect, wallPlan } from '../wall/geometry';
import { Icon } from '../views/icon';
import { Picture } from '../views/picture';
import { KeyFrames, useDeckPlayer } from '../views/stage';
import type { ReviewView } from './view';

interface CellProps {
    camera: Camera;
    onRemove: () => void;
}

function Caption({ camera, note, onRemove }: CellProps & { note: string }) {
    return (
        <p class="cell-caption">
            <a href={placeHash({ view: 'camera', camera: camera.id, at: null })}>{camera.name}</a>
            <span class="note">{note}</span>
            <button
                class="quiet square"
                aria-label={text.review.remove(camera.name)}
                title={text.review.remove(camera.name)}
                onClick={onRemove}
            >
                <Icon name="close" />
            </button>
        </p>
    );
}

function LiveCell(props: CellProps) {
    const cell = useRef<HTMLLIElement>(null);
    const [width, setWidth] = useState(320);
    useEffect(() => setWidth(cell.current?.clientWidth ?? 320), []);
    const { video, status } = usePicture(props.camera, width);
    const words = statusWords(props.camera, status, serverNow());
    return (
        <li ref={cell} class="cell" data-camera={props.camera.id} data-state={status.state}>
            <Picture
                video={video}
                label={`${props.camera.name}: ${text.picture.redacted}`}
                state={status.state}
                shown={status.shown}
                words={words}
            />
            <Caption {...props} note={words.short} />
        </li>
    );
}

function useSight(player: Player | null): Sight {
    const [sight, setSight] = useState<Sight>({ kind: 'loading' });
    useEffect(() => {
        setSight(player?.sight.get() ?? { kind: 'loading' });
        return player?.sight.subscribe(setSight);
    }, [player]);
    return sight;
}

// Why a camera has no picture of the instant.
function cellWords(view: ReviewView, camera: Camera, sight: Sight, at: number) {
    const short = '';
    switch (sight.kind) {
        case 'shown':
            return { short, title: '', detail: '' };
        case 'loading':
            return { short: text.review.waiting, title: '', detail: '' };
        case 'failed':
            return { short, title: text.review.failed, detail: '' };
        case 'end':
        case 'hole': {
            const piece = view.lanes
                .pieces({ from: at, to: at + 1 }, 1 / view.perPixel)
                .find(({ data }) => data.has(camera.id));
            const detail =
                sight.kind === 'end' ? text.review.ended : text.review.until(clockTime(sight.next));
            const title = whyNone(piece?.data.get(camera.id), at) || text.review.noPicture;
            return { short, title, detail };
        }
    }
}

function ArchiveCell(props: CellProps & { deck: Deck; view: ReviewView }) {
    const { camera, deck, view } = props;
    const { video, canvas, player } = useDeckPlayer(deck, camera.id);
    const sight = useSight(player);
    useValue(now); // the reason may change with the instant
    const words = cellWords(view, camera, sight, deck.at);
    const shown = sight.kind === 'shown' || sight.kind === 'loading';
    return (
        <li class="cell" data-camera={camera.id} data-state="archive" data-sight={sight.kind}>
            <Picture
                video={video}
                label={`${camera.name}: ${text.picture.redactedArchive}`}
                state="archive"
                shown={shown}
                words={words}
            >
                <KeyFrames canvas={canvas} player={player} />
            </Picture>
            <Caption {...props} note={words.short} />
        </li>
    );
}

interface GridProps {
    cameras: readonly Camera[];
    deck: Deck | null;
    take: number;
    view: ReviewView;
    onRemove: (camera: string) => void;
}

const captionHeight = 28;
const gap = 6;

// As many columns as make the pictures largest.
function useColumns(cameras: readonly Camera[]) {
    const list = useRef<HTMLUListElement>(null);
    const aspect = commonAspect(
        cameras.map(({ veil }) => (veil.height > 0 ? veil.width / veil.height : 4 / 3)),
    );
    const count = cameras.length;
    useLayoutEffect(() => {
        const element = list.current;
        if (!element) return undefined;
        const lay = (): void => {
            const { clientWidth: width, clientHeight: height } = element;
            const shape = { width, height, gap, strip: captionHeight, aspect };
            const spans = Array.from({ length: count }, () => 1);
            const { columns } = wallPlan(spans, shape);
            element.style.setProperty('--columns', String(columns));
            element.style.setProperty('--rows', String(Math.ceil(count / columns)));
        };
        lay();
        const observer = new ResizeObserver(lay);
        observer.observe(element);
        return () => observer.disconnect();
    }, [count, aspect]);
    return list;
}

export function Grid({ cameras, deck, take, view, onRemove }: GridProps) {
    const list = useColumns(cameras);
    return (
        <ul class="cells" ref={list} aria-label={text.review.pictures} data-count={cameras.length}>
            {cameras.map((camera) => {
                const cell = { camera, onRemove: () => onRemove(camera.id) };
                return deck ? (
                    <ArchiveCell key={`${camera.id} ${take}`} {...cell} deck={deck} view={view} />
                ) : (
                    <LiveCell key={camera.id} {...cell} />
                );
            })}
        </ul>
    );
}
