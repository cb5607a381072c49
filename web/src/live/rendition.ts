// Which rendition of a live picture is asked for: the full one, or the thin one of some 50 kbit/s
// (about 320×240, four pictures a second), which is enough for a small tile and all that a slow
// link takes. Pure.

export type Rendition = 'full' | 'thin';
export type Wish = 'auto' | Rendition;

export const wishes: readonly Wish[] = ['auto', 'full', 'thin'];

// What browsers say of the connection (Network Information API); not all do.
export interface Connection {
    saveData?: boolean;
    effectiveType?: string;
}

const smallTile = 240; // CSS pixels across; wider shows more than the thin picture has

export function isSlow(connection: Connection | undefined): boolean {
    return (
        connection?.saveData === true ||
        ['slow-2g', '2g', '3g'].includes(connection?.effectiveType ?? '')
    );
}

export function pickRendition(wish: Wish, width: number, slow: boolean): Rendition {
    if (wish !== 'auto') return wish;
    return slow || width <= smallTile ? 'thin' : 'full';
}
