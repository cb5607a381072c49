// The browser's Media Source Extensions, under the name that this browser has for them.
// iPhones offer ManagedMediaSource only, and only where remote playback is off.

const scope = globalThis as typeof globalThis & { ManagedMediaSource?: typeof MediaSource };

export const Source: typeof MediaSource | undefined = scope.MediaSource ?? scope.ManagedMediaSource;

// A source attached to the video, once it is open. The video keeps nothing of what it showed
// before.
export function openSource(video: HTMLVideoElement): {
    source: MediaSource;
    opened: Promise<void>;
} {
    if (!Source) throw new Error('This browser has no Media Source Extensions.');
    const source = new Source();
    const url = URL.createObjectURL(source);
    video.disableRemotePlayback = true;
    video.src = url;
    const opened = new Promise<void>((resolve) => {
        source.addEventListener(
            'sourceopen',
            () => {
                URL.revokeObjectURL(url);
                resolve();
            },
            { once: true },
        );
    });
    return { source, opened };
}

export function closeSource(video: HTMLVideoElement): void {
    video.removeAttribute('src');
    video.load();
}

// Index of the buffered range that holds `at` (seconds), or −1. The slack bridges rounding at
// frame borders.
export function rangeAt(ranges: TimeRanges, at: number, slack = 0.02): number {
    for (let i = 0; i < ranges.length; i++) {
        if (at >= ranges.start(i) - slack && at < ranges.end(i) + slack) return i;
    }
    return -1;
}
