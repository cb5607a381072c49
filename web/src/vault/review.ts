// Whether what the page shows of a request is what its document says: the desk sends both, and only
// the document is signed. Pure.
import type { OpeningRequest } from './api';
import type { Reviewed } from './crypto/types';

// As the desk rounds.
const ms = (us: number): number => Math.floor(us / 1000);

// Names of the facts that differ; none when the page tells the truth.
export function differences(shown: OpeningRequest, { id, request }: Reviewed): string[] {
    const pairs: Record<string, [unknown, unknown]> = {
        id: [shown.id, id],
        number: [shown.number, request.number],
        who: [shown.who, request.who],
        cameras: [[...shown.cameras].sort().join(), [...request.cameras].sort().join()],
        from: [shown.from_ms, ms(request.fromUs)],
        to: [shown.to_ms, ms(request.toUs)],
        purpose: [shown.purpose, request.purpose],
        reason: [shown.reason, request.reason],
        legal: [shown.legal_basis, request.legalBasis],
        incident: [shown.incident, request.incident],
        key: [shown.recipient, request.recipient],
        exportKey: [shown.export_to, request.exportTo],
        created: [shown.created_ms, ms(request.createdUs)],
        expires: [shown.expires_ms, ms(request.expiresUs)],
        view: [shown.view_s, request.viewS],
        segments: [shown.segments, request.segments],
        log: [shown.log.seq, request.log.seq],
        logLine: [shown.log.line, request.log.line],
    };
    return Object.keys(pairs).filter((name) => pairs[name]?.[0] !== pairs[name]?.[1]);
}
