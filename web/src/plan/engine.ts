// The only file that knows MapLibre and pmtiles; loaded when somebody looks at the map. The CSP
// build: its worker is a file of our own origin, and nothing of it is made from text.
import maplibre, { type Map as MapLibre } from 'maplibre-gl/dist/maplibre-gl-csp.js';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-csp-worker.js?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { FetchSource, PMTiles, Protocol } from 'pmtiles';
import { type SiteMap, tilesPath } from './api';
import { type MapColours, mapStyle } from './style';

export type Engine = MapLibre;

let protocol: Protocol | null = null;

function begin(): Protocol {
    if (protocol) return protocol;
    protocol = new Protocol();
    maplibre.setWorkerUrl(workerUrl);
    maplibre.addProtocol('pmtiles', protocol.tile);
    return protocol;
}

const colourNames: Record<keyof MapColours, string> = {
    ground: '--map-ground',
    water: '--map-water',
    green: '--map-green',
    building: '--map-building',
    road: '--map-road',
    edge: '--map-edge',
};

// As the page's theme has them; custom properties with light-dark() have to be resolved.
function coloursOf(element: HTMLElement): MapColours {
    const probe = document.createElement('i');
    element.append(probe);
    const entries = Object.entries(colourNames).map(([name, property]) => {
        probe.style.setProperty('color', `var(${property})`);
        return [name, getComputedStyle(probe).color];
    });
    probe.remove();
    return Object.fromEntries(entries) as MapColours;
}

interface Metadata {
    attribution?: string;
    vector_layers?: { id: string }[];
}

// What a file says of itself is shown as text, never as a document.
function plain(html: string): string {
    return new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '';
}

export interface Opened {
    map: Engine;
    attribution: string;
}

export async function openMap(element: HTMLElement, site: SiteMap): Promise<Opened> {
    const url = new URL(tilesPath, location.href).href;
    const archive = new PMTiles(new FetchSource(url));
    begin().add(archive);
    const metadata = (await archive.getMetadata()) as Metadata;
    const layers = (metadata.vector_layers ?? []).map(({ id }) => id);
    const attribution = plain(metadata.attribution ?? '');
    const map = new maplibre.Map({
        container: element,
        style: mapStyle(site, url, layers, '', coloursOf(element)),
        ...(site.bounds ? { bounds: site.bounds } : {}),
        maxZoom: (site.max_zoom ?? 18) + 3,
        attributionControl: false, // shown by the page, as text
        dragRotate: false, // up is north: headings are read from it
        pitchWithRotate: false,
        touchPitch: false,
        fadeDuration: 0,
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    return { map, attribution };
}
