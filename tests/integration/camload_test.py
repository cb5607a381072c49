"""The generator of load: what benches and soaks lean on."""

import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import CAMERA_PASSWORD, CAMERA_USER, clip, expect, ffmpeg, footage, packets, test, wait_for
from loadkit import CUT, SENT, UDP, Load, ledger_of
from sitekit import Failure, write_secret

USERINFO = f"{CAMERA_USER}:correct%20horse%2Fbattery%3Astaple@"


def byte_stream(name, codec):
    form = "hevc" if codec == "h265" else "h264"
    return footage(f"{name}.{codec}", lambda path: ffmpeg("-i", clip(name), "-c", "copy", "-f", form, path))


@contextmanager
def load(cameras, **options):
    with TemporaryDirectory(prefix="scrim-") as work:
        password = write_secret(Path(work) / "password", CAMERA_PASSWORD)
        clips = [byte_stream("people", "h264"), byte_stream("people-265", "h265")]
        more = ["--user", CAMERA_USER, "--password-file", password]
        running = Load(clips, cameras, ledger=Path(work) / "ledger", more=more, **options)
        try:
            yield running, Path(work)
        finally:
            running.stop()


def watch(running, number, out, transport="tcp", userinfo=USERINFO, seconds=2):
    url = running.url(number).replace("rtsp://", f"rtsp://{userinfo}")
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "fatal", "-y", "-rtsp_transport", transport, "-i", url, "-t", str(seconds), "-c",
         "copy", out], capture_output=True, text=True, timeout=30,
    )
    return done.returncode


@test("camload serves H.264 and H.265 over TCP and UDP to who knows the password, and its ledger is whole")
def serves():
    with load(2) as (running, work):
        for number in (0, 1):
            for transport in ("tcp", "udp"):
                out = work / f"{number}-{transport}.mp4"
                expect(watch(running, number, out, transport) == 0, f"cam{number} over {transport} was not served")
                expect(45 <= packets(out) <= 60, f"{packets(out)} pictures in 2 s")
        expect(watch(running, 0, work / "no.mp4", userinfo="scrim:wrong@") != 0, "a wrong password was accepted")
        expect(watch(running, 7, work / "no.mp4") != 0, "a camera that does not exist was served")
        wait_for("the viewers to be gone", lambda: running.stat()["watched"] == 0)
        said = running.stat()
        running.stop()
        for number, units in ledger_of(running.ledger).items():
            expect(sorted(units) == list(range(len(units))), f"cam{number}: numbers are missing")
            expect(any(flags & UDP for _, flags, _, _ in units.values()), "nothing went over UDP")
        fates = [fate for units in ledger_of(running.ledger).values() for fate, _, _, _ in units.values()]
        expect(fates.count(SENT) == said["sent"], f"{fates.count(SENT)} sent in the ledger, {said['sent']} counted")
        expect(fates.count(SENT) + fates.count(CUT) > 180, f"{len(fates)} pictures in the ledger")


@test("camload misbehaves on command, and heals")
def faults():
    with load(1) as (running, work):
        out = work / "out.mp4"
        for spoil, heal in (("fail cam0 503", "fail cam0 0"), ("badsdp * 1", "badsdp * 0")):
            running.command(spoil)
            expect(watch(running, 0, out) != 0, f"{spoil}: it was served all the same")
            running.command(heal)
        running.command("loss cam0 0.2")
        watch(running, 0, out)
        running.command("loss cam0 0")
        expect(running.stat("cam0")["lost"] > 0, "no packet was withheld")
        expect(watch(running, 0, out) == 0 and packets(out) >= 45, "it did not heal")
        for line in ("loss cam0 7", "loss cam0", "nosuch cam0 1", "freeze cam9 1", "freeze", ""):
            try:
                running.command(line)
            except Failure:
                continue
            raise AssertionError(f"{line!r} was accepted")
