// What the room's address says behind "#/vault": nothing for the list, /NUMBER for a request,
// /new?camera=a,b&from=…&to=… to ask, /share for a holder's own share.

const mostCameras = 16; // in one request

export type VaultAddress =
    | { view: 'list' }
    | { view: 'ask'; cameras: string[]; range: { from: number; to: number } | null }
    | { view: 'one'; number: number }
    | { view: 'share' };

const time = (value: string | null): number | null =>
    value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;

export function parseVault(rest: string): VaultAddress {
    const number = /^\/([1-9]\d{0,8})$/.exec(rest)?.[1];
    if (number !== undefined) return { view: 'one', number: Number(number) };
    if (rest === '/share') return { view: 'share' };
    if (!/^\/new(\?|$)/.test(rest)) return { view: 'list' };
    const query = new URLSearchParams(rest.replace(/^[^?]*/, ''));
    const [from, to] = [time(query.get('from')), time(query.get('to'))];
    const named = (query.get('camera') ?? '').split(',');
    const cameras = named.filter((id) => /^[a-z0-9-]{1,31}$/.test(id));
    return {
        view: 'ask',
        cameras: [...new Set(cameras)].slice(0, mostCameras),
        range: from !== null && to !== null && from < to ? { from, to } : null,
    };
}

export const shareHash = '#/vault/share';
export const requestHash = (number: number): string => `#/vault/${number}`;

export function askHash(cameras: readonly string[], range?: { from: number; to: number }): string {
    const parts = [
        cameras.length > 0 ? `camera=${cameras.slice(0, mostCameras).join()}` : '',
        range ? `from=${Math.floor(range.from)}&to=${Math.ceil(range.to)}` : '',
    ].filter((part) => part !== '');
    return `#/vault/new${parts.length > 0 ? `?${parts.join('&')}` : ''}`;
}
