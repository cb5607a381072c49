export const setup = {
    title: 'Set up this site',
};
