// Amounts for people.

export function bytes(count: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    const power = count > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
    const amount = count / 1000 ** power;
    return `${amount >= 100 || power === 0 ? amount.toFixed(0) : amount.toFixed(1)} ${units[power] ?? ''}`;
}

export function decimal(value: number): string {
    return value.toFixed(value >= 9.95 ? 0 : 1);
}

export function codecName(codec: string): string {
    return codec === 'h264' ? 'H.264' : codec === 'h265' ? 'H.265' : codec;
}
