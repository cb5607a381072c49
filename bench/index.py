#!/usr/bin/python3
"""What a month of recordings costs a start: a million journal records of 24 cameras, the index made again from them,
and the site started beside them.

    BENCH_RECORDS=1000000 bench/index.py

In the same run, so that both see the same machine: what reading the journals and hashing their chain costs alone,
which no rebuild can avoid, the bare insertion of as many rows, and the start of the same site without a single record.
Everything is in the page cache. Result: build/bench/index.json.
"""

import contextlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchkit import ROOT, save

sys.path.insert(0, str(ROOT / "tools"))

from sitekit import Failure, Site, program, scrim_ok, wait_for  # noqa: E402

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
CAMERAS = 24
MONTH_MS = 30 * 24 * 3600 * 1000
JOURNALS = os.environ.get("BENCH_JOURNALS", ROOT / "build" / "meson" / "bench" / "journals")
USER, PASSWORD = "bench", "correct horse battery staple"


def make_site(directory):
    """24 cameras that nobody answers for: nothing is recorded meanwhile."""
    site = Site(directory)
    cameras = [
        {"id": f"camera-{i}", "main": f"rtsp://127.0.0.1:9/{i}", "purpose": "Benchmark",
         "retention_hours": 2000, "retention_reason": "Benchmark"}
        for i in range(CAMERAS)
    ]  # fmt: skip
    site.create(cameras, veil_workers=1)
    site.make_vault(Path(directory) / "shares")
    site.add_user(USER, "auditor", PASSWORD)
    return site


def timed(function):
    begun = time.monotonic()
    result = function()
    return time.monotonic() - begun, result


def child_cpu(function):
    """CPU seconds of the children that function waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, result = timed(function)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def insert_rows(directory, count):
    """Rows of the index's widest table, a day's in one transaction, as the index writes them."""
    database = sqlite3.connect(Path(directory) / "rows.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE segment(camera, seq, start_us, end_us, bytes, torn, file, PRIMARY KEY(camera, seq)) WITHOUT ROWID")
    each = count // CAMERAS
    for camera in range(CAMERAS):
        for first in range(0, each, 1440):
            rows = (
                (camera, seq, 1795428000000000 + seq, 1795428060000000 + seq, 30000000, 0, "2026-11-23/100000.mp4.age")
                for seq in range(first, min(first + 1440, each))
            )
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO segment VALUES(?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
    database.close()


def booted(site):
    """How often the recorder has journalled its start, over all cameras."""
    found = 0
    for camera in range(CAMERAS):
        journals = sorted((site.dir / "store" / f"camera-{camera}").glob("*/journal"))
        found += sum(j.read_bytes().count(b'"type":"boot"') for j in journals[-2:])
    return found


@contextlib.contextmanager
def running(site):
    """Seconds from `scrim up` until every camera has its recorder and the desk answers."""
    before = booted(site)
    begun = time.monotonic()
    site.up()
    try:
        desk = site.desk()
        wait_for("the desk", desk.answers, 60)
        desk_s = time.monotonic() - begun
        wait_for("the recorder", lambda: booted(site) >= before + CAMERAS, 60)
        yield desk_s, time.monotonic() - begun, desk
    finally:
        site.down()


def restart(site):
    """The second of two starts: the first makes a certificate, and reads what the recorder wrote at its own start."""
    with running(site):
        pass
    with running(site) as (desk_s, all_s, desk):
        desk.sign_in(USER, PASSWORD)
        now_ms = int(time.time() * 1000)
        path = f"/cameras/camera-0/timeline?from={now_ms - MONTH_MS}&to={now_ms}"
        times = sorted(timed(lambda: desk.get(path))[0] for _ in range(21))
    return desk_s, all_s, statistics.median(times)


def measure(base):
    empty, full = make_site(base / "empty"), make_site(base / "full")
    _, empty_s, empty_timeline_s = restart(empty)
    made_s, _ = timed(lambda: subprocess.run([JOURNALS, "write", full.dir, str(RECORDS)], check=True))
    floor = json.loads(subprocess.run([JOURNALS, "read", full.dir], check=True, capture_output=True).stdout)
    insert_s, _ = timed(lambda: insert_rows(base, RECORDS))
    rebuild_s, rebuild_cpu_s, said = child_cpu(lambda: scrim_ok("rebuild", full.dir))
    if not str(said).count(f"{RECORDS} records"):
        raise Failure(f"scrim rebuild read something else: {said}")
    desk_s, restart_s, timeline_s = restart(full)
    return {
        "records": floor["lines"],
        "journal_mb": round(floor["bytes"] / 1e6, 1),
        "index_mb": round((full.dir / "state" / "index.db").stat().st_size / 1e6, 1),
        "write_s": round(made_s, 1),
        "rebuild_s": round(rebuild_s, 2),
        "rebuild_cpu_s": round(rebuild_cpu_s, 2),
        "rebuild_target_s": 60,
        "read_s": floor["read_s"],
        "hash_s": floor["hash_s"],
        "insert_s": round(insert_s, 2),
        "rebuild_ratio_vs_floor": round(rebuild_s / (floor["read_s"] + floor["hash_s"] + insert_s), 2),
        "verify_us": floor["verify_us"],
        "restart_s": round(restart_s, 2),
        "restart_desk_s": round(desk_s, 2),
        "restart_empty_s": round(empty_s, 2),
        "restart_target_s": 2,
        "timeline_30d_ms": round(timeline_s * 1000, 2),
        "timeline_empty_ms": round(empty_timeline_s * 1000, 2),
        "timeline_target_ms": 10,
        "load_1m": round(os.getloadavg()[0], 2),
    }


def main():
    if not Path(JOURNALS).exists() or not Path(program("scrim")).exists():
        print("index: build it first: make", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="scrim-bench-") as base:
        try:
            result = measure(Path(base))
        except (Failure, subprocess.CalledProcessError) as why:
            print(f"index: {why}", file=sys.stderr)
            return 1
    save("index", result, f"{CAMERAS} cameras, {RECORDS} journal records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
