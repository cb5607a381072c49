#!/usr/bin/python3
"""The wall in one Chromium beside the server: 16 tiles at ten pictures a second of real veil film.

    make && bench/wall.py              build/bench/wall.json
    WALL_TILES=42 WALL_SECONDS=60 bench/wall.py

scrimd and the page are the real ones; the veil is a socket that sends, from 16 places of it, one film that
`scrim redact` made (640×480, H.264). Chromium decodes and draws without a GPU, as a small desk computer would at worst.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchkit import ROOT, cpu_seconds, save

sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "integration")]
import desk_kit  # noqa: E402
import sitekit  # noqa: E402
from sitekit import Failure, program  # noqa: E402

TILES = int(os.environ.get("WALL_TILES", 16))
SECONDS = int(os.environ.get("WALL_SECONDS", 30))
SOURCE = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"


class Film(desk_kit.Picture):
    """Twelve seconds as a veil makes them, for ever."""

    GOP = 20

    def __init__(self, work):
        plain, redacted, pieces = (work / f"{name}.mp4" for name in ("plain", "redacted", "pieces"))
        ffmpeg = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i"]
        subprocess.run([*ffmpeg, SOURCE, "-t", "12", "-vf", "fps=10,scale=640:480", plain], check=True)
        subprocess.run([program("scrim"), "redact", plain, redacted, "--no-text"], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(
            [*ffmpeg, redacted, "-c", "copy", "-an", "-video_track_timescale", str(self.TIMESCALE),
             "-movflags", "frag_every_frame+empty_moov+default_base_moof", pieces], check=True,
        )  # fmt: skip
        self.read(pieces)
        if len(self.parts) % self.GOP:
            raise Failure(f"a film of {len(self.parts)} frames does not repeat on a key frame")


def send(veil, film, cameras, ended):
    for camera in cameras:
        veil.init(camera, film)
        veil.state(camera, desk_kit.LIVE)
    begun, n = time.monotonic(), 0
    while not ended.wait(max(0, begun + n / film.FPS - time.monotonic())):
        for i, camera in enumerate(cameras):
            # Key frames of all cameras do not come in the same moment.
            at = n + i * 7
            veil.frame(camera, film, at, start_us=time.time_ns() // 1000 - film.pts_us(at))
        n += 1


def measure(work):
    desk_kit.CAMERAS = tuple(f"camera-{i + 1}" for i in range(TILES))
    film = Film(work)
    with desk_kit.desk() as daemon:
        recorder, veil, ended = desk_kit.Recorder(daemon), desk_kit.Veil(daemon), threading.Event()
        for camera in desk_kit.CAMERAS:
            recorder.status(camera)
        sender = threading.Thread(target=send, args=(veil, film, desk_kit.CAMERAS, ended))
        sender.start()
        try:
            shown = subprocess.Popen(
                ["node", ROOT / "bench" / "wall.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "SCRIM_URL": f"https://127.0.0.1:{daemon.site.port}/", "SCRIM_USER": "olga",
                     "SCRIM_PASSWORD": desk_kit.PASSWORD, "WALL_TILES": str(TILES), "WALL_SECONDS": str(SECONDS)},
            )  # fmt: skip
            if shown.stdout.readline().strip() != "begun":
                raise Failure("the wall did not come up: see above")
            cpu, begun = cpu_seconds(daemon.process.pid), time.monotonic()
            line = shown.stdout.readline()
            cpu = (cpu_seconds(daemon.process.pid) - cpu) / (time.monotonic() - begun)
            if shown.wait() != 0 or not line:
                raise Failure("the wall could not be measured: see above")
        finally:
            ended.set()
            sender.join()
        veil.close()
        recorder.close()
    return {**json.loads(line), "scrimd_cpu_pct": round(100 * cpu, 1)}


def main():
    try:
        with tempfile.TemporaryDirectory(prefix="scrim-bench-") as work:
            result = measure(Path(work))
    except Failure as failure:
        print(f"wall: {failure}", file=sys.stderr)
        return 1
    save("wall", result, f"{TILES} tiles in one Chromium")
    return 0


if __name__ == "__main__":
    sys.exit(main())
