#!/usr/bin/python3
"""What a recorder loses while everything goes wrong, counted picture by picture: cameras with a fault every few
seconds, some behind a network that fails too, and, with --kill, a recorder whose processes are killed.

Every picture that the cameras sent must be sealed, or lie in a gap that the journal names, or be counted as lost by
the record of its segment; or be missing in a segment that a kill tore, whose record cannot count. Anything else is
unaccounted, and fails. Result: build/bench/soak.json, its part of recorder.json, and what was done to whom in
soak-report.txt.

    SOAK_SECONDS=1800 SOAK_CAMERAS=32 bench/soak.py [--kill]

Network faults need root and the tools ip, tc and nft; without them they are left out, and the result says so.
"""

import contextlib
import heapq
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from benchkit import OUT, ROOT, save, update

sys.path.insert(0, str(ROOT / "tools"))

from loadkit import (  # noqa: E402
    Account, Load, Recorder, account, encode, has, ledger_of, wait_until_all_record, wait_until_drained,
)
from sitekit import Failure, Site, write_secret  # noqa: E402

SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))
CAMERAS = int(os.environ.get("SOAK_CAMERAS", "32"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
FPS = 25
USER, PASSWORD = "soak", "correct horse"

# name: (commands, seconds until, commands that heal); {c} is the camera
FAULTS = {
    "drop": (["drop {c}"], 0, []),
    "freeze shortly": (["freeze {c} 1"], 2, ["freeze {c} 0"]),
    "freeze": (["freeze {c} 1"], 25, ["freeze {c} 0"]),
    "half open": (["stall {c} 1"], 20, ["stall {c} 0"]),
    "hang after PLAY": (["hang {c} 1", "drop {c}"], 20, ["hang {c} 0", "drop {c}"]),
    "lose 2 % of the packets": (["loss {c} 0.02"], 4, ["loss {c} 0"]),
    "lose 40 % of the packets": (["loss {c} 0.4"], 2, ["loss {c} 0"]),
    "sequence gap": (["seqgap {c} 500"], 0, []),
    "garbage": (["garbage {c} 50"], 0, []),
    "clock back": (["tsjump {c} -60000"], 0, []),
    "clock forward": (["tsjump {c} 3600000"], 0, []),
    "clock fast": (["speed {c} 1.02"], 8, ["speed {c} 1"]),
    "clock slow": (["speed {c} 0.9"], 8, ["speed {c} 1"]),
    "other picture size": (["switch {c} 2"], 10, ["switch {c} 0"]),
    "other codec": (["switch {c} 1"], 10, ["switch {c} 0"]),
    "refuse with 503": (["fail {c} 503", "drop {c}"], 5, ["fail {c} 0"]),
    "nonsense for a description": (["badsdp {c} 1", "drop {c}"], 5, ["badsdp {c} 0"]),
    "short session": (["timeout {c} 8", "drop {c}"], 25, ["timeout {c} 60"]),
    "stale nonce": (["stale {c}"], 0, []),
}


def clips():
    source = subprocess.run(
        ["bash", "-c", ". tools/vtest.sh && vtest_path"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    footage = OUT / "footage"
    return [
        encode(footage / "soak-0.h264", ROOT / source, 20, "640:360", FPS, "500k"),
        encode(footage / "soak-1.h265", ROOT / source, 20, "640:360", FPS, "400k", "h265"),
        encode(footage / "soak-2.h264", ROOT / source, 20, "480:270", FPS, "300k"),
    ]


def shell(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")


class Network:
    """A namespace for cameras, behind a cable that can be spoilt."""

    def __init__(self):
        tag = f"{os.getpid() % 100000}"
        self.name, self.here, self.there = f"scrim-soak-{tag}", f"sk{tag}h", f"sk{tag}c"
        self.ours, self.theirs = "10.213.77.1", "10.213.77.2"
        shell("ip", "netns", "add", self.name)
        try:
            shell("ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there, "netns", self.name)
            shell("ip", "addr", "add", f"{self.ours}/30", "dev", self.here)
            shell("ip", "link", "set", self.here, "up")
            self.inside("ip", "addr", "add", f"{self.theirs}/30", "dev", self.there)
            self.inside("ip", "link", "set", "lo", "up")
            self.inside("ip", "link", "set", self.there, "up")
        except Failure:
            self.remove()
            raise

    def inside(self, *arguments):
        shell("ip", "netns", "exec", self.name, *arguments)

    def remove(self):
        shell("ip", "netns", "del", self.name)

    def lose(self):
        self.inside("nft", "add table inet soak; add chain inet soak out { type filter hook output priority 0; }; "
                           "add rule inet soak out numgen random mod 100 < 5 drop")

    def lose_no_more(self):
        self.inside("nft", "delete", "table", "inet", "soak")

    def throttle(self):
        self.inside("tc", "qdisc", "add", "dev", self.there, "root", "tbf", "rate", "1500kbit", "burst", "16k",
                    "latency", "200ms")

    def throttle_no_more(self):
        self.inside("tc", "qdisc", "del", "dev", self.there, "root")

    def pull(self):
        self.inside("ip", "link", "set", self.there, "down")

    def plug_in(self):
        self.inside("ip", "link", "set", self.there, "up")


def network_faults(network, load):
    """name: (function, seconds until, function that heals)"""
    return {
        "network: 5 % loss": (network.lose, 5, network.lose_no_more),
        "network: 1.5 Mbit/s for all": (network.throttle, 5, network.throttle_no_more),
        "network: cable pulled shortly": (network.pull, 2, network.plug_in),
        "network: cable pulled": (network.pull, 25, network.plug_in),
        "network: cameras stopped": (lambda: load.process.send_signal(signal.SIGSTOP), 5,
                                     lambda: load.process.send_signal(signal.SIGCONT)),
    }


class Soak:
    """Cameras and the faults that are on. `loads`: [(Load, network or None, its camera ids)]"""

    def __init__(self, loads, report):
        self.loads, self.report, self.done = loads, report, Counter()
        self.heals = []  # (when, number, what it frees, function)
        self.busy = set()  # cameras, and loads as a whole
        self.number = 0

    def note(self, text):
        print(f"{time.time():.3f} {text}", file=self.report, flush=True)

    def heal_due(self, now):
        while self.heals and self.heals[0][0] <= now:
            _, _, freed, heal = heapq.heappop(self.heals)
            if isinstance(freed, tuple) and freed[0] in self.busy:  # its whole network is spoilt just now
                self.number += 1
                heapq.heappush(self.heals, (now + 1, self.number, freed, heal))
                continue
            heal()
            self.busy.discard(freed)

    def begin(self, name, freed, apply, seconds, heal, now):
        apply()
        self.done[name] += 1
        self.note(f"{freed}: {name}")
        self.busy.add(freed)
        self.number += 1
        heapq.heappush(self.heals, (now + max(seconds, 5), self.number, freed, heal))

    def spoil(self, now):
        at = random.choices(range(len(self.loads)), [len(ids) for _, _, ids in self.loads])[0]
        load, network, ids = self.loads[at]
        if at in self.busy:
            return
        if network and random.random() < 0.4:
            name, (apply, seconds, heal) = random.choice(list(network_faults(network, load).items()))
            self.begin(name, at, apply, seconds, heal, now)
            return
        number = random.randrange(len(ids))
        if (at, number) in self.busy:
            return
        name, (commands, seconds, healing) = random.choice(list(FAULTS.items()))

        def tell(lines):
            for line in lines:
                load.command(line.format(c=f"cam{number}"))

        self.begin(name, (at, number), lambda: tell(commands), seconds, lambda: tell(healing), now)

    def heal_all(self):
        for _, _, freed, heal in sorted(self.heals, key=lambda h: isinstance(h[2], tuple)):  # networks first
            heal()
        self.heals, self.busy = [], set()


def start_loads(work, cleanup):
    """The cameras: a quarter of them behind a network of their own, if there can be one."""
    password = write_secret(work / "password", PASSWORD)
    more = ["--user", USER, "--password-file", password]
    files, network = clips()[:3], None
    if os.geteuid() == 0 and has("ip") and has("tc") and has("nft"):
        network = Network()
        cleanup.callback(network.remove)
    behind = CAMERAS // 4 if network else 0
    loads = []
    for count, net in ((CAMERAS - behind, None), (behind, network)):
        if count == 0:
            continue
        place = {"namespace": net.name, "address": net.theirs} if net else {}
        load = Load(files, count, ledger=work / f"ledger-{len(loads)}", fps=FPS, more=more, **place)
        cleanup.callback(load.stop)
        loads.append((load, net, [f"{'n' if net else 'c'}{i}" for i in range(count)]))
    return loads


def entries(loads):
    for load, _, ids in loads:
        for number, name in enumerate(ids):
            yield {"id": name, "main": load.url(number), "user": USER, "password_file": "secrets/soak",
                   "purpose": "soak", "transport": "udp" if number % 4 == 3 else "tcp"}


def kill_one(soak, recorder):
    """Each kind of process as often as the others, though most of them read a camera."""
    kinds = defaultdict(list)
    for pid in recorder.pids():
        kinds[Path(f"/proc/{pid}/comm").read_text().strip()].append(pid)
    name, pids = random.choice(list(kinds.items()))
    pid = random.choice(pids)
    os.kill(pid, signal.SIGKILL)
    soak.done[f"kill -9 {name}"] += 1
    soak.note(f"killed {name} ({pid})")


def disturb(soak, recorder, kill):
    begun = time.monotonic()
    next_fault, next_kill = begun + 5, begun + (15 if kill else 1e9)
    while (now := time.monotonic()) < begun + SECONDS:
        soak.heal_due(now)
        if now >= next_fault:
            soak.spoil(now)
            next_fault = now + random.uniform(1, 4)
        if now >= next_kill:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                kill_one(soak, recorder)
            next_kill = now + random.uniform(10, 40)
        dead = recorder.tend()
        if dead and not kill:
            raise Failure(f"{', '.join(dead)} ended by itself")
        time.sleep(0.1)
    soak.heal_all()


def add_up(site, loads, report):
    total = Account()
    for load, _, ids in loads:
        ledger = ledger_of(load.ledger)
        for number, name in enumerate(ids):
            one = account(site, name, number, ledger[number])
            total.add(one)
            print(f"{name}: sent {one.sent}, sealed {one.sealed}, lost {one.lost}, unaccounted "
                  f"{len(one.unaccounted)}, twice {one.twice}, strange {one.strange}", file=report)
            for camera, unit, made in one.unaccounted[:200]:
                print(f"  unaccounted: {camera} unit {unit} of {made}", file=report)
    return total


def run(work, cleanup, kill, report):
    loads = start_loads(work, cleanup)
    site = Site(work / "site")
    cameras = list(entries(loads))
    site.create(cameras)
    write_secret(site.dir / "secrets" / "soak", PASSWORD)
    site.make_vault(work / "shares")
    log = open(work / "recorder.log", "w")
    recorder = Recorder(site, log)
    cleanup.callback(recorder.stop)
    soak = Soak(loads, report)
    try:
        wait_until_all_record(site, cameras)
        disturb(soak, recorder, kill)
        for load, _, _ in loads:
            load.command("freeze * 1")
        wait_until_drained(site)
        if recorder.stop() != 0:
            raise Failure("the recorder failed")
    finally:
        shutil.copy(work / "recorder.log", OUT / f"soak{'-kill' if kill else ''}.log")
    for load, _, _ in loads:
        load.stop()
    findings = site.check()["findings"]
    total = add_up(site, loads, report)
    gaps = Counter(g["cause"] for c in cameras for g in site.gaps(c["id"]))
    return {
        "soak_seconds": SECONDS,
        "soak_cameras": CAMERAS,
        "soak_seed": SEED,
        "soak_faults": sum(soak.done.values()),
        "soak_network_faults": sum(n for name, n in soak.done.items() if name.startswith("network")),
        "soak_kills": sum(n for name, n in soak.done.items() if name.startswith("kill")),
        "soak_frames_sent": total.sent,
        "soak_frames_sealed": total.sealed,
        "soak_frames_lost": total.lost,
        "soak_frames_unaccounted": len(total.unaccounted),
        "soak_frames_missing_in_torn_segments": total.in_torn,
        "soak_frames_sealed_twice": total.twice,
        "soak_frames_sealed_unsent": total.strange,
        "soak_lost_in_gaps": total.in_gaps,
        "soak_lost_in_segments": total.in_segments,
        "soak_lost_in_next_segment": total.beside,
        "soak_lost_by_clock_slack": total.by_slack,
        "soak_lost_overstated": total.overstated,
        "soak_frames_damaged_on_purpose": total.damaged,
        "soak_frames_cut_by_hangup": total.cut,
        "soak_frames_dropped_by_slow_line": total.skipped,
        "soak_gaps": sum(gaps.values()),
        "soak_check_findings": len(findings),
        **{f"soak_gaps_{cause}": count for cause, count in sorted(gaps.items())},
        "soak_by_fault": dict(sorted(soak.done.items())),
    }


def main(kill):
    random.seed(SEED)
    name = "soak-kill" if kill else "soak"
    OUT.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="scrim-soak-", dir=os.environ.get("TMPDIR", "/tmp")))
    try:
        with contextlib.ExitStack() as cleanup, open(OUT / f"{name}-report.txt", "w") as report:
            result = run(work, cleanup, kill, report)
    except Failure as failure:
        print(f"{name}: {failure} (seed {SEED})", file=sys.stderr)
        return 1
    finally:
        if "SOAK_KEEP" in os.environ:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    save(name, result, f"{CAMERAS} cameras with a fault every few seconds for {SECONDS} s" + (", recorder killed" if kill else ""))
    if not kill:
        update("recorder", {k: v for k, v in result.items() if k.startswith("soak_frames_")})
    wrong = ("unaccounted", "sealed_twice", "sealed_unsent")
    known = ("sealed", "lost", "missing_in_torn_segments")
    sums = result["soak_frames_sent"] == sum(result[f"soak_frames_{k}"] for k in known)
    good = sums and not any(result[f"soak_frames_{w}"] for w in wrong) and not result["soak_check_findings"]
    print(f"{name}: it {'adds up' if good else 'does not add up: see build/bench/' + name + '-report.txt'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main("--kill" in sys.argv))
