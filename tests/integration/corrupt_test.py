"""Damaged films through a camera of the veil (tests/corrupt): what is not whole is opaque."""

import os
import subprocess
from pathlib import Path

from harness import FOOTAGE, ROOT, expect, ffmpeg, probe, test, vtest

PROGRAM = Path(os.environ.get("SCRIM_TESTS", ROOT / "build" / "meson" / "tests")) / "corrupt"
X264 = ["-c:v", "libx264", "-preset", "veryfast", "-x264-params"]
X265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"]
X265_SAME = "keyint=20:min-keyint=20:scenecut=0:repeat-headers=1:log-level=error"

# name: (size, encoder). Slices, profiles with either entropy coding, pictures that come out of order, a second size,
# and H.265 with a hash of each picture.
FILMS = {
    "main.h264": ("640:480", ["-profile:v", "main", "-bf", "0", "-g", "20", *X264, "slices=4:scenecut=0"]),
    "baseline.h264": ("640:480", ["-profile:v", "baseline", "-g", "30", *X264, "scenecut=0"]),
    "reordered.h264": ("640:480", ["-bf", "2", "-refs", "3", "-g", "20", *X264, "scenecut=0:open-gop=1"]),
    "small.h264": ("320:240", ["-bf", "0", "-g", "20", *X264, "scenecut=0"]),
    "plain.h265": ("640:480", [*X265, f"{X265_SAME}:bframes=0:open-gop=0"]),
    "reordered.h265": ("640:480", [*X265, f"{X265_SAME}:bframes=3:open-gop=1"]),
    "hashed.h265": ("640:480", [*X265, f"{X265_SAME}:bframes=0:open-gop=0:hash=1"]),
}
FILTERS = {
    ".h264": ("h264_mp4toannexb,h264_metadata=aud=insert", "h264"),
    ".h265": ("hevc_mp4toannexb,hevc_metadata=aud=insert", "hevc"),
}


def film(name):
    """The byte stream of a film, its times beside it (NAME.pts); made when it is first needed."""
    path = FOOTAGE / "corrupt" / name
    times = path.with_name(f"{name}.pts")
    if not times.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        size, encoder = FILMS[name]
        filters, form = FILTERS[path.suffix]
        container = path.with_suffix(".mp4")
        ffmpeg("-ss", "10", "-t", "15", "-i", vtest(), "-an", "-r", "10", "-vf", f"scale={size},format=yuv420p",
               *encoder, container)
        ffmpeg("-i", container, "-c", "copy", "-bsf:v", filters, "-f", form, path)
        times.write_text(probe(container, "packet=pts_time") + "\n")
        container.unlink()
    return path


def play(names, seconds, seed):
    """Runs the films with all damages; its figures."""
    done = subprocess.run(
        [PROGRAM, str(seconds), str(seed), *map(film, names)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={"SCRIM_MODELS": str(ROOT / "build" / "models"), **os.environ}, timeout=seconds * 4 + 600,
    )
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    expect(done.returncode == 0, f"status {done.returncode}: something was shown that should not be, or nothing at all")


@test("units lost, swapped, cut, flipped, of other films, other parameter sets: nothing damaged is shown")
def damaged():
    play(["main.h264", "plain.h265", "hashed.h265"], 10, 1)


@test("the decoder over damaged films, for long", soak=True)
def damaged_for_long():
    play(FILMS, int(os.environ.get("SOAK_SECONDS", "3600")), int.from_bytes(os.urandom(3), "big"))
