export const review = {
    title: 'Timeline',
};
