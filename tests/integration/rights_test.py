"""Each program has the least it needs, and secrets are where they belong and nowhere else."""

import os
import re
import shutil
import signal
import stat
from pathlib import Path

from harness import CAMERA_PASSWORD, Skip, expect, stage, test, wait_for
from sitekit import processes, program, start

USERS = {"olga": ("operator", "a very good password")}
CLIPS = {"quay": "people", "quay-sub": "people-sub"}


def status_of(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.MULTILINE))


def open_files(pid):
    """{descriptor: (target, flags)} of a process."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            flags = re.search(r"^flags:\s*(\d+)", Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text(), re.MULTILINE)
            found[int(entry.name)] = (os.readlink(entry), int(flags[1], 8))
        except OSError:
            continue  # closed meanwhile
    return found


def by_name(site):
    names = {}
    for pid, name in site.pids().items():
        names.setdefault(name, []).append(pid)
    return names


def can_inspect(pid):
    """Programs that hold secrets are not dumpable: only a privileged user may look into them."""
    if not os.access(f"/proc/{pid}/fd", os.R_OK | os.X_OK):
        raise Skip("looking into the programs needs root")


@test("recorder and veil are locked in: seccomp, no new privileges, no core dumps, no files to read")
def locked_in():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        staged.wait_for_log("veil0: ready")
        names = by_name(site)
        expect(set(names) == {"scrim-keeper", "scrim-recorder", "scrim-veil", "scrimd", "scrim-opener"}, f"running: {names}")
        for name, pids in names.items():
            for pid in pids:
                status = wait_for(f"seccomp in {name}", lambda: status_of(pid), 1)
                expect(status["NoNewPrivs"] == "1", f"{name} may gain privileges")
                limits = Path(f"/proc/{pid}/limits").read_text()
                expect(re.search(r"Max core file size\s+0\s+0\s", limits), f"{name} may dump core")
        staged.wait_for_log("opener: guarding 1 vault")
        for name in ("scrim-keeper", "scrim-recorder", "scrim-veil", "scrim-opener"):
            for pid in names[name]:
                expect(status_of(pid)["Seccomp"] == "2", f"{name} has no seccomp filter")
        can_inspect(names["scrim-veil"][0])
        for pid in names["scrim-veil"]:
            for fd, (target, _) in open_files(pid).items():
                fine = target.startswith(("socket:", "anon_inode:", "pipe:", "/dev/null", "/memfd:"))
                expect(fine or fd <= 2, f"scrim-veil holds {target}")
            sockets = Path(f"/proc/{pid}/net/tcp")
            inodes = {t[8:-1] for t, _ in open_files(pid).values() if t.startswith("socket:")}
            used = {line.split()[9] for line in sockets.read_text().splitlines()[1:]}
            expect(not inodes & used, "scrim-veil holds a network socket")
        for fd, (target, flags) in open_files(names["scrim-recorder"][0]).items():
            inside = target.startswith(str(site.dir / "store"))
            if inside and stat.S_ISREG(os.stat(target).st_mode):
                expect(flags & os.O_ACCMODE == os.O_WRONLY, f"the recorder can read {target}")


@test("what is random is seeded before a program locks itself in: none asks in vain for /dev/urandom")
def seeded():
    if not shutil.which("strace"):
        raise Skip("looking at what a program asks for needs strace")
    with stage({"quay": "people"}) as staged:
        site, trace = staged.site, staged.dir / "trace"
        watch = ["strace", "-f", "-qq", "--seccomp-bpf", "-Z", "-e", "trace=open,openat", "-o", trace]
        site.process = start([*watch, program("scrim"), "up", site.dir], stdout=staged.log_file, stderr=staged.log_file)
        staged.wait_until_recording("quay")
        wait_for("the keeper's status", lambda: (site.dir / "run" / "storage.json").exists())
        up = next(pid for pid, (_, parent) in processes().items() if parent == site.process.pid)
        os.kill(up, signal.SIGTERM)
        expect(site.process.wait(30) == 0, "scrim up did not end well")
        site.process = None
        vain = [line for line in trace.read_text(errors="replace").splitlines() if "random" in line]
        expect(not vain, "\n".join(vain))


@test("passwords and keys are in no process list, no environment, no log, no readable file")
def secrets_stay():
    with stage(CLIPS, users=USERS) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        secrets = [CAMERA_PASSWORD.encode(), USERS["olga"][1].encode()]
        for pid in [*site.pids(), site.process.pid]:
            for what in ("cmdline", "environ"):
                try:
                    content = Path(f"/proc/{pid}/{what}").read_bytes()
                except PermissionError:
                    continue  # not dumpable: nobody but root reads it
                expect(not any(s in content for s in secrets), f"a password is in {what} of {pid}")
        expect(not any(s.decode() in staged.log() for s in secrets), "a password is in the log")
        for file in site.dir.rglob("*"):
            if not file.is_file() or file.is_relative_to(site.dir / "veil"):
                continue
            mode = file.stat().st_mode & 0o777
            secret = file.is_relative_to(site.dir / "state" / "keys") and file.suffix != ".crt" and file.suffix != ".pub"
            if secret or file.is_relative_to(site.dir / "secrets") or file.name == "site.db":
                expect(mode & 0o077 == 0, f"{file.relative_to(site.dir)} has mode {mode:o}")
            if not file.is_relative_to(site.dir / "secrets"):
                held = [s for s in secrets if s in file.read_bytes()]
                expect(not held, f"{file.relative_to(site.dir)} holds a password in the clear")
