#!/usr/bin/python3
"""What recording and sealing costs: scrim-recorder and scrim-keeper beside one ffmpeg per camera that copies the same
streams into unsealed segments, and then alone with more and more cameras, as far as this machine goes.

Each camera (scrim-camload) is 1920×1080, 25 pictures a second, 4 Mbit/s of H.264 over TCP, with a key frame every two
seconds. CPU is user and system time of all processes of a kind over the same window, which begins once everything
records. A run counts only if nothing was lost: no gap, and as many pictures sealed as were sent.
Result: build/bench/recorder.json; docs/ref/bench.md says what its names mean.

    BENCH_SECONDS=60 BENCH_SCALES="16 64 128 335" BENCH_MAX=1 bench/recorder.py

BENCH_MAX=0 leaves out the search for cameras_max.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchkit import OUT, ROOT, save

sys.path.insert(0, str(ROOT / "tools"))

from loadkit import (  # noqa: E402
    BUILD, Load, Recorder, bench_cameras, cost, encode, has, system_call_rate, system_calls, wait_until_all_record,
    wait_until_drained,
)
from sitekit import Failure, Site, start, stop, wait_for  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
SCALES = [int(n) for n in os.environ.get("BENCH_SCALES", "16 64 128 335").split()]
SEARCH = os.environ.get("BENCH_MAX", "1") != "0"
LOOK_S = 5  # at system calls
FPS, MBIT = 25, 4
LATE_US = 500_000  # a generator that is later than this did not get the CPU it needs


def clip():
    """Twenty seconds of a street with the grain that a real sensor has, at the bit rate wanted."""
    vtest = subprocess.run(
        ["bash", "-c", ". tools/vtest.sh && vtest_path"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    return encode(OUT / "footage" / "recorder-1080p.h264", ROOT / vtest, 20, "1920:1080", FPS, f"{MBIT}M")


class Stage:
    """Cameras, a site that records them, and whoever else copies them."""

    def __init__(self, cameras, cleanup):
        self.cameras = cameras
        # On a disk, as a site's store is.
        self.work = Path(tempfile.mkdtemp(prefix="scrim-bench-", dir=os.environ.get("TMPDIR", "/tmp")))
        cleanup.callback(shutil.rmtree, self.work, ignore_errors=True)
        self.load = Load([clip()], cameras, fps=FPS)
        cleanup.callback(self.load.stop)
        self.site = Site(self.work / "site")
        self.entries = bench_cameras(self.load, cameras, transport="tcp")
        self.site.create(self.entries)
        self.site.make_vault(self.work / "shares")
        self.recorder = Recorder(self.site, open(self.work / "recorder.log", "w"))
        cleanup.callback(self.recorder.stop)
        self.others = []
        wait_until_all_record(self.site, self.entries, 30 + cameras / 4)
        self.since_us = time.time_ns() // 1000  # what was before belongs to the start

    def add_ffmpeg(self, cleanup):
        for number in range(self.cameras):
            folder = self.work / "ffmpeg" / str(number)
            folder.mkdir(parents=True)
            self.others.append(start(
                ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", self.load.url(number), "-c",
                 "copy", "-f", "segment", "-segment_time", "60", folder / "%04d.mp4"]
            ))
            cleanup.callback(stop, self.others[-1])
        wait_for(
            "a file of every ffmpeg",
            lambda: len({f.parent for f in (self.work / "ffmpeg").glob("*/*") if f.stat().st_size > 0}) == self.cameras,
            60,
        )

    def window(self, seconds):
        """(cost of the recorder, of ffmpeg, of the generator, seconds, what the generator said at the end)"""
        def look():
            return self.recorder.cost(), cost([p.pid for p in self.others]), cost([self.load.process.pid])

        self.load.stat()
        before, begun = look(), time.monotonic()
        wait_for("the window", lambda: time.monotonic() - begun >= seconds, seconds + 5)
        after, seconds = look(), time.monotonic() - begun
        return *(a - b for a, b in zip(after, before)), seconds, self.load.stat()

    def packets_per_s(self, seconds):
        """To one viewer of each camera."""
        viewers = 2 if self.others else 1
        before = self.load.stat()["packets"]
        begun = time.monotonic()
        wait_for("packets", lambda: time.monotonic() - begun >= seconds, seconds + 5)
        return (self.load.stat()["packets"] - before) / viewers / (time.monotonic() - begun)

    def end(self):
        """Stops in an order that leaves nothing on the way, and says what was lost: a sentence, or None."""
        for other in self.others:
            stop(other)
        self.until_us = time.time_ns() // 1000  # what is missed from here on was never sent
        self.load.command("freeze * 1")
        sent = [self.load.stat(f"cam{i}") for i in range(self.cameras)]
        wait_until_drained(self.site, 60)
        if self.recorder.stop() != 0:
            return "the recorder failed: " + (self.work / "recorder.log").read_text()[-500:]
        return self.verdict(sent)

    def verdict(self, sent):
        for number, entry in enumerate(self.entries):
            records = self.site.records(entry["id"])
            gaps = [r for r in records if r["type"] == "gap" and r["end_us"] > self.since_us and r["start_us"] < self.until_us]
            segments = [r for r in records if r["type"] == "segment"]
            lost = sum(r.get("lost", 0) for r in segments)
            if gaps or lost:
                return f"{entry['id']}: {len(gaps)} gaps, {lost} pictures lost" + (f": {gaps[0]['detail']}" if gaps else "")
            if sent[number]["skipped"]:
                return f"{entry['id']}: the recorder was too slow to read, and the camera dropped pictures"
            # To others went the same pictures once more.
            if not self.others and sum(s["frames"] for s in segments) != sent[number]["sent"]:
                return f"{entry['id']}: {sent[number]['sent']} sent, {sum(s['frames'] for s in segments)} sealed"
        return None


def figures(prefix, used, cameras, seconds):
    minutes = cameras * seconds / 60
    return {
        f"{prefix}cpu_per_stream_minute_s": round(used.cpu / minutes, 4),
        f"{prefix}user_per_stream_minute_s": round(used.user / minutes, 4),
        f"{prefix}system_per_stream_minute_s": round(used.system / minutes, 4),
        f"{prefix}context_switches_per_stream_s": round(used.switches / cameras / seconds, 1),
        f"{prefix}processes": used.processes,
        f"{prefix}threads": used.threads,
        f"{prefix}descriptors": used.descriptors,
        f"{prefix}rss_mb_per_camera": round(used.rss / 1e6 / cameras, 2),
        f"{prefix}pss_mb_per_camera": round(used.pss / 1e6 / cameras, 2),
    }


def looked_at(stage, pids, prefix):
    """System calls and bytes over the border of the kernel, per packet."""
    result = {}
    rate = system_call_rate(pids, LOOK_S)
    packets = stage.packets_per_s(4)
    if rate is not None:
        result[f"{prefix}syscalls_per_s"] = round(rate)
        result[f"{prefix}syscalls_per_packet"] = round(rate / packets, 3)
    if has("strace"):
        seen = system_calls(pids, LOOK_S, stage.work)
        passed = packets * seen["seconds"]
        if rate is None:
            result[f"{prefix}syscalls_per_packet"] = round(sum(seen["calls"].values()) / passed, 3)
        result[f"{prefix}bytes_in_per_packet"] = round(seen["in"] / passed)
        result[f"{prefix}bytes_out_per_packet"] = round(seen["out"] / passed)
        result[f"{prefix}syscalls_by_name"] = dict(list(seen["calls"].items())[:12])
    return result


def beside_ffmpeg(cameras):
    with contextlib.ExitStack() as cleanup:
        stage = Stage(cameras, cleanup)
        stage.add_ffmpeg(cleanup)
        ours, theirs, load, seconds, said = stage.window(SECONDS)
        result = {
            "streams": cameras,
            "seconds": round(seconds, 1),
            "cpu_ratio_vs_ffmpeg": round(ours.cpu / theirs.cpu, 3),
            "streams_per_core": int(60 / (ours.cpu / (cameras * seconds / 60))),
            **figures("", ours, cameras, seconds),
            **figures("ffmpeg_", theirs, cameras, seconds),
            "generator_cores": round(load.cpu / seconds, 3),
            "generator_late_max_ms": round(said["late_max_us"] / 1000),
            **looked_at(stage, stage.recorder.pids(), ""),
            **looked_at(stage, [p.pid for p in stage.others], "ffmpeg_"),
        }
        lost = stage.end()
        if lost:
            raise Failure(f"with {cameras} cameras: {lost}")
        result["sealed_mbit_per_s"] = round(
            sum(s["bytes"] * 8 / (s["end_us"] - s["start_us"]) for e in stage.entries for s in stage.site.segments(e["id"])[:1]), 1
        )
        return result


def alone(cameras, seconds):
    """(what was lost or None, figures)"""
    with contextlib.ExitStack() as cleanup:
        try:
            stage = Stage(cameras, cleanup)
            used, _, load, seconds, said = stage.window(seconds)
            result = {
                **figures(f"n{cameras}_", used, cameras, seconds),
                f"n{cameras}_cores": round(used.cpu / seconds, 3),
                f"n{cameras}_generator_cores": round(load.cpu / seconds, 3),
                f"n{cameras}_generator_late_max_ms": round(said["late_max_us"] / 1000),
            }
            lost = stage.end()
            if not lost and said["late_max_us"] > LATE_US:
                lost = "the generator did not get the CPU it needs"
            return lost, result
        except Failure as failure:
            return str(failure), {}


def most(works, fails):
    """How many cameras record without any loss: between one number that does and one that may not."""
    tried = {}

    def good(cameras):
        lost, tried[cameras] = alone(cameras, min(SECONDS, 30))
        print(f"  {cameras} cameras: {lost or 'nothing lost'}", flush=True)
        return not lost

    while fails is None:
        more = works * 5 // 4
        if good(more):
            works = more
        else:
            fails = more
    while fails - works > max(4, works // 20):
        middle = (works + fails) // 2
        if good(middle):
            works = middle
        else:
            fails = middle
    return works


def overhead_cpu(program, vault, clip_with_delimiters, cameras, seconds):
    """CPU seconds of mux, seal and write for a vault of (k, n)."""
    with tempfile.TemporaryDirectory(prefix="scrim-seal-", dir=os.environ.get("TMPDIR", "/tmp")) as work:
        site = Site(Path(work) / "site")
        site.create([{"id": f"cam{i}", "main": "rtsp://127.0.0.1/x", "purpose": "bench"} for i in range(cameras)])
        site.make_vault(Path(work) / "shares", vault[0], [f"h{i}" for i in range(vault[1])])
        done = subprocess.run(
            [BUILD / program, site.dir, clip_with_delimiters, str(seconds)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Failure(f"{program}: {done.stderr.strip()}")
        return json.loads(done.stdout)


VAULTS = {"2_of_2": (2, 2), "3_of_5": (3, 5), "10_of_20": (10, 20)}  # a vault has at least two holders


def seal_overhead(recorder_cpu_per_minute):
    """What sealing adds to the recorder, in process and as a share of its whole CPU with 16 cameras."""
    delimited = OUT / "footage" / "recorder-aud.h264"
    if not delimited.exists():
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip(), "-c", "copy", "-bsf:v", "h264_metadata=aud=insert",
             delimited], check=True,
        )
    cameras, seconds, rounds = 4, 120, 5
    minutes = cameras * seconds / 60
    result, overheads = {}, []

    def least(program, vault):
        return min(overhead_cpu(program, vault, delimited, cameras, seconds)["cpu_s"] for _ in range(rounds)) / minutes

    plain = least("seal_overhead_plain", (2, 3))
    result["unsealed_in_process_cpu_per_stream_minute_s"] = round(plain, 4)
    for name, vault in VAULTS.items():
        sealed = least("seal_overhead", vault)
        result[f"sealed_{name}_in_process_cpu_per_stream_minute_s"] = round(sealed, 4)
        if recorder_cpu_per_minute:
            cost_of_seal = max(sealed - plain, 0)
            overheads.append(100 * cost_of_seal / (recorder_cpu_per_minute - cost_of_seal))
            result[f"seal_overhead_{name}_pct"] = round(overheads[-1], 2)
    if overheads:
        result["seal_overhead_pct"] = round(max(overheads), 2)
    return result


def earlier():
    """What other benches found before, under the names that the issue has for it."""
    found = {}
    for name, keys in {
        "index": {"rebuild_s": "rebuild_1m_s", "restart_s": "restart_1m_s", "timeline_30d_ms": "timeline_30d_ms"},
        "soak": {f"soak_frames_{w}": f"soak_frames_{w}" for w in ("sent", "sealed", "lost", "unaccounted")},
    }.items():
        path = OUT / f"{name}.json"
        values = json.loads(path.read_text()) if path.exists() else {}
        found |= {ours: values[theirs] for theirs, ours in keys.items() if theirs in values}
    return found


def main():
    result = {}
    works, fails = 0, None
    try:
        if 16 in SCALES:
            result = beside_ffmpeg(16)
            works = 16
        for cameras in sorted(set(SCALES) - {16}):
            lost, part = alone(cameras, SECONDS)
            print(f"  {cameras} cameras: {lost or 'nothing lost'}", flush=True)
            result |= part
            if lost:
                result[f"n{cameras}_lost"] = lost
                fails = fails or cameras
            elif not fails:
                works = cameras
        if SEARCH and works:
            works = most(works, fails)
        largest = f"n{works}_"
        result["cameras_max"] = works
        for name in ("rss_mb_per_camera", "pss_mb_per_camera"):
            result[name] = result.get(largest + name, result.get(name))
        result |= seal_overhead(result.get("cpu_per_stream_minute_s"))
    except Failure as failure:
        print(f"recorder: {failure}", file=sys.stderr)
        return 1
    save("recorder", result | earlier(), "scrim-recorder at 1080p and 4 Mbit/s a camera, beside as many ffmpeg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
