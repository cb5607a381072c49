"""The desk in a real browser, on a real site (tests/browser)."""

import contextlib
import os
import secrets
import shutil

import sitekit
from harness import CAMERA_PASSWORD, CAMERA_USER, ROOT, Skip, expect, stage, test

BROWSER = ROOT / "tests" / "browser"
ARTIFACTS = ROOT / "build" / "check" / "desk"
CLIPS = {
    "quay": "people", "quay-sub": "people-sub",
    "gate": "people", "gate-sub": "people-sub",
    "lawn": "people-265", "lawn-sub": "people-sub",
    "hall": "people",
}


def begin(script, **environment):
    """Starts it; each of its lines "ok NAME" and "FAIL NAME" counts for itself."""
    if not shutil.which("chromium"):
        raise Skip("chromium is not installed")
    return sitekit.start(
        ["node", BROWSER / script], env={**os.environ, "SCRIM_ARTIFACTS": str(ARTIFACTS), **environment}
    )


def finish(script, process):
    expect(process.wait(900) == 0, f"{script}: see the lines above; pictures are in {ARTIFACTS}")


def lock(share, passphrase):
    """Puts a share under a passphrase, in the place where it lay without one."""
    bare = share.rename(share.with_suffix(".bare"))
    sitekit.scrim_ok("vault", "protect", "--share", bare, "--out", share, "--new-passphrase-file", passphrase)
    bare.unlink()


@test("the desk in Chromium: what an operator does on four real cameras; states that a healthy site rarely shows", long=True)
def chromium():
    states = begin("states.mjs")  # on a server of its own, while the site fills its archive
    password = secrets.token_urlsafe(12)
    with contextlib.ExitStack() as stack:
        stack.callback(states.kill)
        staged = stack.enter_context(stage(CLIPS, users={
            "olga": ("operator", password), "ada": ("administrator", password),
            **{name: ("keyholder", password) for name in ("kim", "ben", "cem")},
        }))
        passphrase = sitekit.write_secret(staged.dir / "passphrase-ben", secrets.token_urlsafe(12))
        lock(staged.site.shares[1], passphrase)
        # Few hours, so that the disk of a test has room for the camera that one test adds.
        staged.site.configure([staged.entry(name, retention_hours=2) for name in CLIPS if not name.endswith("-sub")])
        with open(staged.site.dir / "scrim.yaml", "a") as yaml:
            yaml.write('break_glass: {operators: [olga], reason_shown: "A person in the water has only minutes"}\n')
        staged.site.up()
        for name in CLIPS:
            if not name.endswith("-sub"):
                staged.wait_until_recording(name)
        operator = begin(
            "run.mjs",
            SCRIM_URL=f"https://127.0.0.1:{staged.site.port}/",
            SCRIM_USER="olga",
            SCRIM_PASSWORD=password,
            SCRIM_ADMIN_USER="ada",
            SCRIM_ADMIN_PASSWORD=password,
            SCRIM_CAMERAS="4",
            SCRIM_SITE_PID=str(staged.site.process.pid),
            SCRIM_SITE_DIR=str(staged.site.dir),
            # One more camera, for the test that adds one: what films the hall serves that, too.
            SCRIM_CAMERA_URL=staged.entry("hall")["main"],
            SCRIM_CAMERA_USER=CAMERA_USER,
            SCRIM_CAMERA_PASSWORD=CAMERA_PASSWORD,
            # For the vault: ben's share asks for a passphrase.
            SCRIM_SHARES=str(staged.site.shares[0].parent),
            SCRIM_SHARE_PASSPHRASE=passphrase.read_text().strip(),
            SCRIM_KEYHOLDER_PASSWORD=password,
        )
        stack.callback(operator.kill)
        finish("run.mjs", operator)
        finish("states.mjs", states)
