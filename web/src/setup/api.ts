// What the assistant asks and says about the site (docs/ref/api.md).
import { call } from '../api';
import type { Site } from '../types';
import { vaultApi } from '../vault/api';

// What the site says of itself to people.
export interface SiteWords {
    name: string;
    time_zone: string; // IANA name
    controller: string; // who answers for the recordings
    contact: string; // where to ask them
    address: string; // of a page with more, for the sign
}

const printed = '/me/preferences/sign-printed';

export const setupApi = {
    site: () => call<Site>('GET', '/site'),
    saveSite: (body: Partial<SiteWords>) => call<unknown>('PATCH', '/site', { body }),
    vault: vaultApi.vault,
    // When the sign was last printed, ms UTC; null: never, as far as this person knows.
    signPrinted: () => call<number | null>('GET', printed),
    notePrinted: (at: number) => call<unknown>('PUT', printed, { body: at }),
};
