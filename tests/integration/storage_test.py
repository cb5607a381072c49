"""Storage that is admitted: a site that its disks cannot hold does not start, one that outgrows them goes on
without a gap, and nothing that is held goes."""

import contextlib
import json
import os
import subprocess
import time

from harness import Skip, expect, expect_failure, stage, test
from sitekit import scrim, scrim_ok, utc_text, wait_for


@contextlib.contextmanager
def small_disk(path, size):
    """A file system of its own, of so many bytes."""
    if os.geteuid() != 0:
        raise Skip("mounting a small disk needs root")
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        raise Skip(f"mount: {mounted.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def configure(staged, entries, disk=None):
    staged.site.configure(entries)
    if disk:
        with open(staged.site.dir / "scrim.yaml", "a") as file:
            file.write(f"disks:\n  - {{id: bay1, path: {disk}, reserve_mb: 10}}\n")


def status(site):
    with contextlib.suppress(OSError, ValueError):
        return json.loads((site.dir / "run" / "storage.json").read_text())
    return None


def loaded_status(site):
    told = status(site)
    return told if told and not told["loading"] else None


def refused_status(site):
    told = loaded_status(site)
    return told if told and not told["admission"]["ok"] else None


@test("a retention that the disks cannot hold is refused with the arithmetic, and nothing starts")
def refused():
    with stage({"quay": "people"}) as staged:
        # A petabyte; a reason, because it is long.
        entry = staged.entry("quay", expected_mbit=100, retention_hours=22000, retention_reason="a test")
        configure(staged, [entry])
        result = scrim("admit", staged.site.dir)
        expect_failure(result, "needed 1.2 PB", "or add")
        for words in ("quay", "100.00 Mbit/s (expected_mbit)", "22000 h", "reserve", "used by others", "refused:"):
            expect(words in result.out, f"the arithmetic does not say {words!r}:\n{result.out}")
        expect_failure(scrim("up", staged.site.dir), "too small", "scrim admit")

        configure(staged, [staged.entry("quay")])
        expect("admitted: " in scrim_ok("admit", staged.site.dir).out, "a small retention is not admitted")
        staged.site.up()
        staged.wait_until_recording("quay")
        told = wait_for("the status of the storage", lambda: loaded_status(staged.site))
        expect(told["admission"]["ok"], f"not admitted: {told['admission']}")

        # A new configuration that does not fit is not taken over, and recording goes on.
        configure(staged, [entry])
        staged.site.process.send_signal(1)
        staged.wait_for_log("scrim.yaml is not taken over")
        staged.wait_until_recording("quay")
        expect(not staged.site.gaps("quay"), "there is a gap")


def filled(cameras, disk_bytes, segment_seconds=None):
    """Cameras fill a disk until it was purged twice. `segment_seconds`: the cameras' clocks jump so often, which ends
    a segment early and loses nothing."""
    with stage({name: "noise" for name in cameras}) as staged, small_disk(staged.dir / "bay1", disk_bytes) as disk:
        site = staged.site
        # Admitted at 0.1 Mbit/s each; they send a hundred times as much.
        configure(staged, [staged.entry(name, expected_mbit=0.1, retention_hours=1) for name in cameras], disk)
        site.up()
        least, jump_at = disk_bytes, time.monotonic()

        def two_purges():
            nonlocal least, jump_at
            room = os.statvfs(disk)
            least = min(least, room.f_bavail * room.f_frsize)
            if segment_seconds and time.monotonic() > jump_at + segment_seconds:
                jump_at = time.monotonic()
                for name in cameras:
                    staged.cameras.command(f"tsjump {name} 5000")
            purges = [r for name in cameras for r in site.records(name) if r["type"] == "purge"]
            return len({r["detail"] for r in purges}) >= 2

        wait_for("two purges", two_purges, 200)
        told = wait_for("a status that says that it does not fit", lambda: refused_status(site))
        expect("add" in told["admission"]["text"], f"{told['admission']}")
        bay = next(d for d in told["disks"] if d["id"] == "bay1")
        expect(bay["fills_at_us"] and bay["fills_at_us"] < time.time() * 1e6 + 3600e6, f"no forecast: {bay}")
        staged.wait_for_log("the disks have become too small")
        site.down()

        expect(least > 1_000_000, f"the disk had {least} bytes left")
        for name in cameras:
            check_purged(site, disk, name)
        findings = site.check()["findings"]
        expect(not findings, f"scrim check: {findings}")


def check_purged(site, disk, camera):
    """Nothing was lost to the disk, and each purge names what is gone."""
    gaps = [g for g in site.gaps(camera) if g["cause"] == "disk"]
    expect(not gaps, f"gaps: {gaps}")
    purges = [r for r in site.records(camera) if r["type"] == "purge"]
    segments = site.segments(camera)
    for purge in purges:
        # The first segment that stayed may begin a little before the last that went ends: how long the picture before
        # an interruption lasts is a guess.
        gone = [s for s in segments if purge["start_us"] <= s["start_us"] and s["end_us"] <= purge["end_us"]]
        expect(purge["cause"] == "disk" and "bay1" in purge["detail"], f"{purge}")
        expect(len(gone) == purge["segments"] > 0, f"{purge['segments']} segments, {len(gone)} in its time")
        for segment in gone:
            expect(not (disk / camera / segment["file"]).exists(), f"{segment['file']} is still there")


@test("a disk that fills is purged ahead of need: no gap, a record for what went, and a forecast")
def purged():
    filled(["quay", "gate"], 380_000_000, segment_seconds=6)


@test("a disk that fills is purged ahead of need, minute by minute", soak=True)
def purged_by_the_minute():
    filled(["quay"], 200_000_000)


@test("a legal hold is placed, keeps what it names from being shredded, is listed and released")
def held():
    with stage({"quay": "people"}) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        now_us = int(time.time() * 1e6)
        times = ["--from", utc_text(now_us - 7200_000_000), "--to", utc_text(now_us)]
        hold = ["hold", site.dir, "--camera", "quay", *times]
        expect(scrim(*hold).status == 2, "a hold without a reason")
        expect_failure(scrim("hold", site.dir, "--camera", "none", *times, "--reason", "x"), "no camera 'none'")
        said = scrim_ok(*hold, "--reason", "court order 17").out
        expect("hold 1 is placed: it keeps 1 recordings of quay" in said, said)

        # The hour before last has a key if the test began early in an hour; make sure of one.
        site.down()
        listed = scrim_ok("hold", "list", site.dir).out
        expect("court order 17" in listed and "quay" in listed, listed)
        told = scrim("shred", site.dir, "--camera", "quay", *times, "--reason", "by mistake", "--yes")
        expect_failure(told, "legal hold 1", "court order 17")
        expect_failure(scrim("hold", "release", site.dir, 2, "--reason", "x"), "no hold 2")
        scrim_ok("hold", "release", site.dir, 1, "--reason", "the court is done")
        expect("the court is done" in scrim_ok("hold", "list", site.dir).out, "it does not say why it ended")
        expect_failure(scrim("hold", "release", site.dir, 1, "--reason", "x"), "already")
