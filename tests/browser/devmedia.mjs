// Footage for the development server: views cut from Debian's vtest.avi with the moving parts
// filled in on an 8×8 grid, so that the page can be worked on without a site. It is no veil:
// nothing here hides anyone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = [
    '/usr/share/doc/opencv-doc/examples/data/vtest.avi',
    fileURLToPath(new URL('../../build/deps/vtest.avi', import.meta.url)),
].find((path) => existsSync(path));
const rate = 10;
export const timescale = rate * 1024;

// Crop as w:h:x:y of the 768×576 picture, and the fill of its silhouettes.
const views = {
    quay: { crop: '768:576:0:0', fill: '0x5b80a7', width: 640, height: 480 },
    gate: { crop: '480:270:288:60', fill: '0x5b80a7', width: 640, height: 360 },
};

function ffmpeg(args) {
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}

function make(dir, name, { crop, fill, width, height }) {
    const path = join(dir, `${name}.mp4`);
    if (existsSync(path)) return path;
    if (!source) throw new Error('vtest.avi is missing: run make deps');
    const background = join(dir, 'background.png');
    if (!existsSync(background)) {
        ffmpeg([
            '-ss',
            '20',
            '-i',
            source,
            '-vf',
            'fps=2,tmedian=radius=30',
            '-frames:v',
            '1',
            background,
        ]);
    }
    const size = `${width}:${height}`;
    const graph =
        `[0:v]crop=${crop},scale=${size},format=yuv444p,split[picture][now];` +
        `[1:v]crop=${crop},scale=${size},format=gray[still];[now]format=gray[gray];` +
        `[gray][still]blend=all_mode=difference,boxblur=6,scale=${width / 8}:${height / 8}:flags=area,` +
        `lut=y='if(gt(val,12),255,0)',scale=${size}:flags=neighbor,format=gray,format=yuv444p[mask];` +
        `color=${fill}:size=${width}x${height}:rate=${rate},format=yuv444p[fill];` +
        `[picture]format=yuv444p[clear];[clear][fill][mask]maskedmerge=planes=7,format=yuv420p[out]`;
    // The mask's chroma planes must follow its luma: take them from the same grey picture.
    const merged = graph.replace(
        'format=gray,format=yuv444p[mask]',
        'format=gray,split=3[m0][m1][m2];[m0][m1][m2]mergeplanes=0x001020:yuv444p[mask]',
    );
    ffmpeg([
        '-i',
        source,
        '-loop',
        '1',
        '-i',
        background,
        '-filter_complex',
        merged,
        '-map',
        '[out]',
        '-t',
        '30',
        '-r',
        `${rate}`,
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-profile:v',
        'main',
        '-bf',
        '0',
        '-g',
        `${2 * rate}`,
        '-crf',
        '25',
        '-video_track_timescale',
        `${timescale}`,
        '-movflags',
        'empty_moov+default_base_moof+frag_every_frame+omit_tfhd_offset',
        `${path}.part.mp4`,
    ]);
    renameSync(`${path}.part.mp4`, path);
    return path;
}

function* boxes(file) {
    for (let at = 0; at + 8 <= file.length; ) {
        const size = file.readUInt32BE(at);
        yield { type: file.toString('latin1', at + 4, at + 8), at, end: at + size };
        at += size;
    }
}

// Offset of the 64-bit decode time inside a fragment.
function decodeTimeOffset(fragment) {
    const tfdt = fragment.indexOf('tfdt');
    if (tfdt < 0 || fragment[tfdt + 4] !== 1) throw new Error('fragment without a 64-bit tfdt');
    return tfdt + 8;
}

// A sample is a sync sample when bit 16 of its flags is clear (ISO/IEC 14496-12, 8.8.3.1).
function isKey(fragment) {
    const trun = fragment.indexOf('trun');
    const flags = fragment.readUInt32BE(trun + 4) & 0xffffff;
    let at = trun + 12 + (flags & 1 ? 4 : 0);
    if (flags & 4) return (fragment.readUInt32BE(at) & 0x10000) === 0;
    if (flags & 0x400)
        return (
            (fragment.readUInt32BE(at + (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0)) &
                0x10000) ===
            0
        );
    const tfhd = fragment.indexOf('tfhd');
    const headFlags = fragment.readUInt32BE(tfhd + 4) & 0xffffff;
    at =
        tfhd +
        12 +
        (headFlags & 1 ? 8 : 0) +
        (headFlags & 2 ? 4 : 0) +
        (headFlags & 8 ? 4 : 0) +
        (headFlags & 16 ? 4 : 0);
    return (fragment.readUInt32BE(at) & 0x10000) === 0;
}

// {name: {init, mime, width, height, frames: [{key, data}], at(n, ticks) → fragment with that
// decode time}}
export function loadFootage(dir) {
    mkdirSync(dir, { recursive: true });
    const footage = {};
    for (const [name, view] of Object.entries(views)) {
        const file = readFileSync(make(dir, name, view));
        const all = [...boxes(file)];
        const moov = all.find((box) => box.type === 'moov');
        const init = file.subarray(0, moov.end);
        const frames = [];
        all.forEach((box, i) => {
            if (box.type !== 'moof') return;
            const data = file.subarray(box.at, all[i + 1].end);
            frames.push({ key: isKey(data), data });
        });
        const avcC = init.indexOf('avcC');
        const codec = `avc1.${init.subarray(avcC + 5, avcC + 8).toString('hex')}`;
        footage[name] = {
            init,
            frames,
            mime: `video/mp4; codecs="${codec}"`,
            width: view.width,
            height: view.height,
            fragment(n, ticks) {
                const copy = Buffer.from(frames[n % frames.length].data);
                copy.writeBigUInt64BE(BigInt(ticks), decodeTimeOffset(copy));
                return copy;
            },
        };
    }
    return footage;
}
