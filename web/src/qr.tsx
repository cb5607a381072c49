// A QR code, dark on white in either theme: readers want it so.
import { encode } from 'uqr';

interface QrProps {
    value: string;
    label: string; // what it holds, for who cannot see it
}

export function Qr({ value, label }: QrProps) {
    const { data, size } = encode(value, { ecc: 'M', border: 4 });
    const dark = data
        .flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : '')))
        .join('');
    return (
        <svg
            class="qr"
            role="img"
            aria-label={label}
            viewBox={`0 0 ${size} ${size}`}
            shapeRendering="crispEdges"
        >
            <path fill="#fff" d={`M0 0h${size}v${size}h-${size}z`} />
            <path fill="#000" d={dark} />
        </svg>
    );
}
