"""A veil worker that was taken over: it gets nowhere, the site goes on, and a fresh one takes its place.

The intruder is a program of the tests (tests/exploit), built from the worker's own sources.
"""

import contextlib
import os
import re
import shutil
import signal
import time
from pathlib import Path

import sitekit
from harness import ROOT, expect, stage, test, wait_for
from rights_test import can_inspect

EXPLOITED = Path(os.environ.get("SCRIM_TESTS", ROOT / "build" / "meson" / "tests")) / "scrim-veil-exploited"
CLIPS = {"quay": "people", "quay-sub": "people-sub", "gate": "people", "gate-sub": "people-sub"}
USERS = {"olga": ("operator", "a good password")}
SIGSYS, SIGALRM = 31, 14


@contextlib.contextmanager
def exploitable(clips=None):
    """A site with two veil workers, the first of which is the exploited one: (stage, file of its orders)."""
    before = sitekit.PROGRAMS
    with stage(clips or CLIPS, users=USERS) as staged:
        laid = staged.dir / "bin"
        shutil.copytree(before, laid)
        shutil.copy2(EXPLOITED, laid / "scrim-veil")
        for beside in ("models", "web"):
            (staged.dir / beside).symlink_to((before.parent / beside).resolve())
        names = [name for name in staged.clips if not name.endswith("-sub")]
        staged.site.configure([staged.entry(name) for name in names], veil_workers=2)
        sitekit.PROGRAMS = laid
        try:
            yield staged, staged.dir / "orders"
        finally:
            sitekit.PROGRAMS = before


def worker_pid(site, number):
    for pid, name in site.pids().items():
        if name != "scrim-veil":
            continue
        with contextlib.suppress(OSError):
            if f"--worker\0{number}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def sign_in(site):
    desk = site.desk()
    wait_for("the desk", desk.answers)
    desk.sign_in("olga", "a good password")
    return desk


def state(desk, camera):
    return desk.camera(camera)["veil"]["state"]


def heap_of(pid):
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[heap]"):
            return "0x" + line.split("-")[0]
    return "0x0"


# The filter ends the process at each of them; nothing answers EPERM, from which an intruder might go on.
FATAL = ("open", "connect", "ptrace", "exec", "kill", "read-memory", "memory-file")


@test("an exploited veil worker connects, executes and reads nothing, and the site goes on")
def intruder():
    tries(("connect", "exec", "read-memory"))  # each is a start of its own: the other four are tried in `make soak`


@test("an exploited veil worker opens, connects, traces, executes, kills and reads nothing", soak=True)
def intruder_at_everything():
    tries(FATAL)


def tries(attempts):
    with exploitable() as (staged, orders):
        site = staged.site
        site.up({"SCRIM_EXPLOIT": str(orders)})
        desk = sign_in(site)
        for camera in ("quay", "gate"):
            wait_for(f"a live picture of {camera}", lambda: state(desk, camera) == "live", 60)
        other = worker_pid(site, 1)
        can_inspect(other)
        target = f"{other} {heap_of(other)}"
        orders.write_text("".join(f"{name} {target}\n" for name in attempts))
        first = worker_pid(site, 0)
        os.kill(first, signal.SIGTERM)  # the next one has orders

        seen = []

        def all_tried():
            seen.append((state(desk, "quay"), state(desk, "gate")))
            return not orders.read_text() and staged.log().count(f"signal {SIGSYS};") == len(attempts)

        wait_for("every attempt", all_tried, 120)
        wait_for("a live picture of quay again", lambda: state(desk, "quay") == "live", 60)
        log = staged.log()
        for name in attempts:
            expect(f"exploit {name}: begins" in log, f"{name} was not tried")
        expect("survived" not in log, re.findall("exploit.*survived.*", log))
        expect(worker_pid(site, 1) == other, "the other worker was hit")
        # The film begins anew every half a minute, which may be a new scene.
        shown = {gate for _, gate in seen}
        expect(shown <= {"live", "opaque"} and "live" in shown, f"gate was {shown}")
        expect("veil worker 1 is gone" not in log, "the other worker was gone")
        expect(any(quay != "live" for quay, _ in seen), "quay was never said to be blank")
        expect(all(desk.camera(c)["state"] == "recording" for c in ("quay", "gate")), "a camera is not recorded")
        site.down()
        for camera in ("quay", "gate"):
            expect(not site.gaps(camera), f"gaps of {camera}: {site.gaps(camera)}")
            expect(len(site.segments(camera)) == 1, f"the segment of {camera} was cut")
        expect(not site.check()["findings"], f"scrim check: {site.check()['findings']}")


