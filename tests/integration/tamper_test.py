"""Any byte of a sealed file or a journal that changes is found, and the file named."""

import random

from harness import expect, recorded, test


def flipped(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << random.randrange(8)
    return bytes(content)


def is_named(staged, path, change):
    """scrim check must name `path` while it holds `change` (None: is gone), and be content again after."""
    site, original = staged.site, path.read_bytes()
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change)
    report = site.check()
    path.write_bytes(original)
    name = str(path.relative_to(site.dir))
    named = [f["file"] for f in report["findings"]]
    expect(any(name.endswith(n) or n in name for n in named if n), f"{name} changed, check named {named}")


@test("scrim check names every file in which a byte was flipped, cut off, added or taken away")
def flips():
    with recorded({"quay": "people", "gate": "people-265"}, 4) as staged:
        site = staged.site
        expect(not site.check()["findings"], "the site was not clean to begin with")
        sealed = sorted((site.dir / "store").rglob("*.age"))
        journals = sorted((site.dir / "store").rglob("journal"))
        expect(sealed and journals, "nothing was recorded")
        for path in sealed + journals:
            size = path.stat().st_size
            offsets = {0, 30, size // 2, size - 1} | {random.randrange(size) for _ in range(6)}
            for offset in sorted(offsets):
                is_named(staged, path, flipped(path, offset))
            is_named(staged, path, path.read_bytes()[:-1])
            is_named(staged, path, path.read_bytes() + b"x")
        is_named(staged, sealed[0], None)
        expect(not site.check()["findings"], "the site is not clean after all was put back")
        stray = sealed[0].with_name("235959.mp4.age")
        stray.write_bytes(sealed[0].read_bytes())
        expect(
            any("235959" in f["file"] for f in site.check()["findings"]), "a stray file was not named"
        )
