#!/usr/bin/python3
"""What redacting live costs: a whole site, a quarter of whose cameras look at people walking, and what its veil takes
of the processor. Beside it, on the same streams: Debian's `motion`, which only detects; and decoding and encoding
alone, which nobody who makes one stream out of another can do without.

    BENCH_CAMERAS=42 BENCH_SECONDS=60 bench/live.py

Every camera has a main stream that is recorded (1920×1080, 25 pictures a second, 4 Mbit/s) and a sub stream that the
veil looks at (640×480, 10 pictures a second, 512 kbit/s: streams.py). Generator, recorder, keeper, desk and veil share
the machine. The run counts if nothing was shed, dropped or late. BENCH_MAIN=0 leaves the main streams out: the sub
stream is recorded then. Result: build/bench/live.json, and its figures in veil.json; docs/ref/bench.md says what the
names mean.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import streams
from benchkit import ROOT, save, update

sys.path.insert(0, str(ROOT / "tools"))

from loadkit import BUILD, Load, cost, has, tree  # noqa: E402
from recorder import FPS as MAIN_FPS, clip as main_clip  # noqa: E402
from sitekit import Failure, Site, start, stop, wait_for  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
CAMERAS = int(os.environ.get("BENCH_CAMERAS", "42"))
MAIN = os.environ.get("BENCH_MAIN", "1") != "0"
SETTLE_S = float(os.environ.get("BENCH_SETTLE", "20"))  # the scenes are new, and looked at more often
CORES = 2  # that the target speaks of
MOTION_S = 20
PICTURES = 200  # of each camera, decoded and encoded alone
USER, PASSWORD = "olga", "a password for the bench"
PARTS = {"scrim-veil": "veil", "scrim-recorder": "recorder", "scrim-keeper": "recorder", "scrimd": "desk"}
STAGES = ("decode", "motion", "detect", "mask", "render", "encode")
SPEAKER = re.compile(r" info (?:veil\.)?(\S+): ")
FIELD = re.compile(r"(\w+)=([\w.]+)")


class Subs:
    """The sub streams: one generator of busy cameras, one of quiet ones."""

    def __init__(self, cleanup):
        self.clips = {busy: clips for busy, clips in zip((True, False), streams.clips())}
        cameras = [streams.is_busy(camera) for camera in range(CAMERAS)]
        self.loads = {busy: Load(self.clips[busy], cameras.count(busy), fps=streams.FPS) for busy in set(cameras)}
        for load in self.loads.values():
            cleanup.callback(load.stop)
        self.places = [(busy, cameras[:camera].count(busy)) for camera, busy in enumerate(cameras)]

    def url(self, camera):
        busy, number = self.places[camera]
        return self.loads[busy].url(number)

    def stat(self, key):
        """Summed up over the generators; late_max_us since the last time."""
        return sum(load.stat()[key] for load in self.loads.values())

    def sent(self, camera):
        busy, number = self.places[camera]
        return self.loads[busy].stat(f"cam{number}")["sent"]

    def files(self):
        """The clip of each camera."""
        return [self.clips[busy][number % len(self.clips[busy])] for busy, number in self.places]


class Stage:
    """The site and its cameras."""

    def __init__(self, cleanup):
        self.work = Path(tempfile.mkdtemp(prefix="scrim-bench-", dir=os.environ.get("TMPDIR", "/tmp")))
        cleanup.callback(shutil.rmtree, self.work, ignore_errors=True)
        self.subs = self.mains = Subs(cleanup)
        if MAIN:
            self.mains = Load([main_clip()], CAMERAS, fps=MAIN_FPS)
            cleanup.callback(self.mains.stop)
        self.log_path = self.work / "site.log"
        self.log = open(self.log_path, "w")
        cleanup.callback(self.log.close)
        self.site = Site(self.work / "site", self.log)
        self.site.create([self.entry(camera) for camera in range(CAMERAS)])
        self.site.make_vault(self.work / "shares")
        self.site.add_user(USER, "operator", PASSWORD)

    def entry(self, camera):
        sub = {"sub": self.subs.url(camera)} if MAIN else {}
        return {"id": f"cam{camera}", "main": self.mains.url(camera), **sub, "transport": "tcp", "purpose": "bench"}

    def up(self, cleanup):
        self.site.up()
        cleanup.callback(self.site.down)
        desk = self.site.desk()
        wait_for("the desk", desk.answers, 60)
        desk.sign_in(USER, PASSWORD)
        wait_for("live pictures of all cameras",
                 lambda: all(c["veil"]["state"] == "live" for c in desk.get("/cameras")), 60 + 2 * CAMERAS)

    def pids(self, part):
        return tree(*(pid for pid, name in self.site.pids().items() if PARTS.get(name) == part))

    def generators(self):
        return [load.process.pid for load in [*self.subs.loads.values()] + [self.mains] * MAIN]

    def costs(self):
        found = {part: cost(self.pids(part)) for part in ("veil", "recorder", "desk")}
        return found | {"generator": cost(self.generators())}

    def figures(self, cameras=CAMERAS):
        """What the workers say of each camera and of themselves, now: ({camera: {name: value}}, [{name: value}]). Waits
        for so many cameras: of one that stands still the log does not take the same words again and again."""
        begun = self.log_path.stat().st_size
        workers = self.pids("veil")
        for pid in workers:
            os.kill(pid, signal.SIGUSR1)

        def said():
            """{worker: {name: value}}, {camera: {name: value}}; the last word counts, for they also speak unasked."""
            of_workers, of_cameras = {}, {}
            with open(self.log_path, errors="replace") as log:
                log.seek(begun)
                for line in log:
                    speaker, values = SPEAKER.search(line), dict(FIELD.findall(line))
                    if speaker and "divisor" in values:
                        of_workers[speaker[1]] = values
                    elif speaker and "packets" in values:
                        of_cameras[speaker[1]] = values
            return of_workers, of_cameras

        wait_for("figures of all workers and cameras",
                 lambda: len(said()[0]) == len(workers) and len(said()[1]) >= cameras, 20)
        of_workers, of_cameras = said()
        return of_cameras, [of_workers[name] for name in sorted(of_workers)]


def wait(seconds):
    begun = time.monotonic()
    wait_for("the window", lambda: time.monotonic() - begun >= seconds, seconds + 10)


def kinds(before, after, seconds):
    """Of busy and of quiet cameras: detector runs a second, and milliseconds of each stage a picture."""
    result = {}
    for kind, wanted in (("busy", True), ("quiet", False)):
        names = [f"cam{i}" for i in range(CAMERAS) if streams.is_busy(i) == wanted]

        def rise(key, scale=False):
            """Over the window; stage figures are means since the start."""
            weight = {n: (int(after[n]["sent"]), int(before[n]["sent"])) if scale else (1, 1) for n in names}
            return sum(float(after[n][key]) * weight[n][0] - float(before[n][key]) * weight[n][1] for n in names)

        pictures = rise("sent")
        result[f"detector_runs_per_s_{kind}"] = round(rise("detector_runs") / seconds / len(names), 2)
        result[f"pictures_per_s_{kind}"] = round(pictures / seconds / len(names), 2)
        for name in STAGES:
            result[f"{name}_ms_{kind}"] = round(rise(name, True) / pictures, 3)
    return result


def trouble(before, after, workers_before, workers):
    """What was not done though it should have been, as figures. All zero, or the run does not count."""
    def rise(key):
        return sum(int(after[name][key]) - int(before[name][key]) for name in after)

    return {
        "shed": rise("shed"), "dropped": rise("dropped"), "decode_errors": rise("errors"), "opaque": rise("opaque"),
        "steps_of_load": sum(int(b["steps"]) - int(a["steps"]) for a, b in zip(workers_before, workers)),
        "dark": sum(int(worker["dark"]) for worker in workers),
        "behind_ms": max(int(worker["behind_ms"]) for worker in workers),
    }


def measure(stage):
    stage.subs.stat("late_max_us")
    cameras_before, workers_before = stage.figures()
    before, begun = stage.costs(), time.monotonic()
    wait(SECONDS)
    after, seconds = stage.costs(), time.monotonic() - begun
    cameras, workers = stage.figures()
    used = {part: after[part] - before[part] for part in after}
    pictures = sum(int(cameras[c]["sent"]) - int(cameras_before[c]["sent"]) for c in cameras)
    minutes = CAMERAS * seconds / 60
    veil = used["veil"]
    result = {
        "cameras": CAMERAS,
        "cameras_busy": sum(streams.is_busy(i) for i in range(CAMERAS)),
        "seconds": round(seconds, 1),
        "pictures_per_s_of_camera": round(pictures / seconds / CAMERAS, 2),
        "veil_cores": round(veil.cpu / seconds, 3),
        "cpu_ms_per_frame": round(veil.cpu / pictures * 1000, 3),
        "veil_user_ms_per_frame": round(veil.user / pictures * 1000, 3),
        "veil_system_ms_per_frame": round(veil.system / pictures * 1000, 3),
        "veil_cpu_per_camera_minute_s": round(veil.cpu / minutes, 3),
        "veil_switches_per_frame": round(veil.switches / pictures, 2),
        "rss_mb_per_camera": round(veil.rss / 1e6 / CAMERAS, 2),
        "pss_mb_per_camera": round(veil.pss / 1e6 / CAMERAS, 2),
        **{f"{part}_cores": round(used[part].cpu / seconds, 3) for part in ("recorder", "desk", "generator")},
        "generator_late_ms": round(stage.subs.stat("late_max_us") / 1000),
        **kinds(cameras_before, cameras, seconds),
        **trouble(cameras_before, cameras, workers_before, workers),
    }
    result["cameras_by_cpu"] = int(CORES / (veil.cpu / seconds / CAMERAS))
    return result


# ---- Beside it


def motion_config(work, subs):
    """Of Debian's motion: it looks for motion in every stream and keeps nothing."""
    common = {
        "daemon": "off", "setup_mode": "off", "log_level": 4, "width": streams.WIDTH, "height": streams.HEIGHT,
        "framerate": streams.FPS, "picture_output": "off", "movie_output": "off", "snapshot_interval": 0,
        "stream_port": 0, "webcontrol_port": 0, "text_left": "", "text_right": "", "target_dir": work,
    }
    lines = [f"{key} {value}" for key, value in common.items() if value != ""]
    for camera in range(CAMERAS):
        path = work / f"camera-{camera}.conf"
        path.write_text(f"camera_id {camera + 1}\ncamera_name cam{camera}\nnetcam_url {subs.url(camera)}\n")
        lines.append(f"camera {path}")
    config = work / "motion.conf"
    config.write_text("\n".join(lines) + "\n")
    return config


