// The wall: the bar with a person's layouts, and the tiles of the one that is shown.
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { useKeys } from '../keys';
import { placeHash } from '../router';
import { managesCameras } from '../rights';
import { cameras, session } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { useValue } from '../value';
import {
    firstLayout,
    type Layout,
    listed,
    pagesOf,
    replaced,
    type WallSettings,
} from '../wall/layouts';
import { spot } from '../wall/spotlight';
import { changeWall, currentLayout, wallSettings } from '../wall/store';
import { inUse } from '../wall/usage';
import { LayoutDialog } from './layout';
import { type Size, Tiles } from './tiles';
import { WallBar } from './wallbar';

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

function toggleFull(): void {
    // Refused where the browser or its owner does not want it: then nothing changes.
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    else document.documentElement.requestFullscreen().catch(() => {});
}

// The next page after each pause, unless somebody is there to turn pages themselves.
function useTour(on: boolean, pages: number, seconds: number, turn: () => void): void {
    useEffect(() => {
        if (!on || pages < 2) return undefined;
        const timer = setInterval(() => {
            if (!inUse() && spot.get() === null && !document.hidden) turn();
        }, seconds * 1000);
        return () => clearInterval(timer);
    }, [on, pages, seconds, turn]);
}

function NoCameras() {
    const who = useValue(session);
    const may = who !== null && who !== 'unknown' && managesCameras(who.role);
    return (
        <div class="blank">
            <h2>{text.wall.empty}</h2>
            <p>{may ? text.wall.emptyNext : text.wall.emptyAsk}</p>
            {may && (
                <div class="actions">
                    <a
                        class="button primary"
                        href={placeHash({ view: 'room', room: 'setup', rest: '' })}
                    >
                        {text.wall.addCamera}
                    </a>
                </div>
            )}
        </div>
    );
}

function ShownWall({ list, settings }: { list: Camera[]; settings: WallSettings }) {
    const key = useValue(currentLayout);
    const lit = useValue(spot);
    const [measured, size] = useSize();
    const [page, setPage] = useState(0);
    const [tour, setTour] = useState(false);
    const [arranging, setArranging] = useState(false);
    const [editing, setEditing] = useState<Layout | null>(null);
    const layout =
        settings.layouts.find((each) => each.key === key) ?? settings.layouts[0] ?? firstLayout;
    const shown = useMemo(() => listed(layout, list), [layout, list]);
    const order = useMemo(() => shown.map((camera) => camera.id), [shown]);
    const pages = pagesOf(shown, layout.page);
    const at = Math.min(page, pages.length - 1);
    const onPage = pages[at] ?? [];
    // The one in the light is shown wherever it has its place.
    const away = lit && !onPage.some((camera) => camera.id === lit.camera);
    const guest = away ? list.find((camera) => camera.id === lit.camera) : undefined;
    const tiles = guest ? [guest, ...onPage] : onPage;

    const turn = useCallback(
        (by = 1) => setPage((now) => (now + by + pages.length) % pages.length),
        [pages.length],
    );
    const next = useCallback(() => turn(1), [turn]);
    useTour(tour, pages.length, settings.tourSeconds, next);
    const change = useCallback(
        (changed: Layout) => changeWall(replaced(settings, changed)),
        [settings],
    );
    const choose = (chosen: string): void => {
        currentLayout.set(chosen);
        setPage(0);
    };

    useKeys((pressed) => {
        switch (pressed) {
            case 'm':
                setArranging(!arranging);
                return true;
            case 't':
                setTour(!tour);
                return true;
            case 'v':
                toggleFull();
                return true;
            case 'PageUp':
            case 'PageDown':
                if (pages.length < 2) return false;
                turn(pressed === 'PageUp' ? -1 : 1);
                return true;
            case 'Escape':
                if (!arranging) return false;
                setArranging(false);
                return true;
        }
        if (!settings.layouts.some((each) => each.key === pressed)) return false;
        choose(pressed);
        return true;
    });

    return (
        <>
            <WallBar
                settings={settings}
                layout={layout}
                page={at}
                pages={pages.length}
                tour={tour}
                arranging={arranging}
                onChoose={choose}
                onTurn={turn}
                onTour={() => setTour(!tour)}
                onArrange={() => setArranging(!arranging)}
                onEdit={setEditing}
                onFull={toggleFull}
            />
            <div class="wall-tiles" ref={measured}>
                {tiles.length === 0 && <p class="empty">{text.wall.noneInLayout}</p>}
                {tiles.length > 0 && size && (
                    <Tiles
                        list={tiles}
                        first={guest ? 0 : at * layout.page}
                        size={size}
                        layout={layout}
                        order={order}
                        lit={lit}
                        arranging={arranging && !guest}
                        onLayout={change}
                    />
                )}
            </div>
            {editing && (
                <LayoutDialog
                    layout={editing}
                    settings={settings}
                    cameras={list}
                    onClose={() => setEditing(null)}
                />
            )}
        </>
    );
}

export function Wall() {
    const list = useValue(cameras);
    const settings = useValue(wallSettings);
    return (
        <main class="wall">
            <h1 class="unseen">{text.wall.title}</h1>
            {(list === null || settings === null) && <p class="empty">{text.wall.loading}</p>}
            {list?.length === 0 && <NoCameras />}
            {list && list.length > 0 && settings && <ShownWall list={list} settings={settings} />}
        </main>
    );
}
