"""The desk in a real browser, on a real site (tests/browser)."""

import os
import secrets
import shutil
import subprocess

from harness import ROOT, Skip, expect, stage, test

BROWSER = ROOT / "tests" / "browser"
ARTIFACTS = ROOT / "build" / "check" / "desk"
CLIPS = {
    "quay": "people", "quay-sub": "people-sub",
    "gate": "people", "gate-sub": "people-sub",
    "lawn": "people-265", "lawn-sub": "people-sub",
    "hall": "people",
}  


def browse(script, **environment):
    """Runs it; each of its lines "ok NAME" and "FAIL NAME" counts for itself."""
    if not shutil.which("chromium"):
        raise Skip("chromium is not installed")
    done = subprocess.run(
        ["node", BROWSER / script], env={**os.environ, "SCRIM_ARTIFACTS": str(ARTIFACTS), **environment}, timeout=900
    )
    expect(done.returncode == 0, f"{script}: see the lines above; pictures are in {ARTIFACTS}")


@test("the desk in Chromium: what an operator does, on four real cameras")
def operator():
    password = secrets.token_urlsafe(12)
    with stage(CLIPS, users={"olga": ("operator", password)}) as staged:
        staged.site.up()
        for name in CLIPS:
            if not name.endswith("-sub"):
                staged.wait_until_recording(name)
        browse(
            "run.mjs",
            SCRIM_URL=f"https://127.0.0.1:{staged.site.port}/",
            SCRIM_USER="olga",
            SCRIM_PASSWORD=password,
            SCRIM_CAMERAS="4",
            SCRIM_SITE_PID=str(staged.site.process.pid),
        )


@test("the desk in Chromium: states that a healthy site rarely shows")
def states():
    browse("states.mjs")
