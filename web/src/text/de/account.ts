import type { en } from '../en';

export const account: typeof en.account = {
    title: 'Ihr Konto',
};
