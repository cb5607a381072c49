// An export: the sealed payload as it stands under a new age header, so that any age implementation
// opens it (docs/ref/formats/segment.md, "Export"). The file key never leaves the worker.
import { parseRecipient, wrapX25519 } from './age';
import { writeHeader } from './ageHeader';
import { nonceBytes } from './agePayload';
import { base64 } from './bytes';
import { VaultError } from './failure';
import type { SegmentEnd } from './segmentReader';
import type { ListedSegment } from './segments';
import type { ExportHeader } from './types';

export function recipientKey(text: string): Uint8Array {
    const key = parseRecipient(text);
    if (!key) throw new VaultError('recipient', 'not an age recipient');
    return key;
}

// What of a whole segment's payload stands: all of it.
export function endOfWhole(entry: ListedSegment): SegmentEnd {
    if (entry.bytes < entry.header.length + nonceBytes)
        throw new VaultError('file_short', 'shorter than its header', { segment: entry.index });
    return { payloadBytes: entry.bytes - entry.header.length, suffix: null };
}

export function exportHeader(
    entry: ListedSegment,
    fileKey: Uint8Array,
    recipient: Uint8Array,
    { payloadBytes, suffix }: SegmentEnd,
): ExportHeader {
    const stanza = wrapX25519(recipient, fileKey);
    if (!stanza) throw new VaultError('recipient', 'nothing can be encrypted to this recipient');
    return {
        segment: entry.index,
        header: base64(writeHeader([stanza], fileKey)),
        payload_bytes: payloadBytes,
        suffix: suffix && base64(suffix),
    };
}
