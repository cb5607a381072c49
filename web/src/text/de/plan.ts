import type { en } from '../en';

export const plan: typeof en.plan = {
    title: 'Lageplan',
};
