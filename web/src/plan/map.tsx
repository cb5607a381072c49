// The site's own map, with the same marks over it as a plan has.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../settings';
import { text } from '../text';
import type { MapPlace } from '../types';
import { useValue } from '../value';
import { Icon } from '../views/icon';
import type { SiteMap } from './api';
import { pixelsPerMetre, placeOnMap, type Size } from './cone';
import type { Engine } from './engine';
import type { Ground } from './ground';

const words = text.plan;

function groundOf(map: Engine): Ground {
    return {
        spotOf: (place) => {
            const { lat, lon, reach } = place as MapPlace;
            const { x, y } = map.project([lon, lat]);
            return { x, y, reach: reach * pixelsPerMetre(lat, map.getZoom()) };
        },
        moved: (place, to) => {
            const { lat, lng } = map.unproject([to.x, to.y]);
            const { lat: inLat, lon: inLon } = placeOnMap(lat, lng);
            return { ...(place as MapPlace), lat: inLat, lon: inLon };
        },
        reaching: (place, pixels) => {
            const metres = pixels / pixelsPerMetre((place as MapPlace).lat, map.getZoom());
            return { ...place, reach: Math.min(5000, Math.max(1, Math.round(metres * 10) / 10)) };
        },
        placeAt: (spot) => {
            const { lat, lng } = map.unproject([spot.x, spot.y]);
            return placeOnMap(lat, lng);
        },
    };
}

interface MapProps {
    site: SiteMap;
    children: (ground: Ground, window: Size) => ComponentChildren;
}

export function MapGround({ site, children }: MapProps) {
    const place = useRef<HTMLDivElement>(null);
    const [map, setMap] = useState<Engine | null>(null);
    const [attribution, setAttribution] = useState('');
    const [failed, setFailed] = useState(false);
    const [, redraw] = useState(0);
    const dark = useValue(theme); // the tiles follow it
    useEffect(() => {
        const element = place.current;
        if (!element) return undefined;
        let made: Engine | null = null;
        let gone = false;
        const open = async (): Promise<void> => {
            const { openMap } = await import('./engine');
            const opened = await openMap(element, site);
            made = opened.map;
            if (gone) return made.remove();
            made.on('move', () => redraw((n) => n + 1));
            made.on('resize', () => redraw((n) => n + 1));
            made.once('load', () => setMap(made));
            setAttribution(opened.attribution);
        };
        open().catch(() => setFailed(true));
        return () => {
            gone = true;
            made?.remove();
            setMap(null);
        };
    }, [site, dark]);
    const size = {
        width: place.current?.clientWidth ?? 0,
        height: place.current?.clientHeight ?? 0,
    };
    return (
        <div class="ground ground-map" data-ready={map ? '' : undefined}>
            <div ref={place} class="map" />
            {failed && <p class="empty">{words.mapFailed}</p>}
            {map && children(groundOf(map), size)}
            <div class="ground-zoom">
                <button
                    class="square"
                    aria-label={words.closer}
                    title={words.closer}
                    onClick={() => map?.zoomIn()}
                >
                    <Icon name="plus" />
                </button>
                <button
                    class="square"
                    aria-label={words.wider}
                    title={words.wider}
                    onClick={() => map?.zoomOut()}
                >
                    <Icon name="minus" />
                </button>
                {site.bounds && (
                    <button onClick={() => site.bounds && map?.fitBounds(site.bounds)}>
                        {words.all}
                    </button>
                )}
            </div>
            {attribution && <p class="attribution">{attribution}</p>}
        </div>
    );
}
