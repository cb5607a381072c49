// Cones of view and the ground they stand on. Pure. Headings are degrees clockwise from up.
import type { MapPlace, Place, PlanPlace } from '../types';

export interface Spot {
    x: number; // CSS pixels
    y: number;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

// The point at `far` pixels from `spot` in a direction.
export function ahead({ x, y }: Spot, heading: number, far: number): Spot {
    return { x: x + Math.sin(radians(heading)) * far, y: y - Math.cos(radians(heading)) * far };
}

export function headingTo(from: Spot, to: Spot): number {
    return turn((Math.atan2(to.x - from.x, from.y - to.y) * 180) / Math.PI);
}

// Into 0 ≤ heading < 360, in steps of a tenth of a degree.
export function turn(heading: number): number {
    const tenths = Math.round(heading * 10) % 3600;
    return (tenths < 0 ? tenths + 3600 : tenths) / 10;
}

// How wide a view is whose edge lies in that direction: 1…360.
export function angleOf(heading: number, edge: number): number {
    const off = Math.abs(((edge - heading + 540) % 360) - 180);
    return Math.min(360, Math.max(1, Math.round(off * 2)));
}

// SVG path of a cone; a whole circle from 360 degrees on.
export function conePath(spot: Spot, heading: number, angle: number, reach: number): string {
    const at = ({ x, y }: Spot): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
    const r = reach.toFixed(1);
    if (angle >= 360) {
        const [top, bottom] = [ahead(spot, 0, reach), ahead(spot, 180, reach)];
        return `M${at(top)}A${r} ${r} 0 1 1 ${at(bottom)}A${r} ${r} 0 1 1 ${at(top)}Z`;
    }
    const from = ahead(spot, heading - angle / 2, reach);
    const to = ahead(spot, heading + angle / 2, reach);
    return `M${at(spot)}L${at(from)}A${r} ${r} 0 ${angle > 180 ? 1 : 0} 1 ${at(to)}Z`;
}

export const isOnMap = (place: Place): place is MapPlace => 'lat' in place;

const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1e5) / 1e5;

export function placeOnPlan(plan: string, x: number, y: number): PlanPlace {
    return { plan, x: share(x), y: share(y), heading: 0, angle: 70, reach: 0.15 };
}

export function placeOnMap(lat: number, lon: number): MapPlace {
    const fine = (value: number): number => Math.round(value * 1e6) / 1e6;
    return { lat: fine(lat), lon: fine(lon), heading: 0, angle: 70, reach: 40 };
}

const equator = 40_075_016.686; // metres

// CSS pixels that a metre takes at this latitude and zoom (Web Mercator, tiles of 512 pixels).
export function pixelsPerMetre(lat: number, zoom: number): number {
    return (512 * 2 ** zoom) / (equator * Math.cos(radians(lat)));
}

// A sheet of paper in a window: where its top left corner is, and how large a pixel of it is shown.
export interface Sheet {
    x: number;
    y: number;
    scale: number;
}

export interface Size {
    width: number;
    height: number;
}

const margin = 16;
const closest = 8; // times the scale that shows all of it

export function fitSheet(paper: Size, window: Size): Sheet {
    const scale = Math.min(
        Math.max(1, window.width - 2 * margin) / paper.width,
        Math.max(1, window.height - 2 * margin) / paper.height,
    );
    return {
        scale,
        x: (window.width - paper.width * scale) / 2,
        y: (window.height - paper.height * scale) / 2,
    };
}

// Closer or wider, with the point `at` of the window held where it is; never so far that the paper
// is lost.
export function zoomSheet(sheet: Sheet, by: number, at: Spot, paper: Size, window: Size): Sheet {
    const least = fitSheet(paper, window).scale;
    const scale = Math.min(least * closest, Math.max(least, sheet.scale * by));
    const ratio = scale / sheet.scale;
    return moveSheet(
        { scale, x: at.x - (at.x - sheet.x) * ratio, y: at.y - (at.y - sheet.y) * ratio },
        0,
        0,
        paper,
        window,
    );
}

export function moveSheet(sheet: Sheet, dx: number, dy: number, paper: Size, window: Size): Sheet {
    const hold = (at: number, length: number, room: number): number =>
        length <= room
            ? (room - length) / 2
            : Math.min(margin, Math.max(room - length - margin, at));
    return {
        scale: sheet.scale,
        x: hold(sheet.x + dx, paper.width * sheet.scale, window.width),
        y: hold(sheet.y + dy, paper.height * sheet.scale, window.height),
    };
}
