"""Sound: recorded only where scrim.yaml says why, sealed with the pictures, and heard by nobody else."""

import json
import os
import signal
import subprocess
from contextlib import closing

from harness import FPS, covered, expect, expect_failure, ffmpeg, footage, frame_hashes, stage, test, wait_for
from sitekit import scrim, utc_text
from sound_camera import SoundCamera

REASON = "Emergency intercom at the quay; callers press a button and are told"
SECONDS = 8
MATCH = 0.1  # seconds by which sound and pictures may be apart

# name: how its sound is made. Noise and a moving picture: no two frames are alike.
CLIPS = {
    "sound-aac": ["-ar", "16000", "-c:a", "aac", "-b:a", "48k", "-f", "mp4"],
    "sound-mulaw": ["-ar", "8000", "-c:a", "pcm_mulaw", "-f", "mov"],
}


def sound_clip(name):
    def make(path):
        ffmpeg(
            "-f", "lavfi", "-i", f"testsrc2=s=640x480:r={FPS}:d=60", "-f", "lavfi", "-i", "anoisesrc=d=60:a=0.3:seed=7",
            "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0", "-g", FPS,
            "-ac", "1", *CLIPS[name], path,
        )  # fmt: skip

    return footage(f"{name}.mov", make)


def streams(path):
    """The kinds and codecs of the tracks in a file."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_type,codec_name", path],
        capture_output=True, text=True,
    )  # fmt: skip
    expect(shown.returncode == 0, f"ffprobe {path}: {shown.stderr.strip()}")
    return [tuple(reversed(line.split(","))) for line in shown.stdout.split()]


def packets_of(path, kind):
    """[(seconds, hash of the bytes)] of a track, in order."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-select_streams", kind, "-show_data_hash", "md5",
         "-show_entries", "packet=pts_time,data_hash", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [(float(packet["pts_time"]), packet["data_hash"]) for packet in json.loads(shown.stdout)["packets"]]


def record(staged, camera, **changes):
    """Records the camera as "quay", and looks at what must hold of every recording."""
    site = staged.site
    entry = {"id": "quay", "main": camera.url, "purpose": "Test", **changes}
    site.configure([entry])
    site.up()
    staged.wait_until_recording("quay")
    wait_for("enough pictures", lambda: camera.sent > SECONDS * FPS, SECONDS + 20)
    wait_for("a redacted picture", lambda: list((site.dir / "veil").rglob("*.mp4*")), 20)
    expect(site.down() == 0, "scrim up did not end well")
    expect(not site.check()["findings"], f"scrim check: {site.check()['findings']}")
    expect(not site.gaps("quay"), f"gaps: {site.gaps('quay')}")
    for file in (site.dir / "veil").rglob("*.mp4"):
        expect([kind for kind, _ in streams(file)] == ["video"], f"{file.name} has {streams(file)}")


def opened(staged, name="opened.mp4"):
    start, end = covered(staged.site, "quay")
    out = staged.dir / name
    result = staged.site.unseal("quay", start, end, out)
    expect(result.status == 0, f"unseal: {result.err.strip()}")
    return out


def exported(staged):
    """The first sealed segment itself, as its recipient opens it."""
    identity, out = staged.dir / "identity", staged.dir / "export"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    start, end = covered(staged.site, "quay")
    arguments = ["unseal", staged.site.dir, "--camera", "quay", "--from", utc_text(start), "--to", utc_text(end)]
    for share in staged.site.shares[:2]:
        arguments += ["--share", share]
    result = scrim(*arguments, "--reason", "export", "--recipient", recipient, "--out", out)
    expect(result.status == 0, f"unseal: {result.err.strip()}")
    plain = staged.dir / "plain.mp4"
    file = sorted(out.rglob("*.age"))[0]
    subprocess.run(["age", "-d", "-i", identity, "-o", plain, file], check=True, capture_output=True)
    return plain


def check_pictures(film, clip):
    """All pictures of the film are the clip's, from its first one on, in order. Returns when each is shown."""
    original, found = frame_hashes(clip), frame_hashes(film)
    expect(found == original[: len(found)], "the pictures are not the clip's first ones in order")
    times = sorted(at for at, _ in packets_of(film, "v"))
    expect(len(times) == len(found) and len(found) > SECONDS * FPS / 2, f"{len(found)} pictures")
    return times


