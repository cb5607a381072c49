#!/usr/bin/python3
"""What recording and sealing costs: scrim-recorder with 16 cameras beside 16 × ffmpeg that copy the same streams
into unsealed segments, at the same time, so that both see the same machine.

Each camera is 1920×1080, 25 pictures a second, 4 Mbit/s of H.264 over TCP, with a key frame every two seconds. CPU
seconds are user and system time from /proc/PID/stat over the same window, which begins once everything records: the
start is not in it. Result: build/bench/recorder.json.

    BENCH_SECONDS=60 BENCH_CAMERAS=16 bench/recorder.py
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchkit import ROOT, cpu_seconds, save

sys.path.insert(0, str(ROOT / "tools"))

from sitekit import Cameras, Failure, Site, program, start, stop, wait_for  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
CAMERAS = int(os.environ.get("BENCH_CAMERAS", "16"))
CLIP_SECONDS, FPS, BITRATE = 20, 25, "4M"
FOOTAGE = ROOT / "build" / "bench" / "footage"


def clip():
    """Twenty seconds of a street with the grain that a real sensor has, at the bit rate wanted."""
    path = FOOTAGE / "recorder-1080p.mp4"
    if not path.exists():
        FOOTAGE.mkdir(parents=True, exist_ok=True)
        vtest = subprocess.run(
            ["bash", "-c", ". tools/vtest.sh && vtest_path"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()
        partial = path.with_suffix(".partial")
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", ROOT / vtest, "-t", str(CLIP_SECONDS), "-an",
             "-vf", f"fps={FPS},scale=1920:1080,noise=alls=6:allf=t,format=yuv420p", "-c:v", "libx264",
             "-preset", "ultrafast", "-profile:v", "main", "-bf", "0", "-g", str(2 * FPS), "-b:v", BITRATE,
             "-maxrate", BITRATE, "-bufsize", "2M", "-f", "mp4", partial],
            check=True,
        )
        partial.rename(path)
    return path


def context_switches(pid):
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                total += int(line.split()[1])
    return total


def start_ffmpeg(url, folder):
    folder.mkdir(parents=True)
    return start(
        ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "segment",
         "-segment_time", "60", folder / "%04d.mp4"]
    )


def recorded_bytes(folder, pattern):
    return sum(file.stat().st_size for file in folder.rglob(pattern))


def all_record(folder, pattern, wanted):
    """Every camera has a file that is not empty."""
    return len({f.parent for f in folder.rglob(pattern) if f.stat().st_size > 0}) >= wanted


def measure(work, cleanup):
    names = [f"cam{i}" for i in range(CAMERAS)]
    cameras = Cameras({name: clip() for name in names}, transport="tcp")
    cleanup.callback(cameras.stop)
    site = Site(work / "site")
    site.create([{"id": name, "name": name, "main": cameras.url(name), "purpose": "bench", "transport": "tcp"} for name in names])
    site.make_vault(work / "shares")

    recorder = start([program("scrim-recorder"), site.dir], stderr=open(work / "recorder.log", "w"))
    cleanup.callback(stop, recorder)
    # One after the other: GStreamer's server sometimes starves two clients that begin a stream together.
    wait_for("sealed bytes of every camera", lambda: all_record(site.dir / "store", "*.mp4.age", CAMERAS), 60)
    others = []
    for name in names:
        others.append(start_ffmpeg(cameras.url(name), work / "ffmpeg" / name))
        cleanup.callback(stop, others[-1])
    wait_for("a file of every ffmpeg", lambda: all_record(work / "ffmpeg", "*.mp4", CAMERAS), 60)

    switches = context_switches(recorder.pid)
    ours, theirs = cpu_seconds(recorder.pid), sum(cpu_seconds(p.pid) for p in others)
    begun = time.monotonic()
    wait_for("the window", lambda: time.monotonic() - begun >= SECONDS, SECONDS + 5)
    seconds = time.monotonic() - begun
    ours = cpu_seconds(recorder.pid) - ours
    theirs = sum(cpu_seconds(p.pid) for p in others) - theirs
    switches = context_switches(recorder.pid) - switches

    if stop(recorder) != 0:
        raise Failure("the recorder failed: " + (work / "recorder.log").read_text()[-1000:])
    for other in others:
        stop(other)
    gaps = [gap for name in names for gap in site.gaps(name)]
    if gaps:
        raise Failure(f"{len(gaps)} gaps in the recording, the first: {gaps[0]}")
    minutes = CAMERAS * seconds / 60
    return {
        "streams": CAMERAS,
        "seconds": round(seconds, 1),
        "cpu_ratio_vs_ffmpeg": round(ours / theirs, 3),
        "cpu_per_stream_minute_s": round(ours / minutes, 4),
        "ffmpeg_cpu_per_stream_minute_s": round(theirs / minutes, 4),
        "streams_per_core": int(60 / (ours / minutes)),
        "context_switches_per_stream_s": round(switches / CAMERAS / seconds, 1),
        "sealed_mbit_per_s": round(
            sum(s["bytes"] * 8 / (s["end_us"] - s["start_us"]) for name in names for s in site.segments(name)[:1]), 1
        ),
    }


def main():
    work = Path(tempfile.mkdtemp(prefix="scrim-bench-"))
    try:
        with contextlib.ExitStack() as cleanup:
            result = measure(work, cleanup)
    except Failure as failure:
        print(f"recorder: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    save("recorder", result, f"{CAMERAS} cameras of 1080p and 4 Mbit/s beside as many ffmpeg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
