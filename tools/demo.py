#!/usr/bin/python3
"""make demo: four cameras, a site with a 2-of-3 vault, its desk. Until Ctrl-C, or for DEMO_SECONDS and
then with a proof: ten seconds opened, everything checked, a summary, and a status that tells.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import sitekit
from sitekit import ROOT, Cameras, Failure, Site, scrim, scrim_ok, wait_for

DEMO = ROOT / "build" / "demo"
SITE, SHARES = DEMO / "site", DEMO / "shares"
SECRETS = DEMO / "secrets.json"  # passwords of the demo's users and cameras, 0600
CAMERA_USER = "scrim"
USERS = {"olga": "operator", "anna": "administrator", "karl": "keyholder", "paul": "auditor"}
CAMERAS = {
    "road": "Campus road",
    "corner": "Street corner (1920×1080)",
    "crossing": "Crossing",
    "lawn": "Lawn (H.265)",
}
PURPOSE = "Demonstration of Scrim with public test footage"
SITE_ID = "demo"
DESK_PORT, RTSP_PORT = 8443, 8554
LIVE_SECONDS = 90  # until every camera must be live: the veil starts opaque, on any machine
OPEN_SECONDS = 10


def say(text=""):
    print(text, flush=True)


def shown(path):
    """Relative to where the user stands, if that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)


def load_secrets():
    """Those of the last run, if the site is whole; else none, and the site is made anew."""
    whole = (SITE / "state" / "vault-test.json").exists() and len(list(SHARES.glob("share-*.json"))) == 3
    try:
        return json.loads(SECRETS.read_text()) if whole else None
    except (OSError, ValueError):
        return None


def new_secrets():
    return {
        "camera": secrets.token_urlsafe(12),
        "users": {name: secrets.token_urlsafe(9) for name in USERS},
    }


def camera_entries(cameras):
    return [
        {
            "id": camera,
            "name": name,
            "main": cameras.url(camera),
            "sub": cameras.url(f"{camera}-sub"),
            "user": CAMERA_USER,
            "password_file": "secrets/camera",
            "purpose": PURPOSE,
            "retention_hours": 24,
        }
        for camera, name in CAMERAS.items()
    ]


def make_site(site, known):
    """A fresh site with vault and users; cameras come to `scrim.yaml` with configure()."""
    for directory in (SITE, SHARES):
        shutil.rmtree(directory, ignore_errors=True)
    say("demo: new site with a 2-of-3 vault")
    site.create([], site_id=SITE_ID)  # the log of openings begins with its id, and with the vault
    # Convenient for a demo and nothing else: real shares carry a passphrase each.
    site.make_vault(SHARES)
    for name, role in USERS.items():
        site.add_user(name, role, known["users"][name])
    sitekit.write_secret(SITE / "secrets" / "camera", known["camera"])
    sitekit.write_secret(SECRETS, json.dumps(known))


def start_cameras(log):
    footage = DEMO / "footage"
    clips = {name: footage / f"{name}.mp4" for name in CAMERAS}
    clips |= {f"{name}-sub": footage / f"{name}-sub.mp4" for name in CAMERAS}
    return Cameras(
        clips,
        user=CAMERA_USER,
        password_file=SITE / "secrets" / "camera",
        port=sitekit.port_or_free(RTSP_PORT),
        log=log,
    )


def states(desk):
    return {c["id"]: (c["state"], c["veil"]["state"]) for c in desk.get("/cameras")}


def wait_until_live(site, desk, known):
    def alive():
        if site.process.poll() is not None:
            raise Failure(f"scrim up ended; see {shown(DEMO / 'site.log')}")
        return True

    wait_for("the desk", lambda: alive() and desk.answers(), 30)
    desk.sign_in("olga", known["users"]["olga"])
    say("demo: desk is up, waiting for the cameras to be live")
    try:
        wait_for(
            "live cameras",
            lambda: alive() and all(s == ("recording", "live") for s in states(desk).values()),
            LIVE_SECONDS,
        )
    except Failure as failure:
        raise Failure(f"{failure}: {states(desk)}") from None


def print_welcome(site, known):
    example = (
        f"{shown(ROOT / 'build/bin/scrim')} unseal {shown(SITE)} --camera road --from now-40s --to now-30s "
        f"--share {shown(site.shares[0])} --share {shown(site.shares[1])} "
        f"--reason \"trying the demo\" --out {shown(DEMO / 'road.mp4')}"
    )
    say()
    say(f"  Scrim is running:  https://127.0.0.1:{site.port}/   (its certificate is its own: the browser asks once)")
    say()
    for name, role in USERS.items():
        say(f"    {name:6} {known['users'][name]:14} {role}")
    say()
    say(f"  Shares of the vault, 2 of 3 open, without passphrase because this is a demo: {shown(SHARES)}")
    say(f"    {example}")
    say()


