// The bar over the tiles: layouts, pages, and what can be done with the wall.
import { text } from '../text';
import { useValue } from '../value';
import { freeKey, firstLayout, type Layout, type WallSettings } from '../wall/layouts';
import { onlyHere } from '../wall/store';
import { Icon } from './icon';

export function layoutName(layout: Layout): string {
    return layout.name || text.wall.allCameras;
}

interface WallBarProps {
    settings: WallSettings;
    layout: Layout;
    page: number; // from 0
    pages: number;
    tour: boolean;
    arranging: boolean;
    onChoose: (key: string) => void;
    onTurn: (by: number) => void;
    onTour: () => void;
    onArrange: () => void;
    onEdit: (layout: Layout) => void;
    onFull: () => void;
}

function Layouts({ settings, layout, onChoose, onEdit }: WallBarProps) {
    const free = freeKey(settings);
    return (
        <div class="wall-layouts" role="group" aria-label={text.wall.layouts}>
            {settings.layouts.map((each) => (
                <button
                    key={each.key}
                    class="quiet"
                    aria-pressed={each.key === layout.key}
                    title={`${layoutName(each)} (${each.key.toUpperCase()})`}
                    onClick={() => onChoose(each.key)}
                >
                    {layoutName(each)}
                </button>
            ))}
            {free && (
                <button
                    class="quiet square"
                    aria-label={text.wall.addLayout}
                    title={text.wall.addLayout}
                    onClick={() => onEdit({ ...firstLayout, key: free, all: false })}
                >
                    <Icon name="plus" />
                </button>
            )}
        </div>
    );
}

function Pages({ page, pages, tour, onTurn, onTour }: WallBarProps) {
    return (
        <>
            <button
                class="quiet square"
                aria-label={text.wall.previousPage}
                title={text.wall.previousPage}
                onClick={() => onTurn(-1)}
            >
                <Icon name="left" />
            </button>
            <span class="wall-page">{text.wall.page(page + 1, pages)}</span>
            <button
                class="quiet square"
                aria-label={text.wall.nextPage}
                title={text.wall.nextPage}
                onClick={() => onTurn(1)}
            >
                <Icon name="right" />
            </button>
            <button
                class="quiet"
                aria-pressed={tour}
                title={`${text.wall.tour} (T)`}
                onClick={onTour}
            >
                {text.wall.tour}
            </button>
        </>
    );
}

export function WallBar(props: WallBarProps) {
    const { layout, pages, arranging, onArrange, onEdit, onFull } = props;
    return (
        <div class="wall-bar">
            <Layouts {...props} />
            <span class="top-space" />
            <span class="note wide-only" role="status">
                {useValue(onlyHere) && text.wall.onlyHere}
            </span>
            {pages > 1 && <Pages {...props} />}
            <button
                class="quiet"
                aria-label={text.wall.edit}
                title={text.wall.edit}
                onClick={() => onEdit(layout)}
            >
                <Icon name="edit" /> <span class="wide-only">{text.wall.edit}</span>
            </button>
            <button
                class="quiet"
                aria-pressed={arranging}
                aria-label={text.wall.arrange}
                title={`${text.wall.arrange} (M)`}
                onClick={onArrange}
            >
                <Icon name="grip" />{' '}
                <span class="wide-only">
                    {arranging ? text.wall.arrangeDone : text.wall.arrange}
                </span>
            </button>
            <button
                class="quiet square"
                aria-label={text.wall.full}
                title={`${text.wall.full} (V)`}
                onClick={onFull}
            >
                <Icon name="full" />
            </button>
        </div>
    );
}
