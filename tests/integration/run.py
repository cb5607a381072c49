#!/usr/bin/python3
"""run.py [--soak] [WORD…]: the integration tests whose module or name contains a WORD; all without one.

Prints "ok NAME", "FAIL NAME" with the reason above, or "skip NAME".
"""

import importlib
import signal
import sys
import time
import traceback
from pathlib import Path

import harness
import sitekit


def interrupted(number, frame):
    raise KeyboardInterrupt


def run(name, function):
    begun = time.monotonic()
    try:
        function()
        outcome = "ok"
    except harness.Skip as reason:
        print(f"  skipped: {reason}")
        outcome = "skip"
    except (AssertionError, sitekit.Failure) as failure:
        where = traceback.extract_tb(failure.__traceback__)[-1]
        print(f"  {Path(where.filename).name}:{where.lineno}: {failure}")
        outcome = "FAIL"
    except Exception:
        print("".join(f"  {line}\n" for line in traceback.format_exc().splitlines()), end="")
        outcome = "FAIL"
    print(f"{outcome} integration: {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    return outcome != "FAIL"


def main():
    signal.signal(signal.SIGTERM, interrupted)
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    soak = "--soak" in sys.argv
    for module in sorted(Path(__file__).parent.glob("*_test.py")):
        importlib.import_module(module.stem)
    good = True
    for name, function, only_soak in harness.tests:
        chosen = not words or any(word in f"{function.__module__} {name}" for word in words)
        if chosen and soak == only_soak:
            good &= run(name, function)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