@test("an exploited veil worker that says it is another is cut off, and the other goes on")
def impostor():
    with exploitable() as (staged, orders):
        site = staged.site
        orders.write_text("impersonate\n")
        site.up({"SCRIM_EXPLOIT": str(orders)})
        desk = sign_in(site)
        staged.wait_for_log("exploit impersonate: survived")
        staged.wait_for_log("it sent what the link does not allow")
        other = wait_for("the other worker", lambda: worker_pid(site, 1))
        for camera in ("quay", "gate"):
            wait_for(f"a live picture of {camera}", lambda: state(desk, camera) == "live", 60)
        expect(worker_pid(site, 1) == other, "the other worker was hit")
        site.down()
        expect(not site.gaps("quay") and not site.gaps("gate"), "the recording has gaps")


@test("a veil worker that never returns from a picture is taken for gone in seconds, then ended by the kernel")
def hung():
    with exploitable() as (staged, orders):
        site = staged.site
        site.up({"SCRIM_EXPLOIT": str(orders)})
        desk = sign_in(site)
        for camera in ("quay", "gate"):
            wait_for(f"a live picture of {camera}", lambda: state(desk, camera) == "live", 60)
        orders.write_text("spin\n")
        os.kill(worker_pid(site, 0), signal.SIGTERM)
        staged.wait_for_log("exploit spin: begins")
        wait_for("quay to be blank", lambda: state(desk, "quay") not in ("live", "opaque"), 8)
        expect(state(desk, "gate") in ("live", "opaque"), "the other camera is blank")
        staged.wait_for_log(f"signal {SIGALRM};", 20)
        wait_for("a live picture of quay again", lambda: state(desk, "quay") == "live", 60)
        site.down()
        expect(not site.gaps("quay") and not site.gaps("gate"), "the recording has gaps")


@test("a veil worker that stands still is no live picture: the desk says so within seconds, and it comes back",
      soak=True)
def stopped():
    with stage({"quay": "people", "quay-sub": "people-sub"}, users=USERS) as staged:
        site = staged.site
        site.up()
        desk = sign_in(site)
        wait_for("a live picture", lambda: state(desk, "quay") == "live", 60)
        pid = worker_pid(site, 0)
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_for("a blank picture", lambda: state(desk, "quay") != "live", 8)
            staged.wait_for_log("it is silent")
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_for("a live picture again", lambda: state(desk, "quay") == "live", 60)
        expect(worker_pid(site, 0) != pid, "the old worker goes on")
        site.down()
        expect(not site.gaps("quay"), "the recording has gaps")


@test("a veil worker has namespaces of its own, an empty root and no capability, where that is permitted")
def namespaces():
    with stage({"quay": "people"}) as staged:
        site = staged.site
        site.up()
        staged.wait_for_log("veil0: ready")
        pid = worker_pid(site, 0)
        can_inspect(pid)
        if "namespaces are not permitted" in staged.log():
            return
        for kind in ("user", "net", "mnt", "ipc", "uts", "cgroup"):
            theirs, ours = (os.readlink(f"/proc/{who}/ns/{kind}") for who in (pid, "self"))
            expect(theirs != ours, f"the {kind} namespace is ours")
        expect(os.listdir(f"/proc/{pid}/root/") == [], "its root is not empty")
        status = Path(f"/proc/{pid}/status").read_text()
        for kind in ("CapEff", "CapPrm"):
            expect(re.search(rf"^{kind}:\s*0+$", status, re.MULTILINE), f"it has capabilities: {kind}")
        expect(len(os.listdir(f"/proc/{pid}/task")) == 1, "it has more than one thread")


def slow_down(pid, running_ms, standing_ms, until):
    """Lets a process run a part of the time only, until the condition holds."""
    deadline = time.monotonic() + 90
    while not until():
        expect(time.monotonic() < deadline, "it never happened")
        for _ in range(5):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(standing_ms / 1000)
            os.kill(pid, signal.SIGCONT)
            time.sleep(running_ms / 1000)


@test("a veil worker that gets too little of the processor shows fewer pictures, then none, says why, and recovers",
      soak=True)
def overload():
    with stage({name: "people-sub" for name in ("quay", "gate", "yard", "dock")}, users=USERS) as staged:
        site = staged.site
        site.configure([staged.entry(name) for name in staged.clips], veil_workers=1)
        site.up()
        desk = sign_in(site)
        for camera in staged.clips:
            wait_for(f"a live picture of {camera}", lambda: state(desk, camera) == "live", 60)
        pid = worker_pid(site, 0)
        seen = []

        def dark():
            seen.append([desk.camera(camera)["veil"] for camera in staged.clips])
            return any(veil["state"] == "opaque" and "overloaded" in veil["reason"] for veil in seen[-1])

        try:
            slow_down(pid, 2, 98, dark)
        finally:
            os.kill(pid, signal.SIGCONT)
        expect(any(veil["state"] == "live" for veil in seen[-1]) or len(seen) > 3, "all of them went dark at once")
        for camera in staged.clips:
            wait_for(f"a live picture of {camera} again", lambda: state(desk, camera) == "live", 120)
        expect(worker_pid(site, 0) == pid, "the worker was not the same to the end")
        site.down()
        for camera in staged.clips:
            expect(not site.gaps(camera), f"gaps of {camera}: {site.gaps(camera)}")
