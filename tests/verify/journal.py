#!/usr/bin/python3
"""Do the C code and an independent verifier (journalkit.py) mean the same by a journal?

    journal.py PEER VECTORS SCRIM

PEER is tests/verify/journal_peer.c, VECTORS is tests/vectors/scrim-journal.json, SCRIM is the scrim program. Every
line of the vectors is written again; a site that C made is verified, and changed in many ways, and the verdict of
both is compared each time; and journals that Python wrote are read by C, canonical and not.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from journalkit import Refused, Site, genesis, opening_text, read_line, write_json, write_line
from primitives import ed25519_public, ed25519_sign, ed25519_verify

PEER, VECTORS, SCRIM = sys.argv[1:4]
failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL journal: {name}: {problem}" if problem else f"ok journal: {name}", flush=True)


def ed25519_values():
    """RFC 8032 section 7.1, TEST 2 and TEST 3."""
    for seed, public, message, signature in (
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ):
        seed, public, message, signature = map(bytes.fromhex, (seed, public, message, signature))
        right = ed25519_public(seed) == public and ed25519_sign(seed, message) == signature
        if not right or not ed25519_verify(public, message, signature) or ed25519_verify(public, message + b"x", signature):
            return "not what RFC 8032 says"
    return None


def vectors():
    """The published lines: written again byte for byte, and chained."""
    v = json.loads(Path(VECTORS).read_text())
    now = subprocess.run([PEER, "vectors"], capture_output=True, check=True, timeout=60).stdout
    if json.loads(now) != v:
        return "the C code writes other lines than were published"
    seed, public, prev = bytes.fromhex(v["seed"]), bytes.fromhex(v["public_key"]), genesis(v["site"], v["camera"])
    if ed25519_public(seed) != public or prev != v["genesis"]:
        return "key or genesis differ"
    for number, line in enumerate(v["lines"]):
        line = line.encode()
        record = read_line(line[:-1], public)
        if (record["seq"], record["prev"]) != (number, prev):
            return f"line {number} does not continue the chain"
        if write_line(seed, record, opening_text(line[:-90]) if "opening" in record else None) != line:
            return f"line {number} is written in another way"
        prev = hashlib.sha256(line[:-1]).hexdigest()
    return None if prev == v["head"] else "the head differs"


class Stage:
    """A site made by C, and the verdicts on it."""

    def __init__(self):
        made = subprocess.run([PEER, "site"], capture_output=True, text=True, check=True, timeout=60)
        self.dir = Path(made.stdout.strip().splitlines()[-1])
        cameras = "".join(f"  - id: {c}\n    main: rtsp://192.0.2.1/{c}\n    purpose: Test\n" for c in ("quay", "gate"))
        (self.dir / "scrim.yaml").write_text(f"id: port\nname: Port\nlisten: 127.0.0.1:8443\ncameras:\n{cameras}")
        key = (self.dir / "state/keys/device.key").read_text().split("\n")[1]
        self.seed = base64.b64decode(key)[16:]

    def of_c(self):
        done = subprocess.run([SCRIM, "check", self.dir, "--json"], capture_output=True, text=True, timeout=60, check=False)
        return json.loads(done.stdout)

    def of_python(self):
        site = Site(self.dir, "port")
        site.check()
        return site

    def disagreement(self):
        """None if both find the same files wrong, or none."""
        c, python = self.of_c(), self.of_python()
        by_c = {f["file"] for f in c["findings"] if f["kind"] != "header"}
        by_python = {file for file, _ in python.findings}
        return None if by_c == by_python else f"C names {sorted(by_c)}, Python {sorted(by_python)}"

    def with_content(self, path, content):
        """The disagreement while `path` holds `content`, and whether anything was found at all."""
        original = path.read_bytes()
        path.write_bytes(content)
        try:
            problem = self.disagreement()
            if not problem and content != original and not self.of_python().findings:
                problem = "nobody minds"
            return problem
        finally:
            path.write_bytes(original)


def untouched(stage):
    c, python = stage.of_c(), stage.of_python()
    if c["findings"] or python.findings:
        return f"C: {c['findings']}, Python: {python.findings}"
    same = (c["records"], c["segments"]) == (python.records, python.segments)
    return None if same and python.segments == 7 else f"C counted {c}, Python {python.records} and {python.segments}"


def flipped(stage):
    """A bit in every file, at places spread over it."""
    files = sorted(stage.dir.glob("store/*/????-??-??/*")) + [stage.dir / "state/log/journal"]
    for path in files:
        content = path.read_bytes()
        for at in sorted({0, len(content) - 1, *range(7, len(content), len(content) // 5 + 1)}):
            change = bytearray(content)
            change[at] ^= 1 << at % 8
            problem = stage.with_content(path, bytes(change))
            if problem:
                return f"byte {at} of {path.relative_to(stage.dir)}: {problem}"
    return None


def lines_moved(stage):
    path = stage.dir / "store/quay/2026-11-23/journal"
    lines = path.read_bytes().splitlines(keepends=True)
    ways = {
        "the first line gone": lines[1:],
        "one gone": lines[:1] + lines[2:],
        "two swapped": lines[:1] + [lines[2], lines[1]] + lines[3:],
        "one doubled": lines[:2] + lines[1:],
        "the last one gone": lines[:-1],
        "the last one cut": lines[:-1] + [lines[-1][:-20]],
        "no line break": lines[:-1] + [lines[-1][:-1]],
        "an empty line": lines + [b"\n"],
        "all gone": [],
    }
    for name, changed in ways.items():
        problem = stage.with_content(path, b"".join(changed))
        if problem:
            return f"{name}: {problem}"
    return None


def append(stage, line):
    """The verdicts on quay's newest journal with one line more: C's, and Python's."""
    path = stage.dir / "store/quay/2026-11-24/journal"
    original = path.read_bytes()
    path.write_bytes(original + line)
    try:
        return not stage.of_c()["findings"], not stage.of_python().findings
    finally:
        path.write_bytes(original)


