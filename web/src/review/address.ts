// What the room's address says behind "#/review":
// ?t=INSTANT&cameras=a,b&from=…&to=…&export=1, all of it optional.

export interface ReviewAddress {
    at: number | null; // what is played; null: live
    cameras: string[]; // whose pictures are shown, in this order
    range: { from: number; to: number } | null; // of the timeline
    exporting: boolean; // with the export beside it
}

export const mostCameras = 9; // played at once

const time = (value: string | null): number | null =>
    value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;

export function parseReview(rest: string): ReviewAddress {
    const query = new URLSearchParams(rest.replace(/^[^?]*/, ''));
    const from = time(query.get('from'));
    const to = time(query.get('to'));
    const named = (query.get('cameras') ?? '').split(',');
    const cameras = named.filter((id) => /^[a-z0-9-]{1,31}$/.test(id));
    return {
        at: time(query.get('t')),
        cameras: [...new Set(cameras)].slice(0, mostCameras),
        range: from !== null && to !== null && from < to ? { from, to } : null,
        exporting: query.get('export') === '1',
    };
}

export function reviewRest(address: Partial<ReviewAddress>): string {
    const { at, cameras, range, exporting } = address;
    const parts = [
        at === null || at === undefined ? '' : `t=${Math.round(at)}`,
        cameras && cameras.length > 0 ? `cameras=${cameras.join()}` : '',
        range ? `from=${Math.round(range.from)}&to=${Math.round(range.to)}` : '',
        exporting ? 'export=1' : '',
    ].filter((part) => part !== '');
    return parts.length > 0 ? `?${parts.join('&')}` : '';
}
