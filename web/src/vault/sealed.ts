// The sealed bytes of an opened request's segments, as the site serves them.
import { refusal } from '../api';
import { segmentPath } from './api';
import { httpSource, type SealedSource } from './crypto/client';

export function sealedSource(request: number, segment: number): SealedSource {
    const url = segmentPath(request, segment);
    return httpSource(url, `${url}/tail`, refusal);
}
