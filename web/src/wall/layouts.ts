// What a person arranged on the wall: named layouts. Pure.

export interface Layout {
    key: string; // the letter that shows it; also its name in memory
    name: string; // empty: the words of the page for "all cameras"
    all: boolean; // every camera, those to come too
    groups: string[]; // else the cameras of these groups
    cameras: string[]; // and these
    order: string[]; // as they were dragged; what is not in it follows in the site's order
    large: string[]; // shown twice as wide
    page: number; // tiles at a time; 0: all
}

export interface WallSettings {
    layouts: Layout[]; // never empty
    tourSeconds: number; // between pages
    spotlight: boolean; // by itself, when a camera needs eyes
}

// f lights, m arranges, t tours, v fills the screen (views/wall.tsx).
export const layoutKeys = ['a', 'b', 'c', 'd', 'e', 'g', 'h', 'i'] as const;
export const pageSizes = [0, 1, 4, 6, 9, 12, 16, 20, 25, 30, 36, 42] as const;
export const tourChoices = [5, 10, 20, 30, 60] as const;

export const firstLayout: Layout = {
    key: 'a',
    name: '',
    all: true,
    groups: [],
    cameras: [],
    order: [],
    large: [],
    page: 0,
};

export const firstSettings: WallSettings = {
    layouts: [firstLayout],
    tourSeconds: 10,
    spotlight: true,
};

function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function parseLayout(value: unknown): Layout | null {
    const raw = (value ?? {}) as Partial<Record<keyof Layout, unknown>>;
    const key = layoutKeys.find((each) => each === raw.key);
    if (!key || typeof raw.name !== 'string') return null;
    return {
        key,
        name: raw.name.slice(0, 40),
        all: raw.all === true,
        groups: texts(raw.groups),
        cameras: texts(raw.cameras),
        order: texts(raw.order),
        large: texts(raw.large),
        page: pageSizes.find((size) => size === raw.page) ?? 0,
    };
}

// What was kept, as far as this version of the page understands it.
export function parseSettings(value: unknown): WallSettings {
    const raw = (value ?? {}) as Partial<Record<keyof WallSettings, unknown>>;
    const layouts = (Array.isArray(raw.layouts) ? raw.layouts : [])
        .map(parseLayout)
        .filter((layout) => layout !== null)
        .filter((layout, i, list) => list.findIndex((each) => each.key === layout.key) === i);
    return {
        layouts: layouts.length > 0 ? layouts : [firstLayout],
        tourSeconds:
            tourChoices.find((seconds) => seconds === raw.tourSeconds) ?? firstSettings.tourSeconds,
        spotlight: raw.spotlight !== false,
    };
}

export interface Listed {
    id: string;
    groups?: string[];
}

// The cameras of a layout, in its order.
export function listed<T extends Listed>(layout: Layout, cameras: readonly T[]): T[] {
    const chosen = layout.all
        ? [...cameras]
        : cameras.filter(
              (camera) =>
                  layout.cameras.includes(camera.id) ||
                  camera.groups?.some((group) => layout.groups.includes(group)),
          );
    const rank = new Map(layout.order.map((id, i) => [id, i]));
    // sort() keeps the order of equals: the site's
    return chosen.sort((a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity) || 0);
}

// `camera` becomes number `to` (from 0) of what is shown; the others make room.
export function moved(
    layout: Layout,
    shown: readonly string[],
    camera: string,
    to: number,
): Layout {
    const order = shown.filter((id) => id !== camera);
    order.splice(Math.max(0, Math.min(order.length, to)), 0, camera);
    return { ...layout, order };
}

export function resized(layout: Layout, camera: string): Layout {
    const large = layout.large.includes(camera)
        ? layout.large.filter((id) => id !== camera)
        : [...layout.large, camera];
    return { ...layout, large };
}

export function replaced(settings: WallSettings, layout: Layout): WallSettings {
    const layouts = settings.layouts.map((each) => (each.key === layout.key ? layout : each));
    return { ...settings, layouts };
}

// An unused letter, or null when all are taken.
export function freeKey(settings: WallSettings): string | null {
    return layoutKeys.find((key) => settings.layouts.every((each) => each.key !== key)) ?? null;
}

export function pagesOf<T>(list: readonly T[], size: number): T[][] {
    if (size === 0 || list.length <= size) return [[...list]];
    return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
        list.slice(i * size, (i + 1) * size),
    );
}
