// What cameras stand on, a plan or the map, as the marks over it need to know it.
import type { Place } from '../types';
import type { Spot } from './cone';

export interface Ground {
    // Where a place is now, in CSS pixels of the window, and how far its reach goes there.
    spotOf: (place: Place) => Spot & { reach: number };
    // The same place at another spot.
    moved: (place: Place, to: Spot) => Place;
    // And with a reach of so many pixels.
    reaching: (place: Place, pixels: number) => Place;
    // A new place at a spot.
    placeAt: (spot: Spot) => Place;
}
