// What a role may do, as the page needs to know it (docs/ref/api.md, Rights). The server decides;
// this only keeps the page from offering what it would refuse.
import type { Role } from './types';

export const seesPast = (role: Role): boolean => role !== 'viewer';
export const managesUsers = (role: Role): boolean => role === 'administrator';
export const managesCameras = (role: Role): boolean => role === 'administrator';
export const exportsFilm = (role: Role): boolean =>
    role === 'operator' || role === 'keyholder' || role === 'administrator';
export const readsActs = (role: Role): boolean => role === 'auditor' || role === 'administrator';
export const asksForOpenings = exportsFilm;
export const decidesOnOpenings = (role: Role): boolean => role === 'keyholder';
export const seesRequests = seesPast;
export const breaksGlass = (role: Role): boolean => role === 'operator' || role === 'administrator';
export const reviewsGlass = (role: Role): boolean => decidesOnOpenings(role) || readsActs(role);
export const endsGlass = (role: Role): boolean => decidesOnOpenings(role) || managesUsers(role);