def motion(work):
    """What `motion` takes for the same streams. It stands alone: both at once would not fit two cores."""
    if not has("motion"):
        print("live: Debian's motion is not installed: apt-get install motion", file=sys.stderr)
        return {}
    folder = work / "motion"
    folder.mkdir()
    with contextlib.ExitStack() as cleanup:
        subs = Subs(cleanup)
        log = cleanup.enter_context(open(folder / "log", "w"))
        process = start(["motion", "-n", "-c", motion_config(folder, subs)], stdout=log, stderr=log)
        cleanup.callback(stop, process)
        wait_for("motion to watch all cameras",
                 lambda: all(subs.sent(i) > 3 * streams.FPS for i in range(CAMERAS)), 120)
        wait(SETTLE_S / 2)
        before, sent, begun = cost([process.pid]), subs.stat("sent"), time.monotonic()
        wait(min(SECONDS, MOTION_S))
        used, sent = cost([process.pid]) - before, subs.stat("sent") - sent
        seconds = time.monotonic() - begun
    if sent < 0.98 * CAMERAS * streams.FPS * seconds:
        raise Failure("motion did not take all pictures")
    return {
        "motion_cpu_ms_per_frame": round(used.cpu / sent * 1000, 3),
        "motion_cores": round(used.cpu / seconds, 3),
        "motion_rss_mb_per_camera": round(used.rss / 1e6 / CAMERAS, 2),
    }


