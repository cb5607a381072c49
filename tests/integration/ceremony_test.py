"""The ceremony around a site that runs: rotation without a gap, refresh, the gate of the recorder, paper."""

import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import sitekit
from harness import covered, expect, expect_failure, stage, test
from sitekit import scrim, scrim_ok, wait_for

GROUPS = re.compile(r"^  ((?:[0-9a-f]{4} ){7}[0-9a-f]{4})$", re.MULTILINE)


def events(site):
    """What the log of openings says was done with the vault."""
    lines = (site.dir / "state/log/journal").read_text().splitlines()
    found = [json.loads(line.rsplit(" ", 1)[0])["opening"] for line in lines]
    return [event for event in found if event["event"] == "vault"]


def printed_digest(result):
    return "".join(GROUPS.findall(result.out)).replace(" ", "")


def vault(site):
    return json.loads((site.dir / "state/vault.json").read_text())


def vault_of(file):
    """The vault that a segment is sealed to, from its header."""
    return next(line.split()[2] for line in file.read_bytes()[:4096].split(b"\n") if line.startswith(b"-> scrim-tdh2"))


def sealed_files(site, camera):
    return sorted((site.dir / "store" / camera).glob("*/*.mp4.age"))


def no_hole(site, camera):
    """Every segment begins where the one before it ended, and nothing else is journalled between them."""
    segments = site.segments(camera)
    for before, after in zip(segments, segments[1:]):
        expect(before["end_us"] == after["start_us"], f"{after['start_us'] - before['end_us']} µs between two segments")
    expect(not [g for g in site.gaps(camera) if g["start_us"] >= segments[0]["start_us"]], "there is a gap")


@test("a vault is refreshed and rotated while cameras record: no gap, and each opens what was sealed to it")
def successions():
    with stage({"quay": "people", "gate": "people"}) as staged:
        site, work = staged.site, staged.dir
        site.up()
        for camera in ("quay", "gate"):
            staged.wait_until_recording(camera)
        first = vault(site)

        old = list(site.shares)
        result = scrim_ok(
            "vault", "refresh", site.dir, "--share", old[0], "--share", old[2], "--holder", "ada=port", "--holder", "ben=town",
            "--holder", "dora=council", "--out", work / "second", "--unprotected",
        )
        second = vault(site)
        expect((second["id"], second["public_key"], second["dealing"]) == (first["id"], first["public_key"], 2), "another vault")
        expect(events(site)[-1]["sha256"] == printed_digest(result), "another transcript was logged than was printed")
        shares = sorted((work / "second").glob("*.json"))

        result = scrim_ok("vault", "rotate", site.dir, "-k", 2, "--holder", "x=a", "--holder", "y=b", "--holder", "z", "--out", work / "third", "--unprotected")
        third = vault(site)
        expect(third["id"] != second["id"] and third["dealing"] == 1, "no other vault")
        for camera in ("quay", "gate"):
            wait_for(f"a segment of {camera} for the new vault", lambda: len({vault_of(f) for f in sealed_files(site, camera)}) == 2)
            files = len(sealed_files(site, camera))
            staged.wait_until_recording(camera)
            expect(len(sealed_files(site, camera)) == files, "it does not record on in one piece")
        expect(site.down() == 0, "scrim up failed")

        for camera in ("quay", "gate"):
            no_hole(site, camera)
        findings = site.check()
        expect(not findings.get("findings"), f"scrim check: {findings}")

        # The holders of each vault open what was sealed to it, and not the other's.
        quay = site.segments("quay")
        newest = sorted((work / "third").glob("*.json"))
        for pair, segment in ((shares[1:], quay[0]), (newest[:2], quay[-1])):
            out = work / f"{segment['start_us']}.mp4"
            opened = site.unseal("quay", segment["start_us"], segment["end_us"], out, shares=pair)
            expect(opened.status == 0 and out.stat().st_size > 0, opened.err)
        expect_failure(site.unseal("quay", quay[-1]["start_us"], quay[-1]["end_us"], work / "no.mp4", shares=shares[1:]), "another vault")
        expect_failure(site.unseal("quay", quay[0]["start_us"], quay[0]["end_us"], work / "no.mp4", shares=old[:2]), "dealing 2")
        expect_failure(site.unseal("quay", quay[0]["start_us"], quay[0]["end_us"], work / "no.mp4", shares=[old[0], shares[1]]), "dealing 2")


