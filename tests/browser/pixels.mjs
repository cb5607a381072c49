// What the browser decoded, read back from its video elements, and what the veil's colours make
// of it.

// As src/veil/render.c fills them (BT.601 limited range, Y U V).
const fills = {
    person: [126, 156, 104],
    personFigure: [62, 152, 112],
    lying: [150, 142, 146],
    lyingFigure: [94, 146, 146],
    vehicle: [172, 88, 148],
    vehicleFigure: [126, 94, 151],
    motion: [110, 128, 128],
    motionFigure: [78, 128, 128],
    static: [44, 128, 128],
    curtain: [52, 132, 125],
};
const rgb = ([y, u, v]) => {
    const l = 1.164 * (y - 16);
    return [
        l + 1.596 * (v - 128),
        l - 0.392 * (u - 128) - 0.813 * (v - 128),
        l + 2.017 * (u - 128),
    ];
};
const palette = Object.values(fills).map(rgb);
// People, with the arrowheads and outlines drawn on them: luma alone differs from the fill.
const people = [fills.person, fills.personFigure].flatMap(([y, u, v]) =>
    [y, 228, 24].map((luma) => rgb([luma, u, v])),
);
const captionHeight = 24; // of 480 lines: time and name at the bottom
// Grey walls and asphalt may look like the grey fills; nothing in the footage looks like these.
const telling = [fills.person, fills.personFigure].map(rgb);
const cell = 8;
const near = 14; // sum over R, G, B / 3: what H.264 and rounding may change in a flat fill
const flat = 16; // and how far it may spread inside a cell; grass and asphalt spread further
const moved = 34; // mean change of a cell: more than noise, shadows of leaves and coding

// {width, height, data} of the frame that the element shows now; `data` is RGBA.
export async function grab(page, selector) {
    const frame = await page.$eval(selector, (video) => {
        const canvas = document.createElement('canvas');
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context.drawImage(video, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        let text = '';
        for (let i = 0; i < data.length; i += 32768)
            text += String.fromCharCode(...data.subarray(i, i + 32768));
        return {
            width: canvas.width,
            height: canvas.height,
            time: video.currentTime,
            text: btoa(text),
        };
    });
    return {
        width: frame.width,
        height: frame.height,
        time: frame.time,
        data: Buffer.from(frame.text, 'base64'),
    };
}

function eachCell(frame, visit) {
    const columns = Math.floor(frame.width / cell),
        rows = Math.floor((frame.height - captionHeight) / cell);
    for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) visit(column, row, row * columns + column);
    return columns * rows;
}

// Mean colour and spread of the middle 4×4 of a cell, and how much of it is a person as it is drawn:
// its rim takes colour from its neighbours when chroma is scaled up.
function cellColour(frame, column, row) {
    const sum = [0, 0, 0];
    let least = 255,
        most = 0,
        drawn = 0;
    for (let y = 2; y < 6; y++) {
        for (let x = 2; x < 6; x++) {
            const at = ((row * cell + y) * frame.width + column * cell + x) * 4;
            const pixel = frame.data.subarray(at, at + 3);
            for (let c = 0; c < 3; c++) sum[c] += pixel[c];
            if (people.some((colour) => distance(colour, pixel) < near * 2)) drawn++;
            const green = frame.data[at + 1];
            least = Math.min(least, green);
            most = Math.max(most, green);
        }
    }
    return { mean: sum.map((value) => value / 16), spread: most - least, drawn: drawn / 16 };
}

const distance = (a, b) =>
    (Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2])) / 3;

// Which cells are fill, flat or with something drawn on a person's, as a list of booleans, and the share of those that are a person's.
export function filled(frame) {
    const cells = [];
    let telltale = 0;
    const total = eachCell(frame, (column, row) => {
        const { mean, spread, drawn } = cellColour(frame, column, row);
        const among = (colours) =>
            spread < flat && colours.some((colour) => distance(colour, mean) < near);
        cells.push(among(palette) || drawn > 0.6);
        if (among(telling)) telltale++;
    });
    return { cells, people: telltale / total };
}

// Cells that changed between two frames, and those of them that are fill in neither: what moved
// in the open.
export function motion(before, after) {
    const a = filled(before).cells,
        b = filled(after).cells;
    let changed = 0,
        open = 0;
    eachCell(before, (column, row, index) => {
        if (
            distance(cellColour(before, column, row).mean, cellColour(after, column, row).mean) <
            moved
        )
            return;
        changed++;
        if (!a[index] && !b[index]) open++;
    });
    return { changed, open, total: a.length };
}

// How different two frames are, 0…255: above 0.2 something happened between them.
export function difference(before, after) {
    let sum = 0;
    for (let i = 0; i < before.data.length; i++) sum += Math.abs(before.data[i] - after.data[i]);
    return sum / before.data.length;
}
