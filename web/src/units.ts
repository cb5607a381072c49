// Amounts for people, as their language writes numbers.
import { locale } from './language';

const places = [0, 1].map(
    (digits) =>
        new Intl.NumberFormat(locale, {
            minimumFractionDigits: digits,
            maximumFractionDigits: digits,
        }),
);

function written(value: number, digits: 0 | 1): string {
    return places[digits]?.format(value) ?? '';
}

export function bytes(count: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    const power = count > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
    const amount = count / 1000 ** power;
    return `${written(amount, amount >= 100 || power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}

export function decimal(value: number): string {
    return written(value, value >= 9.95 ? 0 : 1);
}

export function codecName(codec: string): string {
    return codec === 'h264' ? 'H.264' : codec === 'h265' ? 'H.265' : codec;
}