def run(site, known, seconds):
    """Until the time is over (True) or somebody asks us to stop (KeyboardInterrupt)."""
    print_welcome(site, known)
    say("Ctrl-C stops everything." if seconds is None else f"Stops by itself after {seconds:g} seconds.")
    deadline = None if seconds is None else time.monotonic() + seconds
    while deadline is None or time.monotonic() < deadline:
        if site.process.poll() is not None:
            raise Failure(f"scrim up ended by itself; see {shown(DEMO / 'site.log')}")
        time.sleep(0.2)


def probe(path, *arguments):
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", *arguments, str(path)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def frames_in(path):
    count = probe(path, "-count_packets", "-show_entries", "stream=nb_read_packets")
    return int(count.split(",")[0] or 0)


def redacted_frames(since):
    """Frames in the redacted archive of this run."""
    total = 0
    for camera in CAMERAS:
        for file in (SITE / "veil" / camera).glob("*/*.mp4"):
            if file.stat().st_mtime >= since:
                total += frames_in(file)
    return total


def open_ten_seconds(site, segments):
    """Opens ten seconds of the longest segment with two shares; returns the seconds that play."""
    camera, record = max(segments, key=lambda s: s[1]["end_us"] - s[1]["start_us"])
    start = record["start_us"] + 1_000_000
    out = DEMO / "opened.mp4"
    out.unlink(missing_ok=True)
    result = site.unseal(camera, start, start + OPEN_SECONDS * 1_000_000, out, reason="demo, end of run")
    if result.status != 0:
        raise Failure(f"unseal: {result.err.strip()}")
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", out, "-f", "null", "-"], capture_output=True, text=True
    )
    if decoded.returncode != 0:
        raise Failure(f"{shown(out)} does not play: {decoded.stderr.strip()}")
    return float(probe(out, "-show_entries", "format=duration"))


def summarise(site, started, live):
    """Prints what the run did; returns the list of what is wrong with it."""
    wrong = [] if live else ["not every camera became live"]
    segments, gaps, frames = [], 0, 0
    for camera in CAMERAS:
        mine = [s for s in site.segments(camera) if s["end_us"] > started * 1e6]
        segments += [(camera, s) for s in mine]
        frames += sum(s["frames"] for s in mine)
        # A gap that ends with this run's first frame lies before the run: the site was off.
        first = min((s["start_us"] for s in mine), default=0)
        gaps += sum(1 for g in site.gaps(camera) if g["end_us"] > first)
        if not mine:
            wrong.append(f"nothing of {camera} was sealed")
    opened = 0.0
    if segments:
        opened = open_ten_seconds(site, segments)
        if opened < OPEN_SECONDS - 0.5:
            wrong.append(f"asked for {OPEN_SECONDS} s, {opened:.1f} s were opened")
    redacted = redacted_frames(started)
    if redacted == 0:
        wrong.append("nothing was redacted")
    if gaps:
        wrong.append("there are gaps")
    check = scrim("check", SITE, seconds=600)
    if check.status != 0:
        wrong.append(f"scrim check: {(check.err or check.out).strip()}")
    say()
    say("Summary")
    for name, value in {
        "cameras": len(CAMERAS),
        "frames sealed": frames,
        "gaps": gaps,
        "frames redacted": redacted,
        "seconds opened": f"{opened:.1f}",
        "scrim check": "ok" if check.status == 0 else "FAILED",
    }.items():
        say(f"  {name:16} {value}")
    return wrong


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    # SIGINT too: a shell starts background commands with it ignored.
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    seconds = os.environ.get("DEMO_SECONDS")
    seconds = float(seconds) if seconds else None
    DEMO.mkdir(parents=True, exist_ok=True)
    subprocess.run([ROOT / "tools" / "footage.sh", DEMO / "footage"], check=True)
    known = load_secrets()
    fresh = known is None
    known = known or new_secrets()
    log, camera_log = open(DEMO / "site.log", "w"), open(DEMO / "cameras.log", "w")
    site, cameras, live, wrong = Site(SITE, log), None, False, []
    started = time.time()
    try:
        if fresh:
            make_site(site, known)
        site.find_shares(SHARES)
        cameras = start_cameras(camera_log)
        site.configure(
            camera_entries(cameras), port=sitekit.port_or_free(DESK_PORT), site_id=SITE_ID, name="Scrim demo"
        )
        site.up()
        wait_until_live(site, site.desk(), known)
        live = True
        run(site, known, seconds)
    except KeyboardInterrupt:
        say("\ndemo: stopping")
        seconds = None
    except (Failure, subprocess.SubprocessError) as failure:
        wrong = [str(failure)]
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        site.down()
        if cameras:
            cameras.stop()
    if seconds is not None and not wrong:
        try:
            wrong = summarise(site, started, live)
        except (Failure, OSError, ValueError) as failure:
            wrong = [str(failure)]
    for text in wrong:
        print(f"demo: {text}", file=sys.stderr)
    if not wrong:
        say(f"demo: stopped; site in {shown(SITE)}, shares in {shown(SHARES)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
