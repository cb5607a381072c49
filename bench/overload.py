#!/usr/bin/python3
"""What the veil does when there are more cameras than it can look after, and when there are few again: the same
cameras as bench/live.py, only too many; then most of them stop sending. Watches the workers' own figures.

    BENCH_CAMERAS=120 BENCH_SECONDS=90 bench/overload.py

The order must hold: pictures are left out first, cameras go opaque only after that, and all of it is taken back. Result:
build/bench/overload.json.
"""

import contextlib
import os
import sys
import time

os.environ.setdefault("BENCH_CAMERAS", "120")
os.environ.setdefault("BENCH_SECONDS", "90")
os.environ.setdefault("BENCH_MAIN", "0")

import live  # noqa: E402
from benchkit import save  # noqa: E402
from sitekit import Failure, wait_for  # noqa: E402

LEFT = int(os.environ.get("BENCH_LEFT", "12"))  # cameras that go on
STEP_S = 4  # the log takes so many lines of one kind, and no more
RECOVERY_S = 240


class Watch:
    """What the workers said, step by step."""

    def __init__(self, stage):
        self.stage, self.begun = stage, time.monotonic()
        self.steps = []

    def look(self):
        live.wait(STEP_S)
        _, workers = self.stage.figures(cameras=0)
        step = {
            "s": round(time.monotonic() - self.begun, 1),
            "divisors": [int(w["divisor"]) for w in workers],
            "dark": [int(w["dark"]) for w in workers],
            "behind_ms": max(int(w["behind_ms"]) for w in workers),
        }
        self.steps.append(step)
        if any(dark and divisor < 4 for dark, divisor in zip(step["dark"], step["divisors"])):
            raise Failure(f"cameras went opaque before pictures were left out: {step}")
        print("  {s:6} s  divisors {divisors}  dark {dark}  behind {behind_ms} ms".format(**step), flush=True)
        return step

    def fine(self):
        step = self.look()
        return max(step["divisors"]) == 1 and sum(step["dark"]) == 0


def overload(stage):
    stage.site.up()
    desk = stage.site.desk()
    wait_for("the desk", desk.answers, 60)
    desk.sign_in(live.USER, live.PASSWORD)
    watch = Watch(stage)
    wait_for("overload", lambda: watch.look()["s"] >= live.SECONDS, live.SECONDS + 60)
    worst = watch.steps[-1]
    if max(worst["divisors"]) == 1:
        raise Failure("there was no overload: BENCH_CAMERAS is too small for this machine")
    for camera in range(LEFT, live.CAMERAS):
        busy, number = stage.subs.places[camera]
        stage.subs.loads[busy].command(f"freeze cam{number} 1")
    eased = time.monotonic()
    wait_for("the load to be taken back", watch.fine, RECOVERY_S)
    back = time.monotonic() - eased

    def all_live():
        states = {c["id"]: c["veil"]["state"] for c in desk.get("/cameras")}
        return all(states[f"cam{i}"] == "live" for i in range(LEFT))

    wait_for("all cameras that still send to be live", all_live, RECOVERY_S)
    steps = watch.steps
    return {
        "cameras": live.CAMERAS,
        "cameras_left": LEFT,
        "divisor_4_after_s": next((s["s"] for s in steps if max(s["divisors"]) == 4), None),
        "dark_after_s": next((s["s"] for s in steps if sum(s["dark"])), None),
        "dark_max": max(sum(s["dark"]) for s in steps),
        "behind_ms_max": max(s["behind_ms"] for s in steps),
        "behind_ms_settled": worst["behind_ms"],
        "taken_back_after_s": round(back, 1),
        "live_after_s": round(time.monotonic() - eased, 1),
        "steps": steps,
    }


def main():
    with contextlib.ExitStack() as cleanup:
        stage = live.Stage(cleanup)
        cleanup.callback(stage.site.down)
        try:
            result = overload(stage)
        except Failure:
            print("".join(line for line in open(stage.log_path) if " info veil" not in line)[-4000:], file=sys.stderr)
            raise
    save("overload", result, "too many cameras, then few")
    return 0


if __name__ == "__main__":
    sys.exit(main())
