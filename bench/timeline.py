#!/usr/bin/python3
"""What a month of all cameras costs when it is asked for in one answer: GET /timeline, the next event, a day's files.

    bench/timeline.py

42 cameras, 30 days, a segment and a redacted file each minute: 1.8 million of each. Some gaps a day on each camera,
and on three of them one every two minutes, as a loose plug makes them. The rows go straight into the index of a real
scrimd, which answers over TLS. "Cold" is the first question after the index was dropped from the page cache.
Result: build/bench/timeline.json.
"""

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchkit import ROOT, cpu_seconds, save

sys.path.insert(0, str(ROOT / "tools"))

from sitekit import Site, program, start, stop, wait_for  # noqa: E402

CAMERAS, DAYS, FLAPPING = 42, 30, 3
SECOND = 1_000_000
DAY_US = 86400 * SECOND
USER, PASSWORD = "bench", "correct horse battery staple"
CAUSES = range(7)


def make_site(directory):
    site = Site(directory)
    site.create(
        [{"id": f"camera-{i}", "main": f"rtsp://127.0.0.1:9/{i}", "purpose": "Benchmark", "retention_hours": 2000,
          "retention_reason": "Benchmark"} for i in range(CAMERAS)], veil_workers=1)  # fmt: skip
    site.add_user(USER, "operator", PASSWORD)
    return site


def gaps_of(camera, begin_us, chance):
    """(from, to, cause), oldest first."""
    if camera < FLAPPING:
        return [(begin_us + n * 120 * SECOND, begin_us + n * 120 * SECOND + 9 * SECOND, 1) for n in range(DAYS * 720)]
    at, gaps = begin_us, []
    while (at := at + int(chance.expovariate(4 / DAY_US))) < begin_us + DAYS * DAY_US - DAY_US // 24:
        length = int(min(chance.lognormvariate(3, 1.5), 3000) * SECOND)
        gaps.append((at, at + length, chance.choice(CAUSES)))
        at += length
    return gaps


def fill(database, begin_us):
    chance = random.Random(5)
    db = sqlite3.connect(database)
    db.execute("PRAGMA synchronous = OFF")
    ids = dict(db.execute("SELECT name, id FROM camera"))
    end_us = begin_us + DAYS * DAY_US
    for camera in range(CAMERAS):
        name = f"camera-{camera}"
        row = ids.get(name) or db.execute("INSERT INTO camera(name, prev) VALUES(?, zeroblob(32))", (name,)).lastrowid
        db.execute("UPDATE camera SET first_us = ?, last_us = ? WHERE id = ?", (begin_us, end_us, row))
        gaps = gaps_of(camera, begin_us, chance)
        db.executemany("INSERT INTO gap VALUES(?, ?, ?, ?, ?, 'no answer')",
                       ((row, a, n, b, cause) for n, (a, b, cause) in enumerate(gaps)))  # fmt: skip
        borders = [begin_us, *(t for gap in gaps for t in gap[:2]), end_us]
        for kind in (0, 1):
            db.executemany("INSERT INTO span VALUES(?, ?, ?, ?)",
                           ((row, kind, a, b) for a, b in zip(borders[::2], borders[1::2]) if b > a))  # fmt: skip
        minutes = range(begin_us, end_us, 60 * SECOND)
        db.executemany("INSERT INTO segment VALUES(?, ?, ?, ?, 30000000, 0, ?)",
                       ((row, n, a, a + 60 * SECOND, f"2026-01-01/{n:06}.mp4.age") for n, a in enumerate(minutes)))  # fmt: skip
        db.executemany("INSERT INTO archive VALUES(?, ?, ?, 0, 1500000, ?, 'video/mp4; codecs=\"avc1.42c016\"')",
                       ((row, a, a + 60 * SECOND, f"2026-01-01/{n:06}.mp4") for n, a in enumerate(minutes)))  # fmt: skip
        db.commit()
    db.close()


def drop(path):
    for file in (path, path.with_name(path.name + "-wal")):
        if file.exists():
            fd = os.open(file, os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def timed(desk, path):
    begun = time.monotonic()
    status, _, body = desk.request("GET", "/api/v1" + path)
    if status != 200:
        raise SystemExit(f"{path}: {status} {body[:200]}")
    return (time.monotonic() - begun) * 1000, len(body)


def main():
    results = {"cameras": CAMERAS, "days": DAYS}
    with tempfile.TemporaryDirectory(prefix="scrim-bench-") as work:
        site = make_site(Path(work) / "site")
        program_path = os.environ.get("SCRIM_SCRIMD") or program("scrimd")
        index = site.dir / "state" / "index.db"

        def run():
            web = {"SCRIM_WEB": os.environ.get("SCRIM_WEB", str(ROOT / "build" / "web"))}
            process = start([program_path, site.dir], stderr=subprocess.DEVNULL, env={**os.environ, **web})
            desk = site.desk()
            wait_for("the desk", desk.answers, 120)
            desk.sign_in(USER, PASSWORD)
            return process, desk

        process, _ = run()
        stop(process)
        end_us = int(time.time()) * SECOND
        fill(index, end_us - DAYS * DAY_US)
        results["index_mb"] = round(index.stat().st_size / 1e6)
        process, desk = run()
        end_ms = end_us // 1000
        month = f"from={end_ms - DAYS * 86_400_000}&to={end_ms}"
        hour = f"from={end_ms - 8 * 86_400_000}&to={end_ms - 8 * 86_400_000 + 3_600_000}"
        questions = {
            "timeline_month": f"/timeline?{month}&width=1600",
            "timeline_hour": f"/timeline?{hour}&width=1600",
            "event_next": f"/events?after={end_ms - 8 * 86_400_000}&limit=1",
            "event_before": f"/events?before={end_ms - 8 * 86_400_000}&limit=1",
            "recordings_day": f"/cameras/camera-7/recordings?from={end_ms - 86_400_000}&to={end_ms}",
        }
        for name, path in questions.items():
            drop(index)
            stop(process)
            process, desk = run()
            drop(index)
            cold, size = timed(desk, path)
            before = cpu_seconds(process.pid)
            warm = sorted(timed(desk, path)[0] for _ in range(30))
            results[f"{name}_cpu_ms"] = round((cpu_seconds(process.pid) - before) * 1000 / 30, 1)
            results |= {f"{name}_cold_ms": round(cold, 1), f"{name}_ms": round(statistics.median(warm), 1),
                        f"{name}_p95_ms": round(warm[28], 1), f"{name}_kb": round(size / 1000)}  # fmt: skip
            print(name, results[f"{name}_cold_ms"], results[f"{name}_ms"], results[f"{name}_cpu_ms"], results[f"{name}_kb"], "kB", flush=True)
        stop(process)
    save("timeline", results, "a month of 42 cameras")


if __name__ == "__main__":
    main()
