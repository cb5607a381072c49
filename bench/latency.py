#!/usr/bin/python3
"""Live latency, glass to glass: from the moment the camera sends a frame to the moment the operator's browser
shows its redacted picture. Recorder, veil (with its half second of look-ahead), desk, TLS, player: all real.

The clock in the picture is its brightness, see clock_clip.py. Each step of it that the browser shows is
compared with the moment the simulator sent the frame in which it happened. Beside it the same veil looks after
BENCH_CAMERAS (12) cameras of people walking. Result: build/bench/latency.json, and its median in veil.json.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import clock_clip
from benchkit import ROOT, save, update

sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness import FOOTAGE, stage, vtest, wait_for  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
OTHERS = int(os.environ.get("BENCH_CAMERAS", "12"))
STEP_MIN = 2.5  # brightness levels between two stairs, well above noise
USER, PASSWORD = "olga", "a password for the bench"


def clock():
    path = FOOTAGE / "clock.mp4"
    if not path.exists():
        FOOTAGE.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, ROOT / "bench" / "clock_clip.py", vtest(), path], check=True)
    return path


def watch(site, cameras):
    """([(ms, brightness)], moments in ms at which the clip began)."""
    begun, done = set(), threading.Event()

    def note_starts():
        while not done.wait(0.5):
            begun.add(cameras.stat("clock-sub")["loop_utc_us"] / 1000)

    noter = threading.Thread(target=note_starts)
    noter.start()
    try:
        shown = subprocess.run(
            ["node", ROOT / "bench" / "latency.mjs"], check=True, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "SCRIM_URL": f"https://127.0.0.1:{site.port}/", "SCRIM_USER": USER,
                 "SCRIM_PASSWORD": PASSWORD, "SCRIM_SECONDS": str(SECONDS)},
        ).stdout
    finally:
        done.set()
        noter.join()
    return [tuple(map(float, line.split())) for line in shown.splitlines()], sorted(begun)


def observed_steps(frames):
    """(ms, place in the cycle of stairs) for each step seen; none before the first turn tells the place."""
    edges = []
    for (_, before), (ms, after) in zip(frames, frames[1:]):
        if abs(after - before) >= STEP_MIN:
            edges.append((ms, after > before))
    place, last = None, None
    up = len(clock_clip.LEVELS) - 1  # steps from the bottom to the top
    for ms, rising in edges:
        if last is not None and rising != last:
            place = 0 if rising else up
        elif place is not None:
            place += 1
        last = rising
        if place is not None and (place < up) == rising:
            yield ms, place % len(clock_clip.STAIRS)


def sent_steps(begun, until):
    """The same for what the simulator sent."""
    frame_ms = 1000 / clock_clip.FPS
    for index, start in enumerate(begun):
        end = begun[index + 1] if index + 1 < len(begun) else until
        for frame in range(0, clock_clip.FRAMES, clock_clip.STEP_FRAMES):
            ms = start + frame * frame_ms
            stair = frame // clock_clip.STEP_FRAMES
            if ms < end:
                yield ms, (stair - 1) % len(clock_clip.STAIRS)


def latencies(frames, begun):
    sent = list(sent_steps(begun, frames[-1][0]))
    for seen_ms, place in observed_steps(frames):
        earlier = [ms for ms, p in sent if p == place and ms <= seen_ms]
        if earlier:
            yield seen_ms - max(earlier)


def main():
    clock()
    clips = {"clock": "people", "clock-sub": "clock"}
    for i in range(OTHERS):
        clips |= {f"other{i}": "people", f"other{i}-sub": "people-sub"}
    with stage(clips, users={USER: ("operator", PASSWORD)}) as staged:
        site = staged.site
        site.up()
        desk = site.desk()
        wait_for("the desk", desk.answers, 30)
        desk.sign_in(USER, PASSWORD)
        wait_for("a live picture", lambda: desk.camera("clock")["veil"]["state"] == "live", 60)
        frames, begun = watch(site, staged.cameras)
    found = sorted(latencies(frames, begun))
    if len(found) < SECONDS / 2:
        print(f"latency: only {len(found)} steps of the clock were seen", file=sys.stderr)
        return 1

    def quantile(share):
        return round(found[min(int(len(found) * share), len(found) - 1)])

    result = {
        "cameras": 1 + OTHERS,
        "steps": len(found),
        "frames_shown": len(frames),
        "latency_ms_p50": quantile(0.5),
        "latency_ms_p95": quantile(0.95),
        "latency_ms_max": round(found[-1]),
        "target_ms": 1500,
    }
    update("veil", {"latency_p50_ms": result["latency_ms_p50"]})
    save("latency", result, "live latency, glass to glass (camera sends → browser shows, redacted, 640×480, 10 fps)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
