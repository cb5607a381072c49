"""kill -9 at any moment: what was sealed stays, about a second is lost, and the site comes back by itself."""

import os
import random
import signal
import time

from harness import expect, probe, stage, test, wait_for

LOST_US = 1_500_000  # one second of video, and the granularity of frames and of our own watching
CLIPS = {"quay": "people", "quay-sub": "people-sub"}
RECORDER = ("scrim-recorder", "scrim-sealer", "scrim-dialer", "scrim-ingest")
# The sealer has most to lose.
PROGRAMS = ("scrim-sealer", "scrim-sealer", "scrim-sealer", *RECORDER, "scrim-keeper", "scrim-veil", "scrimd", "scrim-opener")


def now_us():
    return time.time_ns() // 1000


def pid_of(site, name):
    """The pid of one running process of that name; waits for it."""

    def find():
        found = [pid for pid, process in site.processes().items() if process == name]
        return random.choice(found) if found else None

    return wait_for(f"{name} to run", find, 20)


def kill(site, name):
    """kill -9, and until it was started again."""
    pid = pid_of(site, name)
    os.kill(pid, signal.SIGKILL)
    wait_for(f"{name} to end", lambda: pid not in site.processes(), 5)
    pid_of(site, name)
    return pid


def duration_us(path):
    return float(probe(path, "format=duration")) * 1e6


def opened_us(staged, start, end):
    """How much video of this range opens; none is an answer too."""
    out = staged.dir / "opened.mp4"
    out.unlink(missing_ok=True)
    result = staged.site.unseal("quay", start, end, out)
    if result.status == 1 and "no frame was recorded in that range" in result.err:
        return 0
    expect(result.status == 0, result.err.strip())
    return duration_us(out)


@test("the sealer is killed: what it had sealed is whole to the last second, and recording goes on")
def kill_sealer():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        frames = staged.cameras.stat("quay")["frames"]
        wait_for("some seconds", lambda: staged.cameras.stat("quay")["frames"] > frames + 50)
        killed_us = now_us()
        kill(site, "scrim-sealer")
        staged.wait_until_recording("quay")
        wait_for("the torn segment in the journal", lambda: site.segments("quay"))
        wait_for("the gap in the journal", lambda: site.gaps("quay"))
        torn = site.segments("quay")[0]
        expect(torn["torn"], "the segment is not marked as torn")
        opened = opened_us(staged, torn["start_us"], killed_us)
        lost = killed_us - torn["start_us"] - opened
        expect(lost < LOST_US, f"{lost / 1e6:.2f} s before the kill are lost")
        expect(site.gaps("quay")[0]["cause"] == "crash", f"gap cause: {site.gaps('quay')[0]}")
        site.down()
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


@test("the recorder's first process is killed: the sealer closes what is open, and nothing is torn")
def kill_recorder():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        kill(site, "scrim-recorder")
        wait_for("another segment", lambda: len(list((site.dir / "store" / "quay").glob("*/*.age"))) == 2)
        staged.wait_until_recording("quay")
        site.down()
        expect([s["torn"] for s in site.segments("quay")] == [False, False], f"segments: {site.segments('quay')}")
        expect([g["cause"] for g in site.gaps("quay")] == ["crash"], f"gaps: {site.gaps('quay')}")
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


@test("the veil is killed: the picture blanks and comes back, recording never notices")
def kill_veil():
    with stage(CLIPS, users={"olga": ("operator", "a good password")}) as staged:
        site = staged.site
        site.up()
        desk = site.desk()
        wait_for("the desk", desk.answers)
        desk.sign_in("olga", "a good password")
        wait_for("a live veil", lambda: desk.camera("quay")["veil"]["state"] == "live", 60)
        os.kill(pid_of(site, "scrim-veil"), signal.SIGKILL)
        # It must not be called live by anyone before the new one has warmed up.
        wait_for("a blank picture", lambda: desk.camera("quay")["veil"]["state"] != "live", 10)
        wait_for("a live veil again", lambda: desk.camera("quay")["veil"]["state"] == "live", 60)
        expect(desk.camera("quay")["state"] == "recording", "the camera stopped recording")
        site.down()
        expect(not site.gaps("quay"), f"the recording has gaps: {site.gaps('quay')}")
        expect(len(site.segments("quay")) == 1, "the segment was cut")


