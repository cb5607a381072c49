#!/usr/bin/python3
"""What redacting live costs: a whole site with cameras of people walking, and what its veil takes of the processor.

    BENCH_SECONDS=60 BENCH_CAMERAS=4 bench/live.py

Each camera has a sub stream of 640×480 and ten pictures a second, H.264. Beside it, in the same minute and at the same
pace, as many ffmpeg decode the same pictures and encode them again with the veil's settings: what remains of the work
when nobody is looked for and nothing is covered. Result: build/bench/live.json.
"""

import os
import sys
import time

from benchkit import ROOT, cpu_seconds, save

sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness import clip, stage, wait_for  # noqa: E402
from sitekit import start, stop  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
CAMERAS = int(os.environ.get("BENCH_CAMERAS", "4"))
USER, PASSWORD = "olga", "a password for the bench"
# src/media/encode.c
ENCODER = ["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "main", "-crf", "25",
           "-x264-params", "scenecut=0:sliced-threads=0:sync-lookahead=0", "-g", "20"]


def recode():
    """One ffmpeg that decodes and encodes at the pace of a camera."""
    return start(
        ["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-threads", "1", "-i", clip("people-sub"),
         "-threads", "1", *ENCODER, "-f", "null", "-"]
    )


def measure(site, others):
    workers = [pid for pid, name in site.pids().items() if name == "scrim-veil"]
    pids = workers + [p.pid for p in others]
    before = {pid: cpu_seconds(pid) for pid in pids}
    begun = time.monotonic()
    time.sleep(SECONDS)
    minutes = (time.monotonic() - begun) / 60 * CAMERAS
    used = {pid: cpu_seconds(pid) - before[pid] for pid in pids}
    ours, limit = (sum(used[pid] for pid in part) for part in (workers, pids[len(workers):]))
    return {
        "cameras": CAMERAS,
        "veil_cpu_per_camera_minute_s": round(ours / minutes, 3),
        "veil_cpu_pct_per_camera": round(ours / minutes / 60 * 100, 2),
        "recode_cpu_per_camera_minute_s": round(limit / minutes, 3),
        "veil_cpu_ratio_vs_recode": round(ours / limit, 2),
        "cameras_on_two_cores": int(2 * 60 / (ours / minutes)),
    }


def main():
    names = [f"cam{i}" for i in range(CAMERAS)]
    clips = {name: "people" for name in names} | {f"{name}-sub": "people-sub" for name in names}
    others = []
    with stage(clips, users={USER: ("operator", PASSWORD)}) as staged:
        site = staged.site
        site.up()
        desk = site.desk()
        wait_for("the desk", desk.answers, 30)
        desk.sign_in(USER, PASSWORD)
        wait_for("live pictures", lambda: all(desk.camera(n)["veil"]["state"] == "live" for n in names), 90)
        try:
            others = [recode() for _ in names]
            result = measure(site, others)
        finally:
            for other in others:
                stop(other)
    save("live", result, f"{CAMERAS} live cameras, 640×480 at 10 fps, people walking")
    return 0


if __name__ == "__main__":
    sys.exit(main())
