"""The long ones, picture by picture (bench/soak.py): `make soak`, SOAK_SECONDS=1800."""

import os
import subprocess
import sys

from harness import ROOT, expect, test


def soak(*arguments, seconds):
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "soak.py", *arguments],
        env={**os.environ, "SOAK_SECONDS": str(seconds)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    expect(done.returncode == 0, "what was sent is not what was sealed and what was journalled as lost")


SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))


@test("32 cameras, a fault every few seconds: sent = sealed + lost", soak=True)
def faults():
    soak(seconds=SECONDS)


@test("32 cameras, a fault every few seconds, the recorder's processes killed: sent = sealed + lost", soak=True)
def kills():
    soak("--kill", seconds=SECONDS // 3)
