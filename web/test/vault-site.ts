// A vault for the development server (tests/browser/dev/vault.mjs): sealed minutes, documents,
// hour keys and shares as the formats say, so that the page opens something; and a holder who lies.
import { sealAge } from '../src/vault/crypto/age';
import { concat, fromUtf8, hex, u32, u64, utf8 } from '../src/vault/crypto/bytes';
import { makeDecision, parseDecision, verifyDecision } from '../src/vault/crypto/decision';
import { sha256 } from '../src/vault/crypto/hash';
import { sealPartials } from '../src/vault/crypto/partials';
import { recipientKey } from '../src/vault/crypto/reheader';
import { parseSegments, sealOf } from '../src/vault/crypto/segments';
import { loadSodium, sodium } from '../src/vault/crypto/sodium';
import { makePartial } from '../src/vault/crypto/tdh2';
import { parseVault } from '../src/vault/crypto/vault';
import {
    deal,
    documents,
    hourUs,
    must,
    randomScalar,
    type SealedFile,
    sealFile,
    shareFile,
} from './vault-kit';

export interface Minute {
    camera: string;
    startUs: number;
    endUs: number;
    plain: Uint8Array;
}

export interface Sealed {
    id: string;
    idBytes: Uint8Array;
    request: Uint8Array;
    segments: Uint8Array;
    files: SealedFile[];
    hours: Map<string, { camera: string; hour: number; key: Uint8Array }>;
    recipient: string;
}

export async function makeSite(names: string[], passphrase: string) {
    await loadSodium();
    const dealt = deal(2, names);
    const vault = parseVault(dealt.json);

    // What scrim-opener and the desk make of a wish.
    function seal(minutes: Minute[], change: { recipient: string }): Sealed {
        const hours: Sealed['hours'] = new Map();
        const files = minutes.map(({ camera, startUs, endUs, plain }) => {
            const hour = Math.floor(startUs / hourUs);
            const known = hours.get(`${camera} ${hour}`);
            const kept = known ?? { camera, hour, key: sodium.randombytes_buf(32) };
            hours.set(`${camera} ${hour}`, kept);
            const what = { site: 'harbour', camera, startUs, hourKey: kept.key };
            const name = new Date(startUs / 1000).toISOString();
            const file = `${name.slice(0, 10)}/${name.slice(11, 19).replaceAll(':', '')}.mp4.age`;
            return {
                file: sealFile(dealt.json, what, plain),
                entry: { camera, startUs, endUs, file },
            };
        });
        const made = documents(files, [dealt], sodium.randombytes_buf(32), change);
        const { request, segments, id } = made;
        return {
            ...{ request, segments, hours, idBytes: id, id: hex(id) },
            files: files.map(({ file }) => file),
            recipient: change.recipient,
        };
    }

    // The age file with the keys of the request's hours. `shredded`: of a camera that has none.
    function hourKeys({ hours, recipient, idBytes }: Sealed, shredded: string | null): Uint8Array {
        const keys = [...hours.values()].filter(({ camera }) => camera !== shredded);
        const entries = keys.map(({ camera, hour, key }) =>
            concat(utf8(camera.padEnd(32, '\0')), u64(hour), key),
        );
        const plain = concat(utf8('scrim-hour-keys/v1'), idBytes, u32(keys.length), ...entries);
        return must(sealAge(plain, recipientKey(recipient)));
    }

    // The second of them asks for a passphrase.
    const shares = names.map((_, i) => shareFile(dealt, i + 1, i === 1 ? { passphrase } : null));

    // Who decided what; throws for what does not verify.
    function read(sealed: Sealed, bytes: Uint8Array) {
        const decision = parseDecision(bytes);
        const holder = verifyDecision(vault, sealed.idBytes, decision);
        const { approve, reason, atUs } = decision;
        return { index: holder.index, name: holder.name, approve, reason, at_ms: atUs / 1000 };
    }

    // Well signed, over parts that another secret made.
    function lie(sealed: Sealed, index: number, atUs: number): Uint8Array {
        const holder = must(vault.holders[index - 1]);
        const partials = parseSegments(sealed.segments)
            .map(sealOf)
            .map((each) => makePartial(vault, holder, randomScalar(), each, sealed.idBytes));
        const to = recipientKey(sealed.recipient);
        const file = must(sealPartials(sealed.idBytes, index, partials, to));
        const secret = must(dealt.shares[index - 1]);
        const share = { vaultId: vault.id, index, name: holder.name, secret };
        const what = { request: sealed.idBytes, approve: true, reason: '', atUs, partials: file };
        return makeDecision(vault, share, what);
    }

    return { json: dealt.json, shares, seal, hourKeys, read, lie, text: fromUtf8, sha256 };
}
