// segments.json: the sealed segments that a request would open, each with its whole age header.
import { parseHeader } from './ageHeader';
import { fromBase64 } from './bytes';
import { VaultError } from './failure';
import { type Json, Members, parseJson } from './json';
import { isId } from './label';
import { parseSealed, type Sealed } from './tdh2';
import type { RequestDocument, SegmentEntry } from './types';

export const maxSegments = 20_000;
const maxHeader = 4096; // of a sealed segment (docs/ref/formats/segment.md)

export interface ListedSegment extends SegmentEntry {
    index: number; // in the list
}

function parseEntry(json: Json): SegmentEntry | null {
    const members = new Members(json);
    const entry: SegmentEntry = {
        camera: members.text('camera', 31),
        file: members.matching('file', /^\d{4}-\d{2}-\d{2}\/\d{6}(?:-\d{1,4})?\.mp4\.age$/),
        disk: members.matching('disk', /^[a-z0-9-]{0,31}$/),
        startUs: members.integer('start_us', 0, Number.MAX_SAFE_INTEGER),
        endUs: members.integer('end_us', 0, Number.MAX_SAFE_INTEGER),
        bytes: members.integer('bytes', 0, Number.MAX_SAFE_INTEGER),
        whole: members.boolean('whole'),
        header: members.bytes('header', fromBase64),
    };
    members.require(isId(entry.camera) && entry.header.length <= maxHeader);
    return members.done() ? entry : null;
}

const before = (a: SegmentEntry, b: SegmentEntry): boolean =>
    a.camera < b.camera || (a.camera === b.camera && a.startUs < b.startUs);

// Sorted by camera and start, none twice.
export function parseSegments(bytes: Uint8Array): ListedSegment[] {
    const members = new Members(parseJson(bytes));
    members.constant('format', 'scrim-segments/v1');
    const list: ListedSegment[] = [];
    for (const json of members.array('segments', maxSegments)) {
        const entry = parseEntry(json);
        const last = list.at(-1);
        if (!entry || (last && !before(last, entry)))
            throw new VaultError('segments', 'malformed entry', { segment: list.length });
        list.push({ ...entry, index: list.length });
    }
    if (!members.done()) throw new VaultError('segments', 'malformed list of segments');
    return list;
}

// The seal in an entry's header, which must be the vault's, with one of break-glass after it where
// the site has that, and nobody else's. The seal's proof is not checked.
export function sealOf(entry: ListedSegment): Sealed {
    const header = parseHeader(entry.header);
    const [stanza, glass, ...more] = header?.stanzas ?? [];
    const glassOnly = more.length === 0 && (!glass || glass.args[0] === 'X25519');
    const sealed = stanza && glassOnly ? parseSealed(stanza) : null;
    if (!sealed || header?.length !== entry.header.length)
        throw new VaultError('segments', 'not the header of a sealed segment', {
            segment: entry.index,
        });
    return sealed;
}

// What a seal proves is where a segment begins, not where it ends: a list could stretch one of long
// ago into the time that was asked for.
const maxLeadUs = 10 * 60 * 1e6;

// Everybody's rule: what the label says, which cannot be changed, lies inside the request, and the
// entry says the same. Throws if not.
export function requireCovered(
    request: RequestDocument,
    entry: ListedSegment,
    { label }: Sealed,
): void {
    const listed = label.camera === entry.camera && label.startUs === BigInt(entry.startUs);
    const asked = label.site === request.site && request.cameras.includes(label.camera);
    const inTime =
        entry.endUs > entry.startUs &&
        entry.endUs > request.fromUs &&
        entry.startUs < request.toUs &&
        entry.startUs >= request.fromUs - maxLeadUs;
    if (!listed || !asked || !inTime)
        throw new VaultError('not_covered', 'a segment lies outside the request', {
            segment: entry.index,
        });
}
