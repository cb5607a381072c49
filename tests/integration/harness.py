"""What the integration tests share: their registry, footage, and sites that clean up after themselves."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import sitekit  # noqa: E402
from sitekit import Cameras, Site, wait_for  # noqa: E402

FOOTAGE = ROOT / "build" / "check" / "footage"
CAMERA_USER, CAMERA_PASSWORD = "scrim", "correct horse/battery:staple"
FPS = 10

tests = []


class Test(NamedTuple):
    name: str
    function: Callable
    soak: bool
    long: bool


class Skip(Exception):
    """This test cannot run here; the text says why."""


def test(name, soak=False, long=False):
    """Registers a test. Those with soak=True run only in `make soak`; those that take minutes begin first."""

    def register(function):
        tests.append(Test(name, function, soak, long))
        return function

    return register


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def expect_failure(result, *words):
    """A command that must have refused: status 1, and a sentence with these words in it."""
    expect(result.status == 1, f"status {result.status}, expected 1: {result.err.strip()!r}")
    text = result.err.strip()
    expect(text, "it failed without a word")
    for word in words:
        expect(word.lower() in text.lower(), f"the sentence does not say {word!r}: {text!r}")


def ffmpeg(*arguments):
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], capture_output=True, text=True
    )
    expect(done.returncode == 0, f"ffmpeg: {done.stderr.strip()}")
    return done.stdout


def probe(path, entries):
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "csv=p=0", "-select_streams", "v", "-show_entries", entries, str(path)],
        capture_output=True, text=True,
    )
    expect(done.returncode == 0, f"ffprobe {path}: {done.stderr.strip()}")
    return done.stdout.strip()


def packets(path):
    """How many pictures a film holds, whether they decode or not."""
    return int(probe(path, "stream=nb_frames"))


def frame_hashes(path):
    """A hash of every decoded picture, in order."""
    lines = ffmpeg("-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-").splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]


def vtest():
    shown = subprocess.run(
        ["bash", "-c", ". tools/vtest.sh && vtest_path"], cwd=ROOT, capture_output=True, text=True
    )
    expect(shown.returncode == 0, shown.stderr.strip())
    return ROOT / shown.stdout.strip()


# name: (ffmpeg input, filters, codec). A key frame a second, as a busy camera sends them.
CLIPS = {
    "people": (lambda: ["-ss", "10", "-t", "30", "-i", vtest()], "crop=768:432:0:72", "h264"),
    "people-sub": (lambda: ["-ss", "10", "-t", "30", "-i", vtest()], "scale=640:480", "h264"),
    "people-265": (lambda: ["-ss", "30", "-t", "20", "-i", vtest()], "scale=640:480", "h265"),
    # Noise: every slice of it is long and like no other, which makes it easy to search for.
    "noise": (lambda: ["-f", "lavfi", "-i", "testsrc2=s=640x480:r=10:d=12"], "noise=alls=40:allf=t", "h264"),
}
ENCODERS = {
    "h264": ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0", "-g", FPS],
    "h265": ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params",
             f"bframes=0:keyint={FPS}:min-keyint={FPS}:log-level=error"],
}


def footage(name, make):
    """A file of footage, which make(PATH) writes when it is first needed. Tests beside this one wait for it."""
    path = FOOTAGE / name
    FOOTAGE.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(path.suffix + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            partial = path.with_suffix(path.suffix + ".partial")
            make(partial)
            partial.rename(path)
    return path


def clip(name):
    def make(path):
        source, filters, codec = CLIPS[name]
        ffmpeg(*source(), "-an", "-vf", f"{filters},format=yuv420p", *ENCODERS[codec], "-f", "mp4", path)

    return footage(f"{name}.mp4", make)


class Stage:
    """A site, its cameras and their credentials, in a directory of its own."""

    def __init__(self, directory, cameras):
        self.dir = directory
        self.log_path = directory / "site.log"
        self.log_file = open(self.log_path, "w")
        self.site = Site(directory / "site", self.log_file)
        self.cameras = cameras

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text, seconds=20):
        wait_for(f"{text!r} in the log", lambda: text.lower() in self.log().lower(), seconds)

    def entry(self, camera, **changes):
        """The scrim.yaml entry of a simulated camera."""
        entry = {
            "id": camera,
            "main": self.cameras.url(camera),
            "user": CAMERA_USER,
            "password_file": "secrets/camera",
            "purpose": "Test",
        }
        if f"{camera}-sub" in self.clips:
            entry["sub"] = self.cameras.url(f"{camera}-sub")
        entry.update(changes)
        return {key: value for key, value in entry.items() if value is not None}

    def wait_until_recording(self, camera, seconds=30):
        """Until its sealed file is on disk and grows."""

        def size():
            return sum(f.stat().st_size for f in (self.site.dir / "store" / camera).glob("*/*.age*"))

        wait_for(f"sealed bytes of {camera}", size, seconds)
        before = size()
        wait_for(f"more sealed bytes of {camera}", lambda: size() > before, seconds)


@contextlib.contextmanager
def stage(clips, transport=None, passphrase=None, users=None, directory=None):
    """A configured site with one camera per clip (NAME-sub: the sub stream of NAME), not yet up."""
    parent = Path(directory or os.environ.get("TMPDIR", "/tmp"))
    work = Path(tempfile.mkdtemp(prefix="scrim-", dir=parent))  # short: socket paths end at 107 bytes
    staged = cameras = None
    try:
        password = sitekit.write_secret(work / "password", CAMERA_PASSWORD)
        files = {name: clip(source) for name, source in clips.items()}
        with open(work / "cameras.log", "w") as log:
            cameras = Cameras(files, CAMERA_USER, password, transport=transport, log=log)
        staged = Stage(work, cameras)
        staged.clips = clips
        names = [name for name in clips if not name.endswith("-sub")]
        staged.site.create([staged.entry(name) for name in names])
        sitekit.write_secret(staged.site.dir / "secrets" / "camera", CAMERA_PASSWORD)
        protection = passphrase and sitekit.write_secret(work / "passphrase", passphrase)
        staged.site.make_vault(work / "shares", passphrase_file=protection)
        for name, (role, secret) in (users or {}).items():
            staged.site.add_user(name, role, secret)
        yield staged
    except BaseException:
        if staged:
            tail = staged.log().splitlines()[-25:]
            print("".join(f"  log: {line}\n" for line in tail), end="")
        raise
    finally:
        try:
            if staged:
                staged.site.down()
                staged.log_file.close()
        finally:
            if cameras:
                cameras.stop()
            shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def recorded(clips, seconds, **options):
    """A site that recorded for about so many seconds and is down again."""
    with stage(clips, **options) as staged:
        staged.site.up()
        for name in clips:
            if not name.endswith("-sub"):
                staged.wait_until_recording(name)
        frames = staged.cameras.stat(next(iter(clips)))["frames"]
        wait_for(
            "enough frames",
            lambda: staged.cameras.stat(next(iter(clips)))["frames"] >= frames + seconds * FPS,
            seconds + 20,
        )
        status = staged.site.down()
        expect(status == 0, f"scrim up ended with status {status}")
        yield staged


def covered(site, camera):
    """(start, end) in µs of what was recorded, from the journal."""
    segments = site.segments(camera)
    expect(segments, f"no segment of {camera} was journalled")
    return segments[0]["start_us"], segments[-1]["end_us"]
