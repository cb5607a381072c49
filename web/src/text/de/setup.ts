import type { en } from '../en';

export const setup: typeof en.setup = {
    title: 'Standort einrichten',
};
