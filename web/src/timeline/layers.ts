// Canvases that are drawn again on the frames on which something of theirs has changed, and on no
// others. No layout is asked for in a frame: sizes come from an observer.
import { Palette } from './paint';

export interface Layer {
    canvas: HTMLCanvasElement;
    height: () => number; // CSS pixels
    key: (width: number) => string; // differs when the picture does
    draw: (context: CanvasRenderingContext2D, palette: Palette, width: number) => void;
}

interface Drawn {
    layer: Layer;
    context: CanvasRenderingContext2D;
    key: string;
}

// `sized` is how wide they are shown; `framed` is called on every frame. Returns the function that
// ends it.
export function paintLayers(
    sized: HTMLElement,
    layers: readonly Layer[],
    resized: (width: number) => void,
    framed: (width: number) => void = () => {},
): () => void {
    const ratio = devicePixelRatio;
    const palette = new Palette(sized, ratio);
    const drawn: Drawn[] = layers.flatMap((layer) => {
        const context = layer.canvas.getContext('2d');
        return context ? [{ layer, context, key: '' }] : [];
    });
    let width = sized.clientWidth;
    let frame = 0;
    resized(width);
    const observer = new ResizeObserver((entries) => {
        width = entries.at(-1)?.contentRect.width ?? width;
        resized(width);
    });
    observer.observe(sized);
    const paint = (): void => {
        frame = requestAnimationFrame(paint);
        if (width <= 0) return;
        for (const each of drawn) paintOne(each, palette, width, ratio);
        framed(width);
    };
    paint();
    return () => {
        cancelAnimationFrame(frame);
        observer.disconnect();
    };
}

function paintOne(drawn: Drawn, palette: Palette, width: number, ratio: number): void {
    const { layer, context } = drawn;
    const height = layer.height();
    const key = `${width} ${height} ${layer.key(width)}`;
    if (key === drawn.key) return;
    drawn.key = key;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (layer.canvas.width !== across || layer.canvas.height !== down) {
        layer.canvas.width = across;
        layer.canvas.height = down;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    layer.draw(context, palette, width);
}

// A bare element that stands at an instant: moved by the compositor, without a picture drawn anew.
export class Marker {
    #shown = '';

    constructor(private readonly element: HTMLElement) {}

    // `x` in CSS pixels; null: nowhere. `scale` stretches an element that is one pixel wide.
    place(x: number | null, scale = 1): void {
        const shown =
            x === null ? '' : `translateX(${x}px)${scale === 1 ? '' : ` scaleX(${scale})`}`;
        if (shown === this.#shown) return;
        this.#shown = shown;
        this.element.style.visibility = shown === '' ? 'hidden' : 'visible';
        if (shown !== '') this.element.style.transform = shown;
    }
}