@test("the keeper is killed, and cannot start again: recording goes on with the keys it has")
def kill_keeper():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        hours = site.dir / "state" / "keys" / "hours"
        (hours / "root.key").rename(hours / "root.away")
        os.kill(pid_of(site, "scrim-keeper"), signal.SIGKILL)
        staged.wait_for_log("does not open it")
        frames = staged.cameras.stat("quay")["frames"]
        wait_for("some seconds", lambda: staged.cameras.stat("quay")["frames"] > frames + 30)
        (hours / "root.away").rename(hours / "root.key")
        wait_for("the keeper", lambda: "scrim-keeper" in site.pids().values())
        site.down()
        expect(not site.gaps("quay"), f"the recording has gaps: {site.gaps('quay')}")
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


def lost_us(staged, killed_us):
    """How much video before this moment is gone: what the segment that was being recorded lacks."""
    begun = [s for s in staged.site.segments("quay") if s["start_us"] < killed_us]
    expect(begun, "nothing was recorded before the recorder was killed")
    segment = begun[-1]
    expect(segment["torn"], f"{segment['file']} was being recorded, and is not marked as torn")
    kept = 0
    if segment["end_us"] > segment["start_us"]:  # else not even its first half second was due on disk
        kept = opened_us(staged, segment["start_us"], killed_us)
    return killed_us - segment["start_us"] - kept


def explained(site, gaps):
    """Every hole between two segments is a gap with a cause."""
    segments = site.segments("quay")
    for earlier, later in zip(segments, segments[1:]):
        hole = later["start_us"] - earlier["end_us"]
        inside = [
            g for g in gaps
            if g["start_us"] <= earlier["end_us"] + LOST_US and g["end_us"] >= later["start_us"] - LOST_US
        ]
        expect(hole < LOST_US or inside, f"{hole / 1e6:.1f} s are missing and no gap record says why")


def survives(staged, rounds):
    """Kills programs at random, then checks that all that was sealed verifies and little is lost."""
    site = staged.site
    site.up()
    staged.wait_until_recording("quay")
    tearing, stopping = [], 0  # kills that tear a segment, and that make a hole
    for _ in range(rounds):
        before = staged.cameras.stat("quay")["frames"]
        moment = random.randrange(3, 25)  # frames of 100 ms: any phase of a segment, a flush, a start
        wait_for("the moment", lambda: staged.cameras.stat("quay")["frames"] >= before + moment, 30)
        name = random.choice(PROGRAMS)
        if name == "scrim-sealer":
            tearing.append(now_us())
        stopping += name.startswith(RECORDER)
        kill(site, name)
        staged.wait_until_recording("quay")
    site.down()
    report = site.check()
    expect(not report["findings"], f"scrim check: {report['findings']}")
    gaps = [g for g in site.gaps("quay") if g["cause"] == "crash"]
    expect(len(gaps) <= stopping, f"{len(gaps)} crash gaps for {stopping} kills of the recorder's processes")
    explained(site, gaps)
    segments = site.segments("quay")
    expect(opened_us(staged, segments[0]["start_us"], segments[-1]["end_us"]) > 0, "nothing opens")
    lost = max((lost_us(staged, when) for when in tearing), default=0)
    away = max((g["end_us"] - g["start_us"] for g in gaps), default=0)
    print(
        f"  {rounds} kills, {stopping} of them of the recorder, {len(tearing)} of its sealer: {sum(s['torn'] for s in segments)} torn "
        f"segments, at most {lost / 1e6:.2f} s lost before a kill, not recording for at most {away / 1e6:.2f} s"
    )
    expect(lost < LOST_US, f"{lost / 1e6:.2f} s before a kill are lost")


@test("programs killed at random, three times: all that was sealed verifies")
def kill_at_random():
    with stage(CLIPS) as staged:
        survives(staged, 3)


@test("programs killed at random, forty times", soak=True)
def kill_for_long():
    with stage(CLIPS) as staged:
        survives(staged, 40)


@test("scrim up itself is killed: its programs end with it, and the next start recovers")
def kill_supervisor():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        children = site.pids()
        site.process.kill()
        site.process.wait()
        wait_for("no program left", lambda: not [p for p in children if alive(p)], 25)
        site.up()
        staged.wait_until_recording("quay")
        site.down()
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
