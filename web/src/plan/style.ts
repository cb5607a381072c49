// How the site's own tiles are drawn. Pure. Vector tiles are those of the two schemas that people
// make PMTiles with, Protomaps and OpenMapTiles: their layers are known by name here, others are
// left out. No names of streets: letters would come from a service, and the cameras' names are what
// counts.
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { SiteMap } from './api';

export interface MapColours {
    ground: string;
    water: string;
    green: string;
    building: string;
    road: string;
    edge: string;
}

const source = 'site';

type Draw = (layer: string, colours: MapColours) => LayerSpecification;

const fill =
    (colour: keyof MapColours): Draw =>
    (layer, colours) => ({
        id: layer,
        type: 'fill',
        source,
        'source-layer': layer,
        paint: { 'fill-color': colours[colour] },
    });
const line =
    (colour: keyof MapColours, far: number, near: number): Draw =>
    (layer, colours) => ({
        id: layer,
        type: 'line',
        source,
        'source-layer': layer,
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
            'line-color': colours[colour],
            'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 8, far, 18, near],
        },
    });

// In the order in which they are drawn.
const known: readonly (readonly [layer: string, draw: Draw])[] = [
    ['earth', fill('ground')],
    ['landcover', fill('green')],
    ['landuse', fill('green')],
    ['park', fill('green')],
    ['water', fill('water')],
    ['waterway', line('water', 0.5, 6)],
    ['boundaries', line('edge', 0.5, 1.5)],
    ['boundary', line('edge', 0.5, 1.5)],
    ['roads', line('road', 0.5, 12)],
    ['transportation', line('road', 0.5, 12)],
    ['buildings', fill('building')],
    ['building', fill('building')],
];

export function mapStyle(
    map: SiteMap,
    url: string,
    layers: readonly string[],
    attribution: string,
    colours: MapColours,
): StyleSpecification {
    const ground: LayerSpecification = {
        id: 'ground',
        type: 'background',
        paint: { 'background-color': colours.ground },
    };
    const common = { url: `pmtiles://${url}`, attribution };
    if (map.kind !== 'mvt')
        return {
            version: 8,
            sources: { [source]: { type: 'raster', tileSize: 256, ...common } },
            layers: [ground, { id: 'tiles', type: 'raster', source }],
        };
    return {
        version: 8,
        sources: { [source]: { type: 'vector', ...common } },
        layers: [
            ground,
            ...known
                .filter(([layer]) => layers.includes(layer))
                .map(([layer, draw]) => draw(layer, colours)),
        ],
    };
}