def match(film, off):
    """`off`: by how much each frame of sound is. A camera on a busy machine sends some late, its first ones too."""
    worst = sorted(map(abs, off))[len(off) * 9 // 10]
    expect(worst <= MATCH, f"{film.name}: sound is off by {worst:.3f} s")


@test("a camera with a reason to record sound: its AAC is sealed bit for bit, in step with the pictures")
def aac_is_recorded():
    clip = sound_clip("sound-aac")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS, "aac", together=2)) as camera:
        record(staged, camera, audio_reason=REASON)
        expect(camera.setups() == ["t0", "t1"], f"set up: {camera.setups()}")
        expect(REASON in staged.log(), "the log does not say why sound is recorded")
        original = [digest for _, digest in packets_of(clip, "a")]
        for film in (exported(staged), opened(staged)):
            expect(streams(film) == [("video", "h264"), ("audio", "aac")], f"{film.name} has {streams(film)}")
            shown, heard = check_pictures(film, clip), packets_of(film, "a")
            first = original.index(heard[0][1])
            digests = [digest for _, digest in heard]
            missing = [at for at in range(first, first + len(digests)) if original[at] not in digests]
            expect(not missing, f"{film.name}: frames {missing} of the sound are missing")
            expect(digests == original[first : first + len(digests)], "the sound is not the clip's, frame for frame")
            expect(len(heard) * 1024 / 16000 > shown[-1] - 1, f"{len(heard)} frames of sound for {shown[-1]:.1f} s")
            match(film, [at - shown[0] - (first + number) * 1024 / 16000 for number, (at, _) in enumerate(heard)])
            ffmpeg("-xerror", "-i", film, "-f", "null", "-")


@test("G.711 is recorded sample for sample, and the film of it opens", soak=True)
def mulaw_is_recorded():
    clip = sound_clip("sound-mulaw")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS, "mulaw")) as camera:
        record(staged, camera, audio_reason=REASON)
        whole = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", clip, "-map", "0:a", "-c", "copy", "-f", "mulaw", "-"],
            check=True, capture_output=True,
        ).stdout  # fmt: skip
        for film in (opened(staged), exported(staged)):
            expect(streams(film) == [("video", "h264"), ("audio", "pcm_mulaw")], f"{film.name} has {streams(film)}")
            shown, heard = check_pictures(film, clip), packets_of(film, "a")
            ours = subprocess.run(
                ["ffmpeg", "-v", "error", "-i", film, "-map", "0:a", "-c", "copy", "-f", "mulaw", "-"],
                check=True, capture_output=True,
            ).stdout  # fmt: skip
            silence = len(ours) - len(ours.lstrip(b"\xff"))  # that a film has where there is no sound
            first = whole.find(ours[silence:])
            expect(first >= 0 and len(ours) > 8000 * (SECONDS - 3), f"{len(ours)} samples that are not the clip's")
            off = heard[0][0] + silence / 8000 - shown[0] - first / 8000
            expect(abs(off) <= 2 * MATCH, f"{film.name}: the sound is off by {off:.3f} s")


@test("without a reason the camera's sound is never asked for, and no file has any")
def no_reason_no_sound():
    clip = sound_clip("sound-aac")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS, "aac")) as camera:
        record(staged, camera)
        expect(camera.setups() == ["t0"], f"set up: {camera.setups()}")
        for film in (opened(staged), exported(staged)):
            expect(streams(film) == [("video", "h264")], f"{film.name} has {streams(film)}")
            check_pictures(film, clip)


@test("sound is left out, and that is said, where the stream comes by UDP or the camera has none")
def sound_that_cannot_be():
    clip = sound_clip("sound-aac")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS, "aac", udp=True)) as camera:
        record(staged, camera, audio_reason=REASON)
        expect(camera.setups() == ["t0", "t0"], f"set up: {camera.setups()}")
        staged.wait_for_log("no sound is recorded, although audio_reason is set: the stream comes by UDP")
        expect(streams(opened(staged)) == [("video", "h264")], "there is sound in the film")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS)) as camera:
        record(staged, camera, audio_reason=REASON)
        staged.wait_for_log("no sound is recorded, although audio_reason is set: the camera offers no")


@test("a reason that is given, or taken back, while all runs begins another segment and another film")
def the_reason_comes_and_goes():
    clip = sound_clip("sound-aac")
    with stage({"gate": "people"}) as staged, closing(SoundCamera(clip, FPS, "aac")) as camera:
        site = staged.site
        entry = {"id": "quay", "main": camera.url, "purpose": "Test"}
        site.configure([{**entry, "audio_reason": "because"}])
        result = scrim("up", site.dir)
        expect_failure(result, "audio_reason", "20 characters")
        site.configure([entry])
        site.up()
        staged.wait_until_recording("quay")
        for changes in ({"audio_reason": REASON}, {}):
            count, setups = len(site.segments("quay")), len(camera.setups())
            site.configure([{**entry, **changes}])
            os.kill(site.process.pid, signal.SIGHUP)
            wait_for("the segment before the change", lambda: len(site.segments("quay")) > count, 20)
            wait_for("the camera to be asked again", lambda: len(camera.setups()) > setups, 20)
            staged.wait_until_recording("quay")
            begun = camera.sent
            wait_for("three seconds of it", lambda: camera.sent > begun + 3 * FPS, 20)
        site.down()
        expect(camera.setups() == ["t0", "t0", "t1", "t0"], f"set up: {camera.setups()}")
        opened(staged)
        films = [staged.dir / name for name in ("opened.mp4", "opened-2.mp4", "opened-3.mp4")]
        kinds = [[kind for kind, _ in streams(film)] for film in films]
        expect(kinds == [["video"], ["video", "audio"], ["video"]], f"films with {kinds}")
