#!/usr/bin/python3
"""run.py [--soak] [WORD…]: the integration tests whose module or name contains a WORD; all without one.

Prints "ok NAME", "FAIL NAME" with the reason above, or "skip NAME". All of them run several at a time, each in a
process of its own, since most of their time is waiting. What fails then is tried once more, alone, when the others are
done; both tries are in the output, and a soak allows no second one.
"""

import importlib
import re
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import harness
import sitekit

LANES = 3
LIMIT_S = 900  # of one test
FIRST = re.compile("^FAIL ", re.MULTILINE)
SECOND = re.compile("^ok .*$", re.MULTILINE)


def interrupted(number, frame):
    raise KeyboardInterrupt


def run(test):
    begun = time.monotonic()
    try:
        test.function()
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
    print(f"{outcome} integration: {test.name} ({time.monotonic() - begun:.1f} s)", flush=True)
    return outcome != "FAIL"


class Lanes:
    """Tests as processes. What a test prints is shown when it has ended."""

    def __init__(self):
        self.running = set()

    def run(self, test):
        process = subprocess.Popen(
            [sys.executable, __file__, "--only", test.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        self.running.add(process)
        try:
            output, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.terminate()
            output, _ = process.communicate()
            output += f"FAIL integration: {test.name}: not done after {LIMIT_S} s\n"
        finally:
            self.running.discard(process)
        if process.returncode != 0 and "FAIL " not in output:
            output += f"FAIL integration: {test.name}: ended with status {process.returncode}\n"
        return test, output, process.returncode == 0

    def run_all(self, tests, count):
        """Whether the long ones passed, which have second tries of their own; and the others that did not."""
        good, failed = True, []
        with ThreadPoolExecutor(count) as pool:
            try:
                for done in as_completed([pool.submit(self.run, test) for test in tests]):
                    test, output, passed = done.result()
                    if test.long:
                        good &= passed
                    elif not passed:
                        failed.append(test)
                        output = FIRST.sub("# first try: FAIL ", output)
                    print(output, end="", flush=True)
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in list(self.running):
                    process.terminate()  # it takes down what it started
                raise
        return good, failed


def chosen_tests(words, soak):
    for module in sorted(Path(__file__).parent.glob("*_test.py")):
        importlib.import_module(module.stem)
    return [
        test for test in harness.tests
        if test.soak == soak and (not words or any(w in f"{test.function.__module__} {test.name}" for w in words))
    ]


def main():
    signal.signal(signal.SIGTERM, interrupted)
    if sys.argv[1:2] == ["--only"]:
        tests = [t for t in chosen_tests([], False) + chosen_tests([], True) if t.name == sys.argv[2]]
        return 0 if run(tests[0]) else 1
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    tests = chosen_tests(words, "--soak" in sys.argv)
    if words or "--soak" in sys.argv:
        return 0 if all([run(test) for test in tests]) else 1
    lanes = Lanes()
    good, failed = lanes.run_all(sorted(tests, key=lambda test: not test.long), LANES)
    for test in failed:
        _, output, passed = lanes.run(test)
        print(SECOND.sub(r"\g<0> on the second try", output), end="", flush=True)
        good &= passed
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