def recode(files):
    """Decoding and encoding alone, with the veil's decoder and encoder: bench/recode.c."""
    done = subprocess.run([BUILD / "recode", str(CAMERAS), str(PICTURES), *map(str, files)], check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def limits(result, files):
    alone = recode(files)
    both = alone["decode_ms"] + alone["encode_ms"]
    result |= {
        "decode_ms_per_frame": round(alone["decode_ms"], 3),
        "encode_ms_per_frame": round(alone["encode_ms"], 3),
        "cpu_ratio_vs_decode_plus_encode": round(result["cpu_ms_per_frame"] / both, 2),
    }
    if "motion_cpu_ms_per_frame" in result:
        result["cpu_ratio_vs_motion"] = round(result["cpu_ms_per_frame"] / result["motion_cpu_ms_per_frame"], 2)


def verdict(result):
    """Why the run does not count, or None."""
    for key in ("shed", "dropped", "decode_errors", "steps_of_load", "dark"):
        if result[key]:
            return f"{key} is {result[key]}"
    if result["pictures_per_s_of_camera"] < 0.98 * streams.FPS:
        return "pictures are missing"
    return None


def main():
    with contextlib.ExitStack() as cleanup:
        stage = Stage(cleanup)
        stage.up(cleanup)
        wait(SETTLE_S)
        result = measure(stage)
        stage.site.down()
        result |= motion(stage.work)
        limits(result, stage.subs.files())
    why = verdict(result)
    result["cameras_on_2_cores"] = min(CAMERAS - 1, result["cameras_by_cpu"]) if why else CAMERAS
    save("live", result, f"{CAMERAS} live cameras, 640×480 at 10 pictures a second, {result['cameras_busy']} with people walking")
    update("veil", {key: result[key] for key in (
        "cameras_on_2_cores", "cpu_ms_per_frame", "cpu_ratio_vs_decode_plus_encode", "cpu_ratio_vs_motion",
        "rss_mb_per_camera", "pss_mb_per_camera") if key in result})
    if why:
        print(f"live: this run does not count: {why}", file=sys.stderr)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
