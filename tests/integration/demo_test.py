"""make demo as a newcomer runs it, on a short leash."""

import os
import signal
import subprocess
from pathlib import Path

from harness import ROOT, expect, test, wait_for


def processes_of(group_word):
    """Command lines of running processes that name this checkout's programs or demo."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if group_word in command:
                found.append(command)
    return found


def start_demo(**environment):
    return subprocess.Popen(
        ["/usr/bin/python3", ROOT / "tools" / "demo.py"], cwd=ROOT, env={**os.environ, **environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )


@test("the demo runs, opens, checks and ends by itself; Ctrl-C stops it and leaves no process behind", long=True)
def demo():  # one after the other: its ports are always the same
    by_itself()
    interrupted()


def by_itself():
    demo = start_demo(DEMO_SECONDS="20")
    try:
        output = demo.communicate(timeout=300)[0]
    finally:
        demo.kill()
    expect(demo.returncode == 0, f"status {demo.returncode}:\n{output}")
    for word in ("cameras", "frames sealed", "gaps", "frames redacted", "seconds opened"):
        expect(word in output, f"the summary lacks {word!r}:\n{output}")
    left = processes_of(str(ROOT / "build" / "demo"))
    expect(not left, f"left behind: {left}")


def interrupted():
    demo = start_demo()
    seen = []
    try:
        for line in demo.stdout:
            seen.append(line)
            if "Ctrl-C" in line:
                break
        expect(demo.poll() is None, "the demo did not start:\n" + "".join(seen))
        expect(processes_of(str(ROOT / "build" / "demo")), "no program of the demo is running")
        demo.send_signal(signal.SIGINT)
        demo.wait(40)
        expect(demo.returncode == 0, f"status {demo.returncode}")
    finally:
        demo.kill()
    wait_for("no process left", lambda: not processes_of(str(ROOT / "build" / "demo")), 10)
