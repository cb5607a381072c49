"""The simulator itself: what the other tests lean on."""

import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import CAMERA_PASSWORD, CAMERA_USER, clip, expect, test, wait_for
from sitekit import Cameras, Failure, write_secret


@contextmanager
def cameras(clips, **options):
    with TemporaryDirectory(prefix="scrim-") as work:
        password = write_secret(Path(work) / "password", CAMERA_PASSWORD)
        running = Cameras(clips, CAMERA_USER, password, log=subprocess.DEVNULL, **options)
        try:
            yield running
        finally:
            running.stop()


def watch(running, camera, seconds=2, transport="tcp", password=CAMERA_PASSWORD):
    """ffmpeg as a client: (status, packets received, what it said)."""
    quoted = password.replace("/", "%2F").replace(":", "%3A").replace(" ", "%20")
    url = running.url(camera).replace("rtsp://", f"rtsp://{CAMERA_USER}:{quoted}@")
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url, "-t", str(seconds),
         "-c", "copy", "-f", "framemd5", "-"],
        capture_output=True, text=True, timeout=60,
    )
    return done.returncode, sum(not l.startswith("#") for l in done.stdout.splitlines()), done.stderr


@test("camsim serves H.264 and H.265 over TCP and UDP at their pace, to who knows the password")
def serves():
    clips = {"a": clip("people"), "b": clip("people-265")}
    with cameras(clips) as running:
        for camera in clips:
            for transport in ("tcp", "udp"):
                status, packets, said = watch(running, camera, transport=transport)
                expect(status == 0 and 15 <= packets <= 35, f"{camera} over {transport}: {packets}: {said}")
        status, _, said = watch(running, "a", password="wrong")
        expect(status != 0 and "401" in said, f"a wrong password: {said}")
        status, _, said = watch(running, "nosuch")
        expect(status != 0 and "404" in said, f"an unknown camera: {said}")


@test("camsim refuses what it does not offer")
def refuses():
    with cameras({"a": clip("people")}, transport="tcp") as running:
        expect(watch(running, "a", transport="udp")[0] != 0, "UDP was served")
        expect(watch(running, "a", transport="tcp")[0] == 0, "TCP was not served")
        for line in ("loss a 7", "loss a", "loss a x", "nosuch a 1", "freeze b 1", "switch a /dev/null", ""):
            try:
                running.command(line)
            except Failure:
                continue
            raise AssertionError(f"{line!r} was accepted")


@test("camsim loses packets, stops and refuses on command, and heals")
def faults():
    with cameras({"a": clip("people")}) as running:
        running.command("fail a 503")
        expect("5XX" in watch(running, "a")[2], "it did not refuse")
        running.command("fail a 0")
        running.command("loss a 0.2")
        watch(running, "a")
        expect(running.stat("a")["lost"] > 0, "no packet was lost")
        running.command("loss a 0")
        # Nobody watches: the pipeline is gone, frames stop.
        wait_for("the last client to be gone", lambda: not running.stat("a")["watched"])
        before = running.stat("a")["frames"]
        expect(watch(running, "a")[0] == 0, "it did not heal")
        expect(running.stat("a")["frames"] > before, "no frame was sent")
