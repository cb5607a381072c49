// Sealed bytes from the site: the file by Range, its tail from an address beside it.
import type { SealedSource } from './types';

// `fail` makes the error of an answer that is neither bytes nor the end of them.
export function httpSource(
    url: string,
    tailUrl: string | null,
    fail: (response: Response) => Promise<Error>,
): SealedSource {
    const get = async (address: string, init: RequestInit): Promise<Response> => {
        const response = await fetch(address, {
            ...init,
            cache: 'no-store',
            credentials: 'same-origin',
        });
        if (response.ok || response.status === 404 || response.status === 416) return response;
        throw await fail(response);
    };
    return {
        async range(from, to, signal) {
            const headers = { Range: `bytes=${from}-${to - 1}` };
            const response = await get(url, { headers, signal: signal ?? null });
            if (response.status === 416) return new Uint8Array(); // the file ends before `from`
            if (!response.ok) throw await fail(response);
            const bytes = new Uint8Array(await response.arrayBuffer());
            // A server may answer a range with the whole file.
            return response.status === 206 ? bytes : bytes.slice(from, to);
        },
        async tail(signal) {
            if (tailUrl === null) return null;
            const response = await get(tailUrl, { signal: signal ?? null });
            return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
        },
    };
}
