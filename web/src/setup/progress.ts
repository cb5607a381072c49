// How far the site is set up, from its real state. Pure.
import type { Camera, Site } from '../types';
import type { Vault } from '../vault/api';

// The vault before the camera: without one, nothing is recorded or shown.
export const steps = ['site', 'vault', 'camera', 'people', 'sign'] as const;
export type Step = (typeof steps)[number];

export interface Facts {
    site: Site;
    vault: Vault;
    cameras: readonly Camera[];
    users: number;
    invitations: number;
    signPrinted: number | null;
}

export const siteDone = (site: Site): boolean =>
    [site.name, site.time_zone, site.controller, site.contact].every(Boolean);

export const isLive = (camera: Camera): boolean => camera.veil.state === 'live';

export function stepsDone(facts: Facts): Record<Step, boolean> {
    return {
        site: siteDone(facts.site),
        camera: facts.cameras.some(isLive),
        vault: facts.vault.exists && facts.vault.tested,
        people: facts.users + facts.invitations > 1,
        sign: facts.signPrinted !== null,
    };
}

// The first one that is not done; the last one when all are.
export function nextStep(done: Record<Step, boolean>): Step {
    return steps.find((step) => !done[step]) ?? 'sign';
}