def ended(name, *arguments):
    command = [sitekit.program(name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)


def recorder_refuses(site):
    """Its sentence."""
    recorder = ended("scrim-recorder", site.dir)
    expect(recorder.returncode == 1, f"it starts: status {recorder.returncode}")
    expect("scrim vault test" in recorder.stderr, f"no word of the test: {recorder.stderr}")
    return recorder.stderr


def all_refuse(site):
    up, status = ended("scrim", "up", site.dir), ended("scrim", "status", site.dir)
    expect(up.returncode == 1 and "scrim vault test" in up.stderr, f"scrim up: {up.returncode}, {up.stderr}")
    expect("scrim vault test" in " ".join(status.stdout.split()), f"scrim status: {status.stdout}")
    recorder_refuses(site)


@test("a site does not record before a test opening of its present dealing")
def gate():
    with tempfile.TemporaryDirectory(prefix="scrim-") as directory:
        work = Path(directory)
        site = sitekit.Site(work / "site")
        site.create([{"id": "quay", "main": "rtsp://127.0.0.1:9/quay", "purpose": "Test"}])
        state, proof = site.dir / "state", site.dir / "state/vault-test.json"

        # Made where the site is not, and brought without its proof.
        offline = work / "vault"
        made = scrim_ok("vault", "init", offline, "--offline", "-k", 2, "--holder", "ada=port", "--holder", "ben=port", "--holder", "cem", "--out", work / "s", "--unprotected")
        expect("report to port" in made.err, f"no warning: {made.err}")
        tested = (offline / "vault-test.json").read_text()
        (offline / "vault-test.json").unlink()
        brought = scrim_ok("vault", "install", site.dir, offline)
        expect(printed_digest(brought) == printed_digest(made) == events(site)[0]["sha256"], "not the transcript that was made")
        expect("scrim vault test" in brought.out, "it does not say what is missing")
        all_refuse(site)

        shares = sorted((work / "s").glob("*.json"))
        scrim_ok("vault", "init", work / "other", "--offline", "-k", 2, "--holder", "ada", "--holder", "ben", "--out", work / "o", "--unprotected")
        foreign = sorted((work / "o").glob("*.json"))
        expect_failure(scrim("vault", "test", site.dir, "--share", shares[0]), "only 1 did")
        expect_failure(scrim("vault", "test", site.dir, "--share", shares[0], "--share", shares[0]), "twice")
        expect_failure(scrim("vault", "test", site.dir, "--share", shares[0], "--share", foreign[1]), "another vault")
        expect(not proof.exists(), "a failed test left a proof")
        scrim_ok("vault", "test", site.dir, "--share", shares[0], "--share", shares[2])
        scrim_ok("vault", "verify", site.dir, "--share", shares[1])
        ours = proof.read_text()
        proof.write_text(tested)  # that of the ceremony holds as well
        scrim_ok("vault", "verify", site.dir)

        # Another vault's, one that was altered, one of an older dealing.
        proof.write_text((work / "other/vault-test.json").read_text())
        expect("another vault" in recorder_refuses(site), "wrong sentence")
        altered = json.loads(ours)
        altered["at_us"] += 1
        proof.write_text(json.dumps(altered))
        recorder_refuses(site)
        proof.write_text("{")
        recorder_refuses(site)
        proof.write_text(ours)
        scrim_ok("vault", "refresh", site.dir, "--share", shares[0], "--share", shares[1], "--out", work / "r", "--unprotected")
        proof.write_text(ours)
        expect("another dealing" in recorder_refuses(site), "wrong sentence")
        renewed = sorted((work / "r").glob("*.json"))
        expect_failure(scrim("vault", "test", site.dir, "--share", shares[0], "--share", renewed[1]), "dealing 2")
        scrim_ok("vault", "test", site.dir, "--share", renewed[2], "--share", renewed[1])
        scrim_ok("vault", "verify", site.dir, "--share", renewed[0])

        # Another vault does not slip in, nor one whose holders opened nothing.
        expect_failure(scrim("vault", "install", site.dir, work / "other"), "--rotate")
        (work / "other/vault-test.json").unlink()
        expect_failure(scrim("vault", "install", site.dir, work / "other", "--rotate"), "no proof")
        expect_failure(scrim("vault", "install", site.dir, offline), "no proof")
        (offline / "vault-test.json").write_text(tested)
        expect_failure(scrim("vault", "install", site.dir, offline), "does not follow")
        expect(vault(site)["dealing"] == 2 and not list(state.glob("*.next")), "something was left behind")
        expect([e["what"] for e in events(site)] == ["install", "test", "refresh", "test"], str(events(site)))


@test("a refresh that is killed at any moment leaves the old dealing or the new one, and shares for it")
def killed():
    with tempfile.TemporaryDirectory(prefix="scrim-") as directory:
        work = Path(directory)
        site = sitekit.Site(work / "site")
        site.create([])
        site.make_vault(work / "s0")
        shares, seen = site.shares, set()
        begun = time.monotonic()
        scrim_ok("vault", "refresh", site.dir, "--share", shares[0], "--share", shares[1], "--out", work / "s1", "--unprotected")
        took, current = time.monotonic() - begun, sorted((work / "s1").glob("*.json"))
        moments = [0, 0.3, 0.6, 0.8, 0.9, None]  # of how long it takes; None: it comes to its end
        for n, moment in enumerate(moments):
            out = work / f"n{n}"
            command = ["vault", "refresh", site.dir, "--share", current[0], "--share", current[1], "--out", out, "--unprotected"]
            process = sitekit.start([sitekit.program("scrim"), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if moment is not None:
                time.sleep(took * moment)
                process.send_signal(signal.SIGKILL)
            process.wait()
            before = vault(site)["dealing"]
            fresh = sorted(out.glob("*.json"))
            new = scrim("vault", "verify", site.dir, "--share", fresh[0]).status == 0 if fresh else False
            current = fresh if new else current
            seen.add(new)
            scrim_ok("vault", "verify", site.dir, "--share", current[2])
            expect(len(current) == 3 and vault(site)["dealing"] == before, "shares are missing")
        expect(seen == {True, False}, f"killed too early or too late each time: {seen}")
        kept = [json.loads(f.read_text())["dealing"] for f in (site.dir / "state/vaults").glob("*[0-9].json")]
        present = vault(site)["dealing"]  # whose copy may be made before it is replaced
        expect(set(range(1, present)) <= set(kept) <= set(range(1, present + 1)), f"old dealings: {kept}")


@test("a share on paper: its QR code is read back, its text is typed, and it opens again")
def paper():
    with tempfile.TemporaryDirectory(prefix="scrim-") as directory:
        work = Path(directory)
        site = sitekit.Site(work / "site")
        site.create([])
        site.make_vault(work / "shares", holders=("Ada <&> \"Ä\"", "ben"))
        for name in ("page.svg", "page.html"):
            scrim_ok("vault", "paper", site.dir, "--share", site.shares[0], "--out", work / name)
            expect((work / name).stat().st_mode & 0o777 == 0o600, "others may read the page")
        svg = (work / "page.svg").read_text()
        expect(svg in (work / "page.html").read_text(), "two different pages")
        expect("Ada &lt;&amp;&gt; &quot;Ä&quot;" in svg, "the name is not there as it is")
        lines = re.findall(r'class="code">([^<]*)<', svg)
        typed = "\n".join(lines).lower().replace("\u00a0", " ")
        code = "".join(typed.split()).upper()

        if shutil.which("rsvg-convert") and shutil.which("zbarimg"):
            subprocess.run(["rsvg-convert", "-w", "1000", work / "page.svg", "-o", work / "page.png"], check=True)
            read = subprocess.run(["zbarimg", "-q", "--raw", work / "page.png"], capture_output=True, text=True, check=True).stdout.strip()
            expect(read == code, f"the QR code says {read}")

        scrim_ok("vault", "restore", site.dir, "--out", work / "again.json", "--unprotected", stdin=typed)
        expect((work / "again.json").read_bytes() == site.shares[0].read_bytes(), "another share")
        wrong = code[:40] + ("Q" if code[40] != "Q" else "P") + code[41:]
        expect_failure(scrim("vault", "restore", site.dir, "--out", work / "no.json", "--unprotected", stdin=wrong), "checksum")
        scrim_ok("vault", "refresh", site.dir, "--share", work / "again.json", "--share", site.shares[1], "--out", work / "r", "--unprotected")
        expect_failure(scrim("vault", "restore", site.dir, "--out", work / "no.json", "--unprotected", stdin=code), "refreshed since")
        expect(not (work / "no.json").exists(), "a share was written")
