"""Many cameras at once (scrim-camload), the recorder by itself, what it costs, and the account of every picture.

For the benches and the soak. Standard library only.
"""

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from sitekit import ROOT, Failure, program, start, stop, wait_for

TICKS = os.sysconf("SC_CLK_TCK")
BUILD = Path(os.environ.get("SCRIM_BENCH_PROGRAMS", ROOT / "build" / "meson" / "bench"))
SENT, CUT, UNSENT, SKIPPED = range(4)  # sim/load/ledger.h
DAMAGED, UDP = 2, 4
CLOCK_SLACK_US = 100_000  # what a journal's times may be off


# ---- Cameras


def encode(path, source, seconds, size, fps, bitrate, codec="h264", noise=6):
    """A byte stream file for scrim-camload, made once: `source` with the grain of a sensor, a key frame every 2 s."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    coder = {
        "h264": ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-bf", "0", "-g", 2 * fps,
                 "-b:v", bitrate, "-maxrate", bitrate, "-bufsize", bitrate],
        "h265": ["-c:v", "libx265", "-preset", "ultrafast", "-b:v", bitrate, "-x265-params",
                 f"bframes=0:keyint={2 * fps}:min-keyint={2 * fps}:repeat-headers=1:log-level=error"],
    }[codec]
    filters = f"fps={fps},scale={size}:flags=fast_bilinear,noise=alls={noise}:allf=t,format=yuv420p"
    arguments = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", source, "-t", seconds, "-an",
                 "-vf", filters, *coder, "-f", "hevc" if codec == "h265" else "h264", partial]
    subprocess.run([str(a) for a in arguments], check=True)
    partial.rename(path)
    return path


class Load:
    """A running scrim-camload, in a network namespace if one is named."""

    def __init__(self, clips, cameras, ledger=None, fps=25, address="127.0.0.1", namespace=None, more=()):
        arguments = ["ip", "netns", "exec", namespace] if namespace else []
        arguments += [program("scrim-camload"), "--cameras", cameras, "--fps-milli", round(fps * 1000)]
        arguments += ["--address", address, *more]
        for clip in clips:
            arguments += ["--clip", clip]
        if ledger:
            arguments += ["--ledger", ledger]
        self.ledger, self.address, self.cameras = ledger, address, cameras
        self.process = start(arguments, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()  # "ready rtsp=PORT control=PORT"
        if len(words) != 3:
            raise Failure(f"scrim-camload did not start (status {self.process.wait()})")
        self.port, self.control = (int(word.split("=")[1]) for word in words[1:])

    def url(self, number):
        return f"rtsp://{self.address}:{self.port}/cam{number}"

    def command(self, line):
        with socket.create_connection((self.address, self.control), 10) as control:
            control.sendall(line.encode() + b"\n")
            answer = control.makefile().readline().strip()
        if not answer or answer.startswith("error"):
            raise Failure(f"camload: {line}: {answer}")
        return answer

    def stat(self, camera="*"):
        return json.loads(self.command(f"stat {camera}"))

    def stop(self):
        return stop(self.process)


def bench_cameras(load, count, first=0, **more):
    """Entries of scrim.yaml."""
    return [
        {"id": f"cam{i}", "main": load.url(i), "purpose": "bench", **more} for i in range(first, first + count)
    ]


# ---- Processes and what they cost


def children_of():
    """{pid: [pids of its children]} of the whole machine."""
    found = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])].append(int(entry.name))
    return found


def tree(*roots):
    """The processes and all below them."""
    children, found, queue = children_of(), [], list(roots)
    while queue:
        pid = queue.pop()
        if Path(f"/proc/{pid}").exists():
            found.append(pid)
            queue += children[pid]
    return found


@dataclass
class Cost:
    """Of a set of processes, up to now. Children that ended count where they were waited for."""

    user: float = 0
    system: float = 0
    switches: int = 0
    threads: int = 0
    descriptors: int = 0
    rss: int = 0  # bytes
    pss: int = 0
    processes: int = 0

    @property
    def cpu(self):
        return self.user + self.system

    def __sub__(self, before):
        """What it cost since; sizes are those of now."""
        return Cost(self.user - before.user, self.system - before.system, self.switches - before.switches,
                    self.threads, self.descriptors, self.rss, self.pss, self.processes)


def cost(pids):
    total = Cost()
    for pid in pids:
        proc = Path(f"/proc/{pid}")
        with contextlib.suppress(OSError):
            fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
            total.user += (int(fields[11]) + int(fields[13])) / TICKS
            total.system += (int(fields[12]) + int(fields[14])) / TICKS
            for task in (proc / "task").iterdir():
                total.threads += 1
                for line in (task / "status").read_text().splitlines():
                    if "ctxt_switches" in line:
                        total.switches += int(line.split()[1])
            total.descriptors += len(list((proc / "fd").iterdir()))
            for line in (proc / "smaps_rollup").read_text().splitlines():
                words = line.split()
                total.rss += int(words[1]) * 1024 if words[0] == "Rss:" else 0
                total.pss += int(words[1]) * 1024 if words[0] == "Pss:" else 0
            total.processes += 1
    return total


class Recorder:
    """scrim-recorder and scrim-keeper of a site, without desk and veil."""

    def __init__(self, site, log):
        self.site, self.log = site, log
        self.roots = {}
        for name in ("scrim-keeper", "scrim-recorder"):
            if Path(program(name)).exists():
                self.start(name)

    def start(self, name):
        self.roots[name] = start([program(name), self.site.dir], stderr=self.log, stdout=self.log)

    def tend(self):
        """Starts what was killed, as `scrim up` does. Returns the names."""
        dead = [name for name, process in self.roots.items() if process.poll() is not None]
        for name in dead:
            self.start(name)
        return dead

    def pids(self):
        return tree(*(process.pid for process in self.roots.values()))

    def cost(self):
        return cost(self.pids())

    def stop(self):
        """Status 0 if all ended as they should."""
        names = [name for name in ("scrim-recorder", "scrim-keeper") if name in self.roots]
        return max([stop(self.roots.pop(name)) for name in names], default=0)


def sealed_bytes(site):
    return sum(file.stat().st_size for file in (site.dir / "store").glob("*/*/*.age"))


def wait_until_all_record(site, cameras, seconds=60):
    def recording():
        return sum(any(f.stat().st_size > 2000 for f in (site.dir / "store" / c["id"]).glob("*/*.age")) for c in cameras)

    wait_for(f"sealed bytes of {len(cameras)} cameras", lambda: recording() == len(cameras), seconds)


def wait_until_drained(site, seconds=30):
    """Until nothing is written any more: the cameras are frozen, and what they sent is sealed."""
    last = [sealed_bytes(site), 0]

    def still():
        size = sealed_bytes(site)
        last[1] = last[1] + 1 if size == last[0] else 0
        last[0] = size
        return last[1] >= 20  # looks 50 ms apart

    wait_for("the last bytes to be sealed", still, seconds)


# ---- System calls


def system_calls(pids, seconds, work):
    """Looks at the processes with strace: {"calls": {name: count}, "in": bytes, "out": bytes, "seconds": how long it
    saw them}. Slows them down."""
    log = Path(work) / "strace"
    arguments = ["strace", "-f", "-qqq", "-s0", "-ttt", "-e", "signal=none", "-o", log]
    for pid in pids:
        arguments += ["-p", pid]
    strace = start(arguments, stderr=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        strace.wait(seconds)
    stop(strace)
    calls, moved, first, last = defaultdict(int), {"in": 0, "out": 0}, float("inf"), 0.0
    pattern = re.compile(r"^\d+ +([\d.]+) (?:<\.\.\. )?(\w+)(?:\(| resumed>).*= (-?\d+)")
    reads, writes = {"read", "readv", "recvfrom", "recvmsg", "recvmmsg"}, {
        "write", "writev", "sendto", "sendmsg", "pwrite64", "pwritev"}
    with open(log, errors="replace") as lines:
        for line in lines:
            found = pattern.match(line)
            if not found:
                continue
            when, name, value = float(found[1]), found[2], int(found[3])
            first, last = min(first, when), max(last, when)
            calls[name] += 1
            if value > 0 and name in reads:
                moved["in"] += value
            elif value > 0 and name in writes:
                moved["out"] += value
    log.unlink()
    return {"calls": dict(sorted(calls.items(), key=lambda item: -item[1])), **moved, "seconds": max(last - first, 0.1)}


def system_call_rate(pids, seconds):
    """Calls a second as perf counts them, which costs the processes next to nothing. None without perf."""
    done = subprocess.run(
        ["perf", "stat", "-x", ";", "-e", "raw_syscalls:sys_enter", "-p", ",".join(map(str, pids)), "--", "sleep", str(seconds)],
        capture_output=True, text=True,
    ) if has("perf") else None
    for line in done.stderr.splitlines() if done else ():
        words = line.split(";")
        if len(words) > 2 and words[0].isdigit():
            return int(words[0]) / seconds
    return None


def has(tool):
    return subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True).returncode == 0


# ---- The account


@dataclass
class Account:
    """What became of the pictures of one camera, or of many."""

    sent: int = 0  # completely handed to the socket
    sealed: int = 0  # of those
    lost: int = 0  # of those: not sealed, and the journal says so
    in_gaps: int = 0  # lost within a gap record's time
    in_segments: int = 0  # lost within a segment, and counted by its record
    by_slack: int = 0  # of in_gaps: only because clocks may differ by CLOCK_SLACK_US
    beside: int = 0  # of in_segments: counted by the segment before or after, which it touches
    unaccounted: list = field(default_factory=list)  # (camera, unit, made_us)
    in_torn: int = 0  # of no account: within a segment that a crash tore, whose record cannot say what was lost
    twice: int = 0  # sealed more than once
    strange: int = 0  # sealed though it was never sent
    cut: int = 0  # of no account: the connection ended within them
    cut_sealed: int = 0  # and they are sealed all the same
    damaged: int = 0  # of `sent`: packets were withheld or overwritten on command
    skipped: int = 0  # of no account: the camera dropped them, as the recorder was slow to read
    overstated: int = 0  # so many more count as lost in segments' records than were made and are not there
    causes: dict = field(default_factory=lambda: defaultdict(int))  # cause: units lost in such gaps

    def add(self, other):
        for name, value in vars(other).items():
            if name == "causes":
                for cause, count in value.items():
                    self.causes[cause] += count
            else:
                setattr(self, name, getattr(self, name) + value)


LEDGER = struct.Struct("<IHBBQqqII")


def ledger_of(path):
    """{camera number: {unit: (fate, flags, made_us, handed_us)}}"""
    content = Path(path).read_bytes()
    magic, version, size = struct.unpack_from("<8sII", content)
    if magic != b"SCRMLEDG" or version != 1 or size != LEDGER.size or (len(content) - 16) % size:
        raise Failure(f"{path} is no ledger")
    found = defaultdict(dict)
    for camera, _, fate, flags, unit, made, handed, _, _ in LEDGER.iter_unpack(memoryview(content)[16:]):
        if unit in found[camera]:
            raise Failure(f"{path}: unit {unit} of cam{camera} went to two viewers")
        found[camera][unit] = (fate, flags, made, handed)
    return found


def sealed_units(site, camera):
    """(unit, camera number, made_us) of every stamp that the seals of a camera give back."""
    arguments = [BUILD / "sealed_units", site.dir, camera, *site.shares[:2]]
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"sealed_units {camera}: status {done.returncode}: {done.stderr.strip()}")
    for line in done.stdout.splitlines():
        _, number, unit, made = line.split()
        yield int(unit), int(number), int(made)


def silences(records):
    """(start, end, cause) of all that the journal says was not recorded."""
    found = []
    for at, record in enumerate(records):
        if record["type"] == "gap":
            found.append((record["start_us"], record["end_us"], record["cause"]))
        elif record["type"] == "stop":
            # Until the next start says more, which may never come.
            after = [r for r in records[at + 1 :] if r["type"] == "boot"]
            found.append((record["start_us"], after[0]["start_us"] if after else 1 << 62, record["cause"]))
    return sorted(found)


def overlapping(spans, start, end):
    """The first of the spans that shares a moment with start…end."""
    return next((s for s in spans if s[0] <= end and s[1] >= start), None)


def touch(segments, one, other):
    """Does one of the two begin where the other one ends?"""
    if min(one, other) < 0:
        return False
    first, second = segments[min(one, other)], segments[max(one, other)]
    return second["start_us"] - first["end_us"] <= CLOCK_SLACK_US


def account(site, camera, number, sent):
    """Matches what a camera sent (of ledger_of) to what is sealed and what is journalled."""
    result, sealed = Account(), set()
    for unit, of, made in sealed_units(site, camera):
        result.twice += unit in sealed
        entry = sent.get(unit)
        result.strange += of != number or entry is None or entry[2] != made or entry[0] in (UNSENT, SKIPPED)
        sealed.add(unit)
    records = site.records(camera)
    gaps = silences(records)
    segments = sorted((r for r in records if r["type"] == "segment"), key=lambda r: r["start_us"])
    starts = [s["start_us"] for s in segments]
    missing = defaultdict(list)  # segment: units
    never = defaultdict(int)  # segment: units that the camera made and did not send
    for unit, (fate, flags, made, handed) in sorted(sent.items()):
        result.skipped += fate == SKIPPED
        if fate == CUT:
            result.cut += 1
            result.cut_sealed += unit in sealed
        if fate != SENT:
            never[bisect_right(starts, made) - 1] += unit not in sealed
            continue
        result.sent += 1
        result.damaged += bool(flags & DAMAGED)
        if unit in sealed:
            result.sealed += 1
            continue
        gap = overlapping(gaps, made, handed)
        if gap:
            result.in_gaps += 1
            result.causes[gap[2]] += 1
        else:
            missing[bisect_right(starts, made) - 1].append((unit, made, handed))
    spare = [segment.get("lost", 0) for segment in segments]  # that its record counts, and not found yet
    left = []
    for at, units in missing.items():
        own = min(spare[at], len(units)) if at >= 0 else 0
        result.in_segments += own
        if own:
            spare[at] -= own
        left += [(at, *unit) for unit in units[own:]]
    for at, unit, made, handed in left:
        # What is lost where one segment ends and the next begins may be counted by either of them.
        beside = [n for n in (at - 1, at + 1) if 0 <= n < len(segments) and spare[n] and touch(segments, at, n)]
        if overlapping(gaps, made - CLOCK_SLACK_US, handed + CLOCK_SLACK_US):
            result.in_gaps += 1
            result.by_slack += 1
        elif beside:
            spare[beside[0]] -= 1
            result.in_segments += 1
            result.beside += 1
        elif at >= 0 and segments[at]["torn"] and made <= segments[at]["end_us"] + CLOCK_SLACK_US:
            result.in_torn += 1
        else:
            result.unaccounted.append((camera, unit, made))
    result.overstated = sum(max(0, count - never[at]) for at, count in enumerate(spare))
    result.lost = result.in_gaps + result.in_segments
    return result
