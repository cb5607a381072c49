#!/usr/bin/python3
"""shred_cli.py PEER SCRIM KEEPER: `scrim shred` with and without a keeper, and what it refuses."""

import os
import pty
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import tty
from pathlib import Path

failed = False
# What LeakSanitizer does at the end is not among the calls that the keeper's cell allows.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


def say(name, problem=None):
    global failed
    failed |= problem is not None
    if problem:
        print(f"  {problem}")
    print(f"{'FAIL' if problem else 'ok'} shred: {name}", flush=True)


def utc(hours_ago):
    return time.strftime("%Y-%m-%dT%H:30:00Z", time.gmtime(time.time() - hours_ago * 3600))


class Stage:
    def __init__(self, peer, program, root_key="file"):
        made = subprocess.run([peer, "past", root_key], capture_output=True, text=True, check=True).stdout
        self.peer, self.program, self.dir = peer, program, Path(made.strip())
        (self.dir / "store").mkdir()
        (self.dir / "scrim.yaml").write_text(
            f"id: port\nname: Port\nlisten: 127.0.0.1:8443\nroot_key: {root_key}\ncameras:\n"
            "  - id: quay\n    main: rtsp://127.0.0.1:1/quay\n    purpose: a test\n    retention_hours: 6\n"
        )

    def keys(self):
        hours = self.dir / "state" / "keys" / "hours"
        root = (hours / "root.key").read_bytes()[24:].hex()
        done = subprocess.run([self.peer, "read", root, hours / "hours.ring"], capture_output=True, text=True)
        now = int(time.time()) // 3600
        return sorted(now - int(line.split()[1]) for line in done.stdout.splitlines()) if done.returncode == 0 else None

    def shred(self, first, last, *more):
        """Hours ago, `first` the older one."""
        return subprocess.run(
            [self.program, "shred", self.dir, "--camera", "quay", "--from", utc(first), "--to", utc(last),
             *(more or ("--reason", "a test", "--yes"))],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip


def answers(path):
    """A socket is there a moment before somebody listens."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def alone(stage):
    result = stage.shred(5, 4)
    if result.returncode != 0 or "2 hour keys" not in result.stdout:
        return f"status {result.returncode}: {result.stdout}{result.stderr}"
    return None if stage.keys() == [1, 2, 3] else f"keys left: {stage.keys()}"


def refusals(stage):
    before = stage.keys()
    for words, arguments in (
        ("reason", ("--yes",)),
        ("reason", ("--yes", "--reason", " ")),
        ("--yes", ("--reason", "a test")),  # nobody there to ask
    ):
        result = stage.shred(3, 2, *arguments)
        if result.returncode == 0 or words not in result.stderr:
            return f"{arguments}: status {result.returncode}: {result.stderr}"
    result = stage.shred(5, 4)
    if result.returncode != 0 or "no hour of that range has a key" not in result.stdout:
        return f"shredded twice: status {result.returncode}: {result.stdout}{result.stderr}"
    result = stage.shred(3, -1)  # into the hour that is being recorded: refused whole
    if result.returncode == 0 or "two minutes after its end" not in result.stderr:
        return f"the current hour: status {result.returncode}: {result.stdout}{result.stderr}"
    return None if stage.keys() == before else f"keys left: {stage.keys()}"


def through_keeper(stage, keeper):
    socket = stage.dir / "run" / "keys.sock"
    process = subprocess.Popen([keeper, stage.dir], stderr=subprocess.PIPE, text=True, env={**os.environ, **NO_LEAKS})
    try:
        if not wait_for(lambda: answers(socket) or process.poll() is not None) or process.poll() is not None:
            return f"the keeper did not start: {process.stderr.read()}"
        result = stage.shred(3, 2)  # an hour that has just ended may not be shredded yet
        if result.returncode != 0 or "destroyed" not in result.stdout:
            return f"status {result.returncode}: {result.stdout}{result.stderr}"
        if stage.keys() != [1]:
            return f"keys left: {stage.keys()}"
        second = subprocess.run([keeper, stage.dir], capture_output=True, text=True, timeout=60)
        if second.returncode == 0 or "another instance" not in second.stderr:
            return f"a second keeper: status {second.returncode}: {second.stderr}"
    finally:
        process.terminate()
        process.communicate(timeout=30)
    return None if process.returncode == 0 else f"the keeper ended with {process.returncode}"


class Link:
    """A client of run/keys.sock (src/link/link.h)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.ask(1, "", struct.pack(">3H", 1, 0, 0))

    def ask(self, kind, camera, body):
        """(kind, body) of the answer."""
        message = bytes([kind, 0, 0, 0]) + camera.encode().ljust(32, b"\0") + body
        self.socket.sendall(struct.pack(">I", len(message)) + message)
        (length,) = struct.unpack(">I", self.socket.recv(4, socket.MSG_WAITALL))
        answer = self.socket.recv(length, socket.MSG_WAITALL)
        return answer[0], answer[36:]


def with_tpm(peer, program, keeper, base):
    """swtpm behind a terminal is a device that a locked in keeper can go on using. It serves one at a time."""
    ours, theirs = pty.openpty()
    for end in (ours, theirs):
        tty.setraw(end)
    state = Path(base) / "tpm"
    state.mkdir()
    tpm = subprocess.Popen(
        ["swtpm", "chardev", "--tpm2", "--tpmstate", f"dir={state}", "--fd", str(ours), "--flags",
         "not-need-init,startup-clear"], pass_fds=[ours],
    )  # fmt: skip
    os.environ["SCRIM_TPM_TCTI"] = "device:" + os.ttyname(theirs)
    try:
        stage = Stage(peer, program, "tpm")
        ring = stage.dir / "state" / "keys" / "hours" / "hours.ring"
        process = subprocess.Popen([keeper, stage.dir], stderr=subprocess.DEVNULL, env={**os.environ, **NO_LEAKS})
        path = stage.dir / "run" / "keys.sock"
        if not wait_for(lambda: answers(path) or process.poll() is not None) or process.poll() is not None:
            return "the keeper did not start"
        link, now, before = Link(path), int(time.time()) // 3600, ring.read_bytes()
        kind, body = link.ask(15, "quay", struct.pack(">QQ", now - 3, now - 2) + b"a test")
        if kind != 16 or b"2 hour keys" not in body:
            return f"shred: answer {kind}: {body}"
        if int.from_bytes(ring.read_bytes()[16:24], "big") != int.from_bytes(before[16:24], "big") + 1:
            return "the root key was not replaced"
        kind, body = link.ask(10, "quay", struct.pack(">Q", now))
        if kind != 11 or len(body) != 40:
            return f"a key: answer {kind}: {body}"
        process.terminate()
        return None if process.wait(30) == 0 else f"the keeper ended with {process.returncode}"
    finally:
        tpm.terminate()
        tpm.wait()


def main():
    peer, program, keeper = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as base:
        os.environ["TMPDIR"] = base
        stage = Stage(peer, program)
        say("without a keeper", alone(stage))
        say("what is refused", refusals(stage))
        say("through the keeper, and there is only one", through_keeper(stage, keeper))
        shutil.rmtree(stage.dir)
        if shutil.which("swtpm"):
            say("with the root key in a TPM, from inside the keeper's cell", with_tpm(peer, program, keeper, base))
    return failed


if __name__ == "__main__":
    sys.exit(main())
