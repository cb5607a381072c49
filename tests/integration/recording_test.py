"""What comes from a camera is sealed, verified, and opened again bit for bit."""

import subprocess

from harness import FPS, clip, covered, expect, expect_failure, frame_hashes, packets, probe, recorded, stage, test
from sitekit import Failure, scrim_ok, utc_text, wait_for


def opens_again(staged, camera, source, codec):
    start, end = covered(staged.site, camera)
    out = staged.dir / f"{camera}.mp4"
    result = staged.site.unseal(camera, start, end, out)
    expect(result.status == 0, f"unseal: {result.err.strip()}")
    expect(probe(out, "stream=codec_name").startswith(codec), "another codec came out")
    opened, original = frame_hashes(out), set(frame_hashes(clip(source)))
    strange = [h for h in opened if h not in original]
    expect(not strange, f"{len(strange)} of {len(opened)} opened pictures are not the camera's")
    journalled = sum(s["frames"] for s in staged.site.segments(camera))
    expect(len(opened) == journalled, f"{len(opened)} pictures opened, {journalled} journalled")
    gaps = staged.site.gaps(camera)
    expect(not gaps, f"gaps without a cause on our side: {gaps}")


def checks_clean(staged):
    report = staged.site.check()
    expect(not report["findings"], f"scrim check: {report['findings']}")


@test("H.264 over TCP and H.265 are recorded, verified and opened picture for picture")
def record_tcp():
    clips = {"quay": "people", "quay-sub": "people-sub", "gate": "people-265"}
    with recorded(clips, 6, transport="tcp") as staged:
        checks_clean(staged)
        opens_again(staged, "quay", "people", "h264")
        opens_again(staged, "gate", "people-265", "hevc")


@test("cameras that offer only UDP are recorded and opened picture for picture")
def record_udp():
    with recorded({"quay": "people", "gate": "people-265"}, 5, transport="udp") as staged:
        checks_clean(staged)
        opens_again(staged, "quay", "people", "h264")
        opens_again(staged, "gate", "people-265", "hevc")


@test("a camera that changes its picture size is recorded on, and opened as one film for each size")
def size_changes():
    with stage({"quay": "people"}) as staged:
        site, out = staged.site, staged.dir / "opened.mp4"
        site.up()
        staged.wait_until_recording("quay")
        for source in ("people-sub", "people"):
            count = len(site.segments("quay"))
            staged.cameras.command(f"switch quay {clip(source)}")
            wait_for("the segment of the size before", lambda: len(site.segments("quay")) > count)
            frames = staged.cameras.stat("quay")["frames"]  # a size that lasts for one key frame is no change
            wait_for("three key frames", lambda: staged.cameras.stat("quay")["frames"] > frames + 3 * FPS)
        site.down()
        expect(not site.gaps("quay"), f"gaps: {site.gaps('quay')}")
        start, end = covered(site, "quay")

        in_the_way = staged.dir / "opened-2.mp4"
        in_the_way.write_text("mine")
        expect_failure(site.unseal("quay", start, end, out), "opened-2.mp4", "exists")
        expect(not out.exists() and in_the_way.read_text() == "mine", "a failed opening left a film or took one away")
        in_the_way.unlink()

        result = site.unseal("quay", start, end, out)
        expect(result.status == 0, f"unseal: {result.err.strip()}")
        films = [out, in_the_way, staged.dir / "opened-3.mp4"]
        sizes = [probe(film, "stream=width,height") for film in films]
        expect(sizes == ["768,432", "640,480", "768,432"], f"films of {sizes}")
        expect(all(film.name in result.out for film in films[1:]), f"it does not name them: {result.out!r}")
        for film, source in zip(films, ("people", "people-sub", "people")):
            strange = set(frame_hashes(film)) - set(frame_hashes(clip(source)))
            expect(not strange, f"{len(strange)} pictures in {film.name} are not the camera's")
        opened, journalled = sum(map(packets, films)), sum(s["frames"] for s in site.segments("quay"))
        expect(opened == journalled, f"{opened} pictures opened, {journalled} journalled")


@test("an export for an age recipient opens with the stock age, the payload as it was sealed")
def age_export():
    with recorded({"quay": "people"}, 4) as staged:
        site, out, identity = staged.site, staged.dir / "export", staged.dir / "identity"
        subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
        recipient = subprocess.run(
            ["age-keygen", "-y", identity], check=True, capture_output=True, text=True
        ).stdout.strip()
        start, end = covered(site, "quay")
        arguments = ["unseal", site.dir, "--camera", "quay", "--from", utc_text(start), "--to", utc_text(end)]
        for share in site.shares[1:]:
            arguments += ["--share", share]
        scrim_ok(*arguments, "--reason", "export", "--recipient", recipient, "--out", out)
        exported = sorted(out.rglob("*.age"))
        expect(exported, "nothing was exported")
        for file in exported:
            stock = subprocess.run(["age", "-d", "-i", identity, file], capture_output=True)
            expect(stock.returncode == 0, f"age: {stock.stderr.decode().strip()}")
            ours = staged.dir / "ours"
            scrim_ok("open", "-i", identity, file, "-o", ours)
            expect(ours.read_bytes() == stock.stdout, f"scrim open and age disagree on {file.name}")
            ours.unlink()
            sealed = [s for s in (site.dir / "store").rglob("*.age") if payload(s) == payload(file)]
            expect(len(sealed) == 1, f"{file.name}: no sealed file has the same payload")


def payload(path):
    """What follows the age header: nonce and chunks."""
    content = path.read_bytes()
    mac = content.find(b"\n--- ")
    if mac < 0:
        raise Failure(f"{path} is no age file")
    return content[content.index(b"\n", mac + 1) + 1 :]
