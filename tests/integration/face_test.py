"""A face so near to the camera that the detector of people sees nobody is covered all the same, and stays it."""

import tempfile
from pathlib import Path

from harness import Skip, expect, ffmpeg, test
from redact_test import read_masks
from sitekit import scrim_ok

# Debian's opencv-doc.
PICTURE = Path("/usr/share/doc/opencv-doc/examples/data/messi5.jpg")
# The head of the man in it as somebody at a door bell, in the grey of an infrared camera. The detector
# of people gives it 0.27, which is not enough to begin with.
NEAR = "crop=56:42:212:84,scale=640:480,hue=s=0"
FACE = (343, 290, 130, 170)  # an ellipse inside it: centre and half its axes


def covered(rects, ellipse):
    """The share of an ellipse that is covered."""
    cx, cy, rx, ry = ellipse
    inside = [(x, y) for y in range(cy - ry, cy + ry, 8) for x in range(cx - rx, cx + rx, 8)
              if ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1]
    hidden = sum(any(x <= px < x + w and y <= py < y + h for x, y, w, h in rects) for px, py in inside)
    return hidden / len(inside)


@test("a close-up face that holds still is covered from the first picture that is not opaque on")
def close_up():
    if not PICTURE.exists():
        raise Skip(f"{PICTURE} is missing: install opencv-doc")
    with tempfile.TemporaryDirectory(prefix="scrim-face-") as name:
        source, masks = Path(name) / "door.mp4", Path(name) / "masks"
        ffmpeg("-loop", "1", "-framerate", "10", "-i", PICTURE, "-t", "12",
               "-vf", f"{NEAR},noise=alls=8:allf=t,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast", source)
        scrim_ok("redact", source, Path(name) / "out.mp4", "--masks", masks)
        lines = read_masks(masks)
        live = [mask for mask in lines if not mask["opaque"]]
        expect(len(live) > len(lines) * 0.7, f"{len(lines) - len(live)} of {len(lines)} pictures are opaque")
        for mask in live:
            share = covered(mask["rects"], FACE)
            expect(share > 0.99, f"{share:.2f} of the face is covered in picture {mask['frame']}")
