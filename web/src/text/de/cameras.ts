import type { en } from '../en';

export const cameras: typeof en.cameras = {
    title: 'Kameras',
};
