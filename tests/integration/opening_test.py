"""Too few shares, wrong shares, wrong passphrases: a sentence each, and nothing opened."""

import json

from harness import covered, expect, expect_failure, recorded, test
from sitekit import Site, scrim_ok, wait_for, write_secret


def refuses(staged, shares, *words, arguments=()):
    start, end = covered(staged.site, "quay")
    out = staged.dir / "opened.mp4"
    result = staged.site.unseal("quay", start, end, out, shares=shares, more=arguments)
    expect_failure(result, *words)
    expect(not out.exists(), "an output file was left behind")
    left = [f.name for f in staged.dir.iterdir() if f.name.startswith("opened")]
    expect(not left, f"left behind: {left}")


@test("one share, the same share twice, a foreign share and a corrupt one open nothing")
def bad_shares():
    with recorded({"quay": "people"}, 3) as staged:
        site = staged.site
        refuses(staged, site.shares[:1], "2")
        refuses(staged, [site.shares[0], site.shares[0]])
        stranger = Site(staged.dir / "stranger")
        scrim_ok("init", stranger.dir)
        stranger.make_vault(staged.dir / "foreign-shares")
        refuses(staged, [site.shares[0], stranger.shares[1]], "vault")
        corrupt = staged.dir / "corrupt.json"
        text = site.shares[1].read_text()
        corrupt.write_text(text[: len(text) // 2])
        refuses(staged, [site.shares[0], corrupt], "corrupt.json")
        flipped = json.loads(text)
        for key, value in flipped.items():
            if isinstance(value, str) and "secret" in key:
                flipped[key] = value[:-3] + ("AAA" if value[-3:] != "AAA" else "BBB")
        corrupt.write_text(json.dumps(flipped))
        refuses(staged, [site.shares[0], corrupt], "corrupt.json")
        corrupt.write_bytes(bytes(range(256)) * 8)
        refuses(staged, [site.shares[0], corrupt], "corrupt.json")


@test("a wrong passphrase opens nothing, the right one does")
def passphrases():
    with recorded({"quay": "people"}, 3, passphrase="kept by three") as staged:
        wrong = write_secret(staged.dir / "wrong", "kept by two")
        refuses(staged, 2, "passphrase", arguments=["--passphrase-file", wrong])
        start, end = covered(staged.site, "quay")
        right = staged.dir / "passphrase"
        out = staged.dir / "right.mp4"
        result = staged.site.unseal("quay", start, end, out, more=["--passphrase-file", right])
        expect(result.status == 0, result.err.strip())
        expect(out.stat().st_size > 0, "nothing was written")


@test("an opening without a reason is refused; one with a reason is logged before and after")
def reasons():
    with recorded({"quay": "people"}, 3) as staged:
        start, end = covered(staged.site, "quay")
        out = staged.dir / "opened.mp4"
        expect(staged.site.unseal("quay", start, end, out, reason="").status != 0, "no reason was fine")
        expect(not out.exists(), "opened without a reason")
        reason = "a bag was left behind at pier 4"
        result = staged.site.unseal("quay", start, end, out, reason=reason)
        expect(result.status == 0, result.err.strip())
        log = (staged.site.dir / "state" / "log" / "journal").read_text().splitlines()
        mine = [line for line in log if reason in line]
        expect(len(mine) >= 1, "the log does not hold the reason")
        expect(len(log) >= len(mine) + 1, "the log holds no outcome")
        wait_for("a clean check", lambda: not staged.site.check()["findings"], 1)
