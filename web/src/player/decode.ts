// From the bytes of one key frame to a picture: with WebCodecs, or in a hidden video element where
// the browser has none.
import { readStill } from './mp4';

type Draw = (image: CanvasImageSource, width: number, height: number) => void;

export interface StillDecoder {
    // `draw` is called once, with an image that is only good until it returns.
    decode(bytes: ArrayBuffer, draw: Draw): Promise<void>;
    close(): void;
}

export function makeDecoder(): StillDecoder {
    return 'VideoDecoder' in globalThis ? new CodecDecoder() : new ElementDecoder();
}

function unreadable(): DOMException {
    return new DOMException('The still picture cannot be read.', 'EncodingError');
}

class CodecDecoder implements StillDecoder {
    #decoder: VideoDecoder | null = null;
    #configured = '';
    #frame: ((frame: VideoFrame) => void) | null = null;

    async decode(bytes: ArrayBuffer, draw: Draw): Promise<void> {
        const still = readStill(bytes);
        if (!still) throw unreadable();
        let drawn = false;
        this.#frame = (frame) => {
            if (!drawn) draw(frame, frame.displayWidth, frame.displayHeight);
            drawn = true;
        };
        const decoder = this.#ready(still.codec, still.description);
        decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data: still.picture }));
        await decoder.flush();
        if (!drawn) throw unreadable();
    }

    close(): void {
        if (this.#decoder?.state !== 'closed') this.#decoder?.close();
    }

    // One decoder for as long as the pictures are of one kind; a broken one is replaced.
    #ready(codec: string, description: Uint8Array<ArrayBuffer>): VideoDecoder {
        const wanted = `${codec} ${description.join()}`;
        if (this.#decoder?.state === 'configured' && wanted === this.#configured)
            return this.#decoder;
        this.close();
        const decoder = new VideoDecoder({
            output: (frame) => {
                this.#frame?.(frame);
                frame.close();
            },
            error: () => {}, // flush() rejects with it
        });
        decoder.configure({ codec, description, optimizeForLatency: true });
        this.#configured = wanted;
        this.#decoder = decoder;
        return decoder;
    }
}

class ElementDecoder implements StillDecoder {
    readonly #video = document.createElement('video');

    async decode(bytes: ArrayBuffer, draw: Draw): Promise<void> {
        const video = this.#video;
        const url = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
        video.muted = true;
        video.playsInline = true;
        video.preload = 'auto';
        try {
            await new Promise<void>((resolve, reject) => {
                video.onloadeddata = () => resolve();
                video.onerror = () => reject(unreadable());
                video.src = url;
            });
            draw(video, video.videoWidth, video.videoHeight);
        } finally {
            URL.revokeObjectURL(url);
        }
    }

    close(): void {
        this.#video.removeAttribute('src');
        this.#video.load();
    }
}
