#!/usr/bin/python3
"""The desk in a real browser (tests/browser), against a site of its own with real cameras behind it."""

import os
import subprocess
import sys

from harness import ROOT, stage, wait_for

USER, PASSWORD = "olga", "a password for the browser"
CLIPS = {
    "quay": "people", "quay-sub": "people-sub", "gate": "people-265", "gate-sub": "people-sub",
    "yard": "people-sub", "lane": "people", "lane-sub": "people-sub",
}


def main():
    artifacts = ROOT / "build" / "check" / "browser"
    with stage(CLIPS, users={USER: ("operator", PASSWORD)}) as staged:
        site = staged.site
        site.up()
        wait_for("the desk", site.desk().answers, 30)
        environment = {
            **os.environ,
            "SCRIM_URL": f"https://127.0.0.1:{site.port}/",
            "SCRIM_USER": USER,
            "SCRIM_PASSWORD": PASSWORD,
            "SCRIM_SITE_PID": str(site.process.pid),
            "SCRIM_ARTIFACTS": str(artifacts),
        }
        tests = subprocess.Popen(
            ["node", "run.mjs", *sys.argv[1:]], cwd=ROOT / "tests" / "browser", env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for line in tests.stdout:
            outcome, _, rest = line.partition(" ")
            shown = f"{outcome} browser: {rest}" if outcome in ("ok", "FAIL", "skip") else f"  {line}"
            print(shown, end="", flush=True)
        return tests.wait()


if __name__ == "__main__":
    sys.exit(main())
