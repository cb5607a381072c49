import type { en } from '../en';

export const people: typeof en.people = {
    title: 'Personen',
};
