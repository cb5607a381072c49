// request.json: what was asked for, and what every approval is bound to, by the SHA-256 of its exact
// bytes. docs/ref/formats/request.md.
import { parseRecipient } from './age';
import { VaultError } from './failure';
import { type Json, Members, parseJson } from './json';
import { isId } from './label';
import { maxSegments } from './segments';
import { purposes, type RequestDocument } from './types';

const maxSpanUs = 31 * 86_400_000_000;
const maxExpiryUs = 30 * 86_400_000_000;
const maxCameras = 16;
const maxVaults = 16;
const hexOf = (bytes: number): RegExp => new RegExp(`^[0-9a-f]{${2 * bytes}}$`);

const ascending = (names: readonly string[]): boolean =>
    names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name);

function cameraOf(json: Json): string {
    return typeof json === 'string' && isId(json) ? json : '';
}

function vaultsOf(members: Members): RequestDocument['vaults'] {
    const list = members.array('vaults', maxVaults).map((json) => {
        const vault = new Members(json);
        const id = vault.matching('id', hexOf(16));
        const dealing = vault.matching('dealing', hexOf(32));
        members.require(vault.done());
        return { id, dealing };
    });
    members.require(new Set(list.map(({ id }) => id)).size === list.length);
    return list;
}

function logOf(members: Members): RequestDocument['log'] {
    const log = members.object('log');
    const seq = log.integer('seq', 0, Number.MAX_SAFE_INTEGER);
    const line = log.matching('line', hexOf(32));
    members.require(log.done());
    return { seq, line };
}

function read(members: Members): RequestDocument {
    const time = (name: string): number => members.integer(name, 0, Number.MAX_SAFE_INTEGER);
    members.constant('format', 'scrim-request/v1');
    return {
        site: members.text('site', 31),
        number: members.integer('number', 1, Number.MAX_SAFE_INTEGER),
        who: members.text('who', 127),
        cameras: members.array('cameras', maxCameras).map(cameraOf),
        fromUs: time('from_us'),
        toUs: time('to_us'),
        purpose: members.matching(
            'purpose',
            new RegExp(`^(?:${purposes.join('|')})$`),
        ) as RequestDocument['purpose'],
        reason: members.text('reason', 2000),
        legalBasis: members.text('legal_basis', 500),
        incident: members.text('incident', 100),
        recipient: members.text('recipient', 100),
        exportTo: members.isNull('export_to') ? null : members.text('export_to', 100),
        createdUs: time('created_us'),
        expiresUs: time('expires_us'),
        viewS: members.integer('view_s', 60, 86_400),
        vaults: vaultsOf(members),
        segments: members.integer('segments', 0, maxSegments),
        segmentsSha256: members.matching('segments_sha256', hexOf(32)),
        log: logOf(members),
    };
}

function makesSense(request: RequestDocument): boolean {
    const { cameras, fromUs, toUs, createdUs, expiresUs, exportTo } = request;
    return (
        isId(request.site) &&
        cameras.length > 0 &&
        cameras.every(isId) &&
        ascending(cameras) &&
        fromUs < toUs &&
        toUs - fromUs <= maxSpanUs &&
        createdUs < expiresUs &&
        expiresUs - createdUs <= maxExpiryUs &&
        parseRecipient(request.recipient) !== null &&
        (exportTo === null || parseRecipient(exportTo) !== null)
    );
}

export function parseRequest(bytes: Uint8Array): RequestDocument {
    const members = new Members(parseJson(bytes));
    const request = read(members);
    if (!members.done() || !makesSense(request))
        throw new VaultError('request', 'malformed request');
    return request;
}
