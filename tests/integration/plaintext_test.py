"""Nothing of the original is on disk in the clear: a known film goes in, every file is searched for it."""

from harness import clip, covered, expect, ffmpeg, footage, stage, test, wait_for

NEEDLE = 20  # bytes; long enough never to match by chance
SEI = 6  # NAL unit type: x264 writes its name and options into one, the veil's and the camera's alike


def needles(name):
    """Byte strings from the middle of every NAL unit of a clip that says anything about its pictures."""
    path = footage(f"{name}.h264", lambda to: ffmpeg("-i", clip(name), "-c", "copy", "-f", "h264", to))
    found = set()
    for unit in path.read_bytes().split(b"\0\0\1"):
        unit = unit.rstrip(b"\0")
        if len(unit) >= NEEDLE and unit[0] & 31 != SEI:
            middle = (len(unit) - NEEDLE) // 2
            found.add(unit[middle : middle + NEEDLE])
    return found


def hits(content, wanted):
    return sum(1 for needle in wanted if needle in content)


@test("no file that the site writes holds a NAL unit of the camera")
def search_everything():
    wanted = needles("noise")
    with stage({"quay": "noise", "quay-sub": "noise"}) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        frames = staged.cameras.stat("quay")["frames"]
        wait_for("the whole clip", lambda: staged.cameras.stat("quay")["frames"] > frames + 130, 40)
        for state in ("while it runs", "after its end"):
            for file in site.dir.rglob("*"):
                if file.is_file():
                    count = hits(file.read_bytes(), wanted)
                    expect(count == 0, f"{file.relative_to(site.dir)} holds {count} NAL units {state}")
            expect(hits(staged.log().encode(), wanted) == 0, "the log holds NAL units")
            if site.process:
                site.down()
        # The search itself works: in the opened copy it finds them.
        out = staged.dir / "opened.mp4"
        result = site.unseal("quay", *covered(site, "quay"), out)
        expect(result.status == 0, result.err.strip())
        count = hits(out.read_bytes(), wanted)
        expect(count > len(wanted) * 0.8, f"only {count} of {len(wanted)} units in the opened copy")
