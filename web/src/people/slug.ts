// A short name of [a-z0-9-] made from a title, as the API wants one of groups and cameras; never one
// of `taken`.
const lengthMax = 31;

export function slug(title: string, taken: readonly string[], fallback: string): string {
    const plain = title
        .toLowerCase()
        .replaceAll('ä', 'ae')
        .replaceAll('ö', 'oe')
        .replaceAll('ü', 'ue')
        .replaceAll('ß', 'ss')
        .normalize('NFD')
        .replaceAll(/\p{M}/gu, '')
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-|-$/g, '');
    const base = plain.slice(0, lengthMax - 3).replace(/-$/, '') || fallback;
    let name = base;
    for (let i = 2; taken.includes(name); i++) name = `${base}-${i}`;
    return name;
}
