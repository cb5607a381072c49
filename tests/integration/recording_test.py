"""What comes from a camera is sealed, verified, and opened again bit for bit."""

import subprocess

from harness import clip, covered, expect, frame_hashes, probe, recorded, test
from sitekit import Failure, scrim_ok, utc_text


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


@test("a camera that offers only UDP is recorded and opened picture for picture")
def record_udp():
    with recorded({"quay": "people"}, 5, transport="udp") as staged:
        checks_clean(staged)
        opens_again(staged, "quay", "people", "h264")


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