def last_record(stage):
    line = (stage.dir / "store/quay/2026-11-24/journal").read_bytes().splitlines()[-1]
    record = read_line(line, ed25519_public(stage.seed))
    return record["seq"] + 1, hashlib.sha256(line).hexdigest()


def gap(stage, **changes):
    seq, prev = last_record(stage)
    common = {"v": 1, "seq": seq, "camera": "quay", "type": "gap", "start_us": 5, "end_us": 6, "mono_start_us": -7}
    rest = {"mono_end_us": 0, "boot": 3, "ntp": False, "ntp_error_us": -1, "cause": "disk", "lost": 12, "detail": 'full: "/srv" \\ é', "prev": prev}
    return {**common, **rest, **changes}


def purge(stage, cause="operator"):
    """The same, in the form of the other type: `segments` stands where a gap has `lost`."""
    record = gap(stage, type="purge", cause=cause)
    return {"segments" if name == "lost" else name: value for name, value in record.items()}


def unsealed(stage, kept="nothing"):
    record = gap(stage, type="unsealed")
    own = {"cause": {"kept": kept, "frames": 600}}
    return {key: value for name, old in record.items() for key, value in own.get(name, {name: old}).items()}


def written_by_python(stage):
    for record in (gap(stage), purge(stage), unsealed(stage)):
        if append(stage, write_line(stage.seed, record)) != (True, True):
            return f"a good {record['type']} is refused"
    wrong = {
        "another key": write_line(bytes(32), gap(stage)),
        "a gap in seq": write_line(stage.seed, gap(stage, seq=gap(stage)["seq"] + 1)),
        "another chain": write_line(stage.seed, gap(stage, prev="00" * 32)),
        "another camera": write_line(stage.seed, gap(stage, camera="gate")),
        "an unknown cause": write_line(stage.seed, gap(stage, cause="weather")),
        "backwards": write_line(stage.seed, gap(stage, end_us=4)),
        "too long a detail": write_line(stage.seed, gap(stage, detail="x" * 200)),
        "another version": write_line(stage.seed, gap(stage, v=2)),
        "an original that is not sealed": write_line(stage.seed, unsealed(stage, kept="original")),
        "a purge by the network": write_line(stage.seed, purge(stage, cause="network")),
    }
    for name, line in wrong.items():
        if append(stage, line) != (False, False):
            return f"{name}: C and Python accepted {append(stage, line)}"
    return None


def only_one_way_to_write(stage):
    """Signed by the right key, but not in the one form."""
    body = write_json(gap(stage))
    ways = [
        (b'"seq":', b'"seq": '),
        (b'"boot":3', b'"boot":03'),
        (b'"boot":3', b'"boot":3.0'),
        (b'"boot":3', b'"boot":3e0'),
        (b'"mono_end_us":0', b'"mono_end_us":-0'),
        (b'"boot":3', b'"boot":18446744073709551616'),
        (b'"ntp":false', b'"ntp":0'),
        (b"full:", b"f\\u0075ll:"),
        (b"full:", b"full\\/:"),
        (b"\\\\ ", b"\\\\ \\u007F"),
        ("é".encode(), b"\\u00e9"),
        ("é".encode(), b"\xe9"),
        (b'"cause":"disk",', b'"cause":"disk","cause":"disk",'),
        (b'"cause":"disk","lost":12', b'"lost":12,"cause":"disk"'),
        (b',"prev"', b',"more":1,"prev"'),
    ]
    for before, after in ways:
        changed = body.replace(before, after, 1)
        if changed == body:
            return f"{before} is not there"
        line = changed + b" " + base64.b64encode(ed25519_sign(stage.seed, b"scrim-journal/v1\n" + changed)) + b"\n"
        verdicts = append(stage, line)
        if verdicts != (False, False):
            return f"{after}: C and Python accepted {verdicts}"
    padded = write_line(stage.seed, gap(stage))[:-3] + b"=\n"
    return None if append(stage, padded) == (False, False) else "a signature in another form"


def main():
    say("Ed25519 is that of RFC 8032", ed25519_values())
    try:
        say("the published lines, written again", vectors())
    except Refused as why:
        say("the published lines", str(why))
    with tempfile.TemporaryDirectory() as base:
        os.environ["TMPDIR"] = base
        stage = Stage()
        say("a site that C made is in order", untouched(stage))
        say("a flipped bit anywhere: both name the same files", flipped(stage))
        say("lines moved: both name the same files", lines_moved(stage))
        say("lines that Python wrote, read by C", written_by_python(stage))
        say("lines in another form are refused by both", only_one_way_to_write(stage))
    return failed


if __name__ == "__main__":
    sys.exit(main())
