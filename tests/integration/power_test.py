"""Power fails at any moment: a real site on a real file system, on a disk that loses its write cache."""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from harness import ROOT, Skip, expect, probe, stage, test, wait_for

sys.path.insert(0, str(ROOT / "tests" / "powerfs"))

from powerdisk import PowerDisk, Unavailable  # noqa: E402

CLIPS = {"quay": "people", "gate": "people-sub"}
WAYS = ("lost", "prefix", "sectors")
# In RAM: half a second and the picture that is not over. On its way: 0.4 s until the next flush, and
# the flush, which takes its time on a machine that is busy with other tests.
LOST_US = 600_000 + 400_000
FLUSH_US = 1_000_000


def now_us():
    return time.time_ns() // 1000


class Cuts:
    def __init__(self, staged, disk, seed):
        self.staged, self.site, self.disk = staged, staged.site, disk
        self.random = random.Random(seed)
        self.recording, self.moments = [], []  # since when, and when it was cut, by the host's clock
        self.durable = {}  # whole segments that a journal named before a cut: they must stay

    def start(self):
        self.site.up()
        for camera in CLIPS:
            self.staged.wait_until_recording(camera)

    def remember(self):
        for camera in CLIPS:
            for line in self.site.segments(camera):
                if not line["torn"]:
                    self.durable[line["disk"], camera, line["file"]] = line["sha256"]

    def cut(self):
        """The power fails, the machine starts again, and so does the site."""
        running = [self.site.process.pid, *self.site.processes()]  # `scrim up` first, or it starts them again
        self.disk.cut(self.random.choice(WAYS), self.random.randrange(1 << 30))
        self.moments.append(now_us())
        for pid in running:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.site.process.wait()
        self.site.process = None
        wait_for("the site's processes to end", lambda: not any(Path(f"/proc/{p}").exists() for p in running), 10)
        self.disk.restore()

    def run(self, rounds):
        for _ in range(rounds):
            self.start()
            self.recording.append(now_us())
            time.sleep(self.random.uniform(0, 3))  # the moment is what is drawn, not waited for
            self.cut()
        self.start()
        self.remember()
        expect(self.site.down() == 0, "the site did not end well")

    def lost_us(self, camera, nth):
        """How much before a cut is gone: from the last picture that opens, or from when it recorded again."""
        moment, before = self.moments[nth], self.moments[nth - 1] if nth else 0
        begun = [s for s in self.site.segments(camera) if before < s["start_us"] < moment]
        for segment in reversed(begun):
            out = self.staged.dir / "opened.mp4"
            out.unlink(missing_ok=True)
            result = self.site.unseal(camera, segment["start_us"], moment, out)
            if result.status == 0:
                return moment - segment["start_us"] - float(probe(out, "format=duration")) * 1e6
            expect("was recorded" in result.err, result.err.strip())
        return moment - (begun[0]["start_us"] if begun else self.recording[nth])

    def explained(self, camera):
        """Every hole between two segments is told by gaps, of which a crash is one."""
        segments, gaps = self.site.segments(camera), self.site.gaps(camera)
        for earlier, later in zip(segments, segments[1:]):
            told, causes = earlier["end_us"] + LOST_US, set()
            for gap in gaps:
                if gap["start_us"] <= told and gap["end_us"] > earlier["end_us"] and gap["start_us"] < later["start_us"]:
                    told, causes = max(told, gap["end_us"] + LOST_US), causes | {gap["cause"]}
            missing = (later["start_us"] - told) / 1e6
            expect(missing < 0, f"{camera}: {missing:.1f} s before {later['file']} are missing and no gap record says why")
            expect(later["start_us"] - earlier["end_us"] < LOST_US or "crash" in causes, f"{camera}: gaps of {causes}")

    def judge(self):
        report = self.site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")
        for camera in CLIPS:
            self.explained(camera)
            kept = {(s["disk"], camera, s["file"]): s["sha256"] for s in self.site.segments(camera)}
            for key, digest in self.durable.items():
                expect(key[1] != camera or kept.get(key) == digest, f"{key} was journalled and is gone")
        losses = sorted(self.lost_us(c, n) for c in CLIPS for n in range(len(self.moments)))
        counts = self.disk.counts()
        shown = " ".join(f"{loss / 1e6:.2f}" for loss in losses)
        print(
            f"  {self.disk.kind}: {len(self.moments)} cuts, seconds lost: {shown}; at most {counts['most'] / 1e6:.1f} MB in the cache, "
            f"{counts['dropped'] / 1e3:.0f} kB dropped in the last cut; {sum(s['torn'] for c in CLIPS for s in self.site.segments(c))} torn "
            f"of {sum(len(self.site.segments(c)) for c in CLIPS)} segments"
        )
        expect(losses[-1] <= LOST_US + FLUSH_US, f"{losses[-1] / 1e6:.2f} s are lost")


def survives(kind, rounds):
    seed = int(os.environ.get("SCRIM_SEED", random.randrange(1 << 30)))
    print(f"  SCRIM_SEED={seed}")
    work = Path(tempfile.mkdtemp(prefix="scrim-power-"))
    disk = None
    try:
        disk = PowerDisk(work, ROOT / "build" / "check" / "powerdisk", kind)
        with stage(CLIPS) as staged:
            shutil.copytree(staged.site.dir, disk.path / "site", symlinks=True)
            staged.site.dir = disk.path / "site"
            os.sync()
            cuts = Cuts(staged, disk, seed)
            cuts.run(rounds)
            cuts.judge()
    except Unavailable as why:
        raise Skip(str(why)) from None
    finally:
        if disk:
            disk.close()
        shutil.rmtree(work, ignore_errors=True)


@test("the power fails three times: what is lost is the last second, and nothing else is damaged")
def power_fails():
    survives("ext4", 3)


@test("the power fails forty times, on ext4", soak=True)
def power_fails_ext4():
    survives("ext4", 40)


@test("the power fails forty times, on XFS", soak=True)
def power_fails_xfs():
    survives("xfs", 40)
