import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keys';
import { go } from '../router';
import { cameras } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { useValue } from '../value';
import { commonAspect, neighbour, wallLayout } from '../wall';
import { Tile } from './tile';

const strip = 30; // as in wall.css
const gap = 6;

interface Size {
    width: number;
    height: number;
}

function useSize(): [(element: HTMLElement | null) => void, Size | null] {
    const [element, setElement] = useState<HTMLElement | null>(null);
    const [size, setSize] = useState<Size | null>(null);
    useLayoutEffect(() => {
        if (!element) return undefined;
        const measure = (): void => {
            const style = getComputedStyle(element);
            setSize({
                width:
                    element.clientWidth -
                    parseFloat(style.paddingLeft) -
                    parseFloat(style.paddingRight),
                height:
                    element.clientHeight -
                    parseFloat(style.paddingTop) -
                    parseFloat(style.paddingBottom),
            });
        };
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, [element]);
    return [setElement, size];
}

function aspectOf(camera: Camera): number {
    for (const { width, height } of [camera.veil, camera])
        if (width && height) return width / height;
    return 16 / 9;
}

// Read once a set of cameras: a size that becomes known meanwhile must not move the wall under
// someone's eyes.
function useAspect(list: Camera[]): number {
    const ids = list.map((camera) => camera.id).join(' ');
    return useMemo(() => commonAspect(list.map(aspectOf)), [ids]);
}

function Tiles({ list, size }: { list: Camera[]; size: Size }) {
    const [current, setCurrent] = useState(0);
    const grid = useRef<HTMLUListElement>(null);
    const aspect = useAspect(list);
    const layout = wallLayout(list.length, { ...size, gap, strip, aspect });

    useKeys(
        useCallback(
            (key) => {
                const digit = /^[1-9]$/.test(key) ? Number(key) : 0;
                const camera = list[digit - 1];
                if (camera) {
                    go({ view: 'camera', camera: camera.id, at: null });
                    return true;
                }
                if (
                    !key.startsWith('Arrow') ||
                    !(
                        document.activeElement === document.body ||
                        grid.current?.contains(document.activeElement)
                    )
                )
                    return false;
                const inside = grid.current?.contains(document.activeElement) ?? false;
                const next = inside
                    ? neighbour(current, list.length, layout.columns, key)
                    : current;
                setCurrent(next);
                grid.current?.querySelectorAll<HTMLElement>('.tile')[next]?.focus();
                return true;
            },
            [list, current, layout.columns],
        ),
    );

    const set = (element: HTMLUListElement | null): void => {
        grid.current = element;
        element?.style.setProperty('--columns', String(layout.columns));
        element?.style.setProperty('--tile', `${layout.tile}px`);
        element?.style.setProperty('--aspect', String(aspect));
    };
    return (
        <ul class="tiles" ref={set}>
            {list.map((camera, index) => (
                <li key={camera.id}>
                    <Tile
                        camera={camera}
                        number={index + 1}
                        width={layout.tile}
                        chosen={index === current}
                        onFocus={() => setCurrent(index)}
                    />
                </li>
            ))}
        </ul>
    );
}

export function Wall() {
    const list = useValue(cameras);
    const [measured, size] = useSize();
    return (
        <main class="wall" ref={measured}>
            <h1 class="unseen">{text.wall.title}</h1>
            {list === null && <p class="empty">{text.wall.loading}</p>}
            {list?.length === 0 && <p class="empty">{text.wall.empty}</p>}
            {list && list.length > 0 && size && <Tiles list={list} size={size} />}
        </main>
    );
}
