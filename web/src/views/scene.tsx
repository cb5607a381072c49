// Behind the sign-in: figures as the veil leaves them, on the 8×8 grid, seen through gauze.
const walking = [
    '...###....',
    '...###....',
    '...###....',
    '...###....',
    '..#####...',
    '.#######..',
    '.########.',
    '.########.',
    '.#######..',
    '..######..',
    '..#####...',
    '..#####...',
    '..######..',
    '..######..',
    '..###.##..',
    '.###..###.',
    '.##....##.',
    '###....##.',
    '##.....###',
];
const standing = [
    '..##..',
    '..##..',
    '..##..',
    '..##..',
    '.####.',
    '######',
    '######',
    '######',
    '######',
    '######',
    '.####.',
    '.####.',
    '.####.',
    '.####.',
    '.####.',
    '.##.#.',
    '.##.##',
    '.##.##',
    '.##.##',
];
const van = [
    '.....############',
    '...##############',
    '..###############',
    '.################',
    '#################',
    '#################',
    '#################',
    '.####.......####.',
    '..##.........##..',
];

interface Figure {
    shape: string[];
    x: number;
    ground: number; // where its feet are
    cell: number;
    kind: 'person' | 'vehicle';
}

const figures: Figure[] = [
    { shape: standing, x: 34, ground: 150, cell: 1.5, kind: 'person' },
    { shape: walking, x: 58, ground: 186, cell: 2.5, kind: 'person' },
    { shape: walking, x: 100, ground: 158, cell: 1.8, kind: 'person' },
    { shape: van, x: 232, ground: 164, cell: 3.5, kind: 'vehicle' },
    { shape: standing, x: 216, ground: 178, cell: 2.2, kind: 'person' },
    { shape: walking, x: 196, ground: 146, cell: 1.3, kind: 'person' },
];

// The box that was found, grown by a cell, as in the picture itself.
function box({ shape, x, ground, cell }: Figure): string {
    const columns = (shape[0]?.length ?? 0) + 2;
    const rows = shape.length + 2;
    return `M${x - cell} ${ground - (rows - 1) * cell}h${columns * cell}v${rows * cell}h${-columns * cell}z`;
}

function outline({ shape, x, ground, cell }: Figure): string {
    const top = ground - shape.length * cell;
    const squares = shape.flatMap((row, j) =>
        [...row].map((mark, i) =>
            mark === '#' ? `M${x + i * cell} ${top + j * cell}h${cell}v${cell}h${-cell}z` : '',
        ),
    );
    return squares.join('');
}

export function Scene() {
    return (
        <div class="scene" aria-hidden="true">
            <svg viewBox="0 0 320 220" preserveAspectRatio="xMidYMax slice">
                <path class="scene-floor" d="M0 138h320v82H0z" />
                {figures.map((figure) => (
                    <g key={figure.x} class={`scene-${figure.kind}`}>
                        <path class="scene-box" d={box(figure)} />
                        <path d={outline(figure)} shape-rendering="crispEdges" />
                    </g>
                ))}
            </svg>
            <div class="scene-gauze" />
        </div>
    );
}
