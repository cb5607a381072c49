"""`scrim redact` over files: the same frames, size and times, and under the mask nothing of the original."""

import hashlib
import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from harness import clip, expect, expect_failure, ffmpeg, probe, test, vtest
from sitekit import scrim, scrim_ok


@contextmanager
def directory():
    with tempfile.TemporaryDirectory(prefix="scrim-redact-") as name:
        yield Path(name)


def times(path):
    """Presentation times of all frames, in seconds; a raw stream has none and starts at 0."""
    lines = [line.strip(",") for line in probe(path, "frame=pts_time").split()]
    return [round(float(line), 4) if line != "N/A" else 0.0 for line in lines]


def luma(path):
    """Every picture's luma, width and height."""
    width, height = (int(v) for v in probe(path, "stream=width,height").split(",")[:2])
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo",
         "-pix_fmt", "gray", "-"], capture_output=True)
    expect(done.returncode == 0, done.stderr.decode())
    size = width * height
    return [done.stdout[i : i + size] for i in range(0, len(done.stdout), size)], width, height


def read_masks(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def check_masks(masks, frames, width, height):
    expect(len(masks) == frames, f"{len(masks)} lines for {frames} frames")
    for number, mask in enumerate(masks):
        expect(mask["frame"] == number, f"line {number} is frame {mask['frame']}")
        covered = 0
        for x, y, w, h in mask["rects"]:
            expect(w > 0 and h > 0 and x >= 0 and y >= 0 and x + w <= width and y + h <= height,
                   f"frame {number}: rectangle {x},{y},{w},{h} leaves the picture")
            covered += w * h
        expect(covered <= width * height, f"frame {number}: rectangles overlap")
        if mask["opaque"]:
            expect(covered == width * height, f"frame {number} is opaque and not all covered")
            expect(mask["reason"], f"frame {number} is opaque without a reason")
        else:
            expect(mask["reason"] is None, f"frame {number} has a reason and is not opaque")


@test("redact keeps frames, size and times of what it is given, whatever the container")
def same_shape():
    cases = {
        "raw.h264": ["-c:v", "libx264", "-bf", "2"],
        "raw.h265": ["-c:v", "libx265", "-x265-params", "log-level=error"],
        "odd.mkv": ["-vf", "scale=321:241", "-c:v", "ffv1"],
        "uneven.mp4": ["-vf", "setpts='PTS+0.04*random(0)/TB'", "-fps_mode", "vfr", "-c:v", "libx264"],
        "late.mkv": ["-c:v", "mjpeg", "-output_ts_offset", "5"],
        "motion.avi": ["-c:v", "mpeg4"],
    }
    with directory() as at:
        for name, options in cases.items():
            source, out, masks = at / name, at / f"{name}.mp4", at / f"{name}.masks"
            ffmpeg("-i", vtest(), "-t", "4", *options, source)
            scrim_ok("redact", source, out, "--masks", masks)
            size = probe(source, "stream=width,height")
            expect(probe(out, "stream=codec_name,width,height") == f"h264,{size}", f"{name}: size of the copy")
            before, after = times(source), times(out)
            expect(len(before) == len(after), f"{name}: {len(before)} frames became {len(after)}")
            if not name.startswith("raw"):
                expect(before == after, f"{name}: times changed")
            width, height = (int(v) for v in size.split(","))
            check_masks(read_masks(masks), len(after), width, height)


@test("redact draws what its masks say, and leaves nothing of the original under them")
def drawn_as_said():
    with directory() as at:
        source, out, masks = clip("people-sub"), at / "out.mp4", at / "masks"
        scrim_ok("redact", source, out, "--masks", masks, "--no-text")
        originals, width, height = luma(source)
        redacted, _, _ = luma(out)
        lines = read_masks(masks)
        check_masks(lines, len(redacted), width, height)
        live = [m for m in lines if not m["opaque"]]
        expect(len(live) > len(lines) * 0.85, f"{len(lines) - len(live)} of {len(lines)} frames are opaque")
        for mask in live[:: len(live) // 20]:
            before, after = originals[mask["frame"]], redacted[mask["frame"]]
            covered = bytearray(width * height)
            for x, y, w, h in mask["rects"]:
                for row in range(y, y + h):
                    covered[row * width + x : row * width + x + w] = b"\1" * w
            # Fills, outlines and arrows have few levels; the encoder blurs only where they meet.
            inside = [i for i in range(0, width * height, 7) if covered[i]]
            outside = [i for i in range(0, width * height, 7) if not covered[i]]
            expect(inside and outside, f"frame {mask['frame']} is all or nothing")
            fills = (126, 62, 150, 94, 172, 126, 110, 78, 24, 28, 34, 228)
            # The PC range of the decoder's grey: 16…235 spread to 0…255.
            levels = [round((f - 16) * 255 / 219) for f in fills]
            near = sum(min(abs(after[i] - v) for v in levels) <= 8 for i in inside) / len(inside)
            expect(near > 0.93, f"frame {mask['frame']}: {near:.3f} of the masked pixels have a level of the renderer's")
            wrong = sum(abs(after[i] - before[i]) for i in outside) / len(outside)
            expect(wrong < 8, f"frame {mask['frame']}: the picture beside the masks is {wrong:.1f} levels off")


@test("redact writes the file's name and the time since its beginning, and nothing when told so")
def captions():
    with directory() as at:
        source = at / "Käse am Süd.mp4"
        ffmpeg("-f", "lavfi", "-i", "color=c=gray:s=320x240:r=10:d=4", source)
        plates = {}
        for option in ([], ["--no-text"]):
            scrim_ok("redact", source, at / "out.mp4", *option)
            pictures, width, height = luma(at / "out.mp4")
            corners = [[p[(height - 12) * width + x] for p in pictures] for x in (0, width - 1)]
            plates[not option] = corners
            live = pictures[-1]
            ink = sum(live[row * width + x] > 180 for row in range(height - 12, height) for x in range(width))
            expect((ink > 150) == (not option), f"{ink} light pixels at the bottom with {option}")
            seconds = [b"".join(p[row * width : row * width + 70] for row in range(height - 12, height))
                       for p in (pictures[25], pictures[35])]
            expect((seconds[0] != seconds[1]) == (not option), f"the time stands still, or there is one, with {option}")
        expect(all(level < 40 for corner in plates[True] for level in corner), "no plate on some picture")


@test("redact gives the same file twice, and a thorough copy has no opaque beginning")
def repeatable():
    with directory() as at:
        source = at / "short.mp4"
        ffmpeg("-i", clip("people-sub"), "-t", "5", "-c", "copy", source)
        digests = set()
        for name in ("a", "b"):
            scrim_ok("redact", source, at / f"{name}.mp4", "--masks", at / f"{name}.masks")
            digests.add(hashlib.sha256((at / f"{name}.masks").read_bytes()).hexdigest())
        expect(len(digests) == 1, "two runs gave different masks")
        live = read_masks(at / "a.masks")
        expect(live[0]["opaque"] and live[0]["reason"] == "learning the scene", "the first frame is not opaque")
        scrim_ok("redact", source, at / "t.mp4", "--masks", at / "t.masks", "--thorough")
        thorough = read_masks(at / "t.masks")
        expect(len(thorough) == len(live), "a thorough copy has other frames")
        expect(not any(mask["opaque"] for mask in thorough), "a thorough copy is opaque somewhere")
        expect(all(mask["rects"] for mask in thorough), "a thorough copy shows a frame without a mask")


@test("redact refuses in words and leaves no half file")
def refusals():
    with directory() as at:
        text, sound, good = at / "text.mp4", at / "sound.wav", at / "good.mp4"
        text.write_text("not a video\n" * 100)
        ffmpeg("-f", "lavfi", "-i", "sine", "-t", "1", sound)
        ffmpeg("-i", clip("people-sub"), "-t", "1", "-c", "copy", good)
        out = at / "out.mp4"
        expect_failure(scrim("redact", at / "absent.mp4", out), "absent.mp4", "no such file")
        expect_failure(scrim("redact", text, out), "text.mp4", "no video file")
        expect_failure(scrim("redact", sound, out), "sound.wav", "no video in it")
        expect_failure(scrim("redact", good, at / "nowhere" / "out.mp4"), "nowhere")
        expect_failure(scrim("redact", good, good), "same file")
        expect_failure(scrim("redact", good, out, "--masks", at / "nowhere" / "masks"), "nowhere")
        left = sorted(path.name for path in at.iterdir())
        expect(left == ["good.mp4", "sound.wav", "text.mp4"], f"left behind: {left}")
        with_sound = at / "loud.mp4"
        ffmpeg("-i", good, "-f", "lavfi", "-i", "sine", "-t", "1", "-c:v", "copy", "-c:a", "aac", with_sound)
        said = scrim_ok("redact", with_sound, out)
        expect("sound is left out" in getattr(said, "err", ""), "nobody said that the sound is gone")


@test("redact makes damaged pictures opaque and recovers at a key frame")
def damaged():
    with directory() as at:
        source, broken, out, masks = at / "good.h264", at / "broken.h264", at / "out.mp4", at / "masks"
        ffmpeg("-i", vtest(), "-t", "10", "-c:v", "libx264", "-g", "20", "-bf", "0", source)
        data = bytearray(source.read_bytes())
        middle = len(data) * 55 // 100
        for i in range(middle, middle + 3000):
            data[i] = (data[i] * 37 + i) & 0xFF
        broken.write_bytes(data)
        scrim_ok("redact", broken, out, "--masks", masks)
        lines = read_masks(masks)
        reasons = [mask["reason"] for mask in lines]
        expect("damaged picture from the camera" in reasons, "no frame is marked as damaged")
        expect(not lines[-1]["opaque"], "it did not recover")
