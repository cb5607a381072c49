// What the plan room asks for (docs/ref/api.md, Plans and places).
import { call } from '../api';
import type { Place } from '../types';

export interface Plan {
    id: string;
    name: string;
    width: number; // pixels
    height: number;
}

export interface SiteMap {
    tiles: boolean;
    kind: 'mvt' | 'png' | 'jpeg' | 'webp' | 'avif' | null;
    min_zoom: number | null;
    max_zoom: number | null;
    bounds: [west: number, south: number, east: number, north: number] | null;
}

export const tilesPath = '/api/v1/map/tiles';
export const imagePath = (plan: string): string => `/api/v1/plans/${plan}/image`;

export const imageTypes = ['image/png', 'image/jpeg', 'image/webp'];
export const imageMost = 8 << 20; // bytes
const uploadLimitMs = 180_000;

export const planApi = {
    plans: () => call<Plan[]>('GET', '/plans'),
    map: () => call<SiteMap>('GET', '/map'),
    upload: (name: string, image: Blob) =>
        call<Plan>('POST', `/plans?name=${encodeURIComponent(name)}`, {
            body: image,
            timeoutMs: uploadLimitMs,
        }),
    remove: (plan: string) => call<void>('DELETE', `/plans/${plan}`),
    put: (camera: string, place: Place) =>
        call<Place>('PUT', `/cameras/${camera}/place`, { body: place }),
    takeOff: (camera: string) => call<void>('DELETE', `/cameras/${camera}/place`),
};
