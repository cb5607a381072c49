import type { en } from '../en';

export const review: typeof en.review = {
    title: 'Zeitleiste',
};
