#!/usr/bin/python3
"""Requests and decisions: the published vectors made again, C's decisions opened by Python, Python's taken by C.

    decisions.py SCRIM tests/vectors/scrim-decision.json [--write]
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agefile import b64, check_mac, read_header, unb64, write_header, write_payload
from decisionkit import (
    age_open, age_seal, compact, hour_keys_plain, make_decision, open_partials, partials_plain, read_hour_keys,
    recipient_of, require_covered, seal_of, verify_decision,
)
from primitives import Q, X25519_BASE, BadTag, bech32, encode_scalar, x25519
from tdh2 import share_json
from vaultkit import REFUSALS, combine, deal, encode_label, make_partial, seal

HOUR_US, MINUTE_US = 3_600_000_000, 60_000_000
START_US = 498_611 * HOUR_US
failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL decisions: {name}: {problem}" if problem else f"ok decisions: {name}", flush=True)


def fixed(what, count=32):
    """Bytes that anyone can make again."""
    return hashlib.sha512(f"scrim-decision test vector {what}".encode()).digest()[:count]


def scalar(what):
    return int.from_bytes(hashlib.sha512(f"scrim-decision test vector {what}".encode()).digest(), "little") % Q


class Story:
    """Two segments of one camera, asked for by olga; anna and cléo agree, ben does not."""

    def __init__(self):
        self.vault, self.shares = deal([scalar("a 0"), scalar("a 1")], ["anna", "ben", "cléo"], ["harbour office", "town council", ""])
        self.identity, self.hour_key = fixed("identity"), fixed("hour key")
        self.file_keys = [fixed(f"file key {i}", 16) for i in range(2)]
        self.segments = compact({"format": "scrim-segments/v1", "segments": [self.entry(i) for i in range(2)]})
        self.request = compact(self.request_json())
        self.id = hashlib.sha256(self.request).digest()

    def entry(self, i):
        start_us = START_US + i * MINUTE_US
        label = encode_label(self.vault.id, "harbour", "quay", start_us)
        sealed, _ = seal(self.vault, label, self.hour_key, self.file_keys[i], scalar(f"r {i}"), scalar(f"s {i}"))
        header = write_header(sealed.stanza(), self.file_keys[i])
        return {
            "camera": "quay", "file": f"2026-11-18/{11 * 10000 + i * 100:06}.mp4.age", "disk": "", "start_us": start_us,
            "end_us": start_us + MINUTE_US, "bytes": 70_000 + i, "whole": True, "header": b64(header),
        }  # fmt: skip

    def request_json(self):
        return {
            "format": "scrim-request/v1", "site": "harbour", "number": 7, "who": "olga", "cameras": ["quay"],
            "from_us": START_US, "to_us": START_US + 2 * MINUTE_US, "purpose": "accident", "reason": "a fall on the \"steps\"; ø",
            "legal_basis": "§ 4 BDSG", "incident": "2026/118", "recipient": recipient_of(self.identity), "export_to": None,
            "created_us": START_US + HOUR_US, "expires_us": START_US + 25 * HOUR_US, "view_s": 3600,
            "vaults": [{"id": self.vault.id.hex(), "dealing": self.vault.dealing_id.hex()}], "segments": 2,
            "segments_sha256": hashlib.sha256(self.segments).hexdigest(), "log": {"seq": 41, "line": fixed("log line").hex()},
        }  # fmt: skip

    def age(self, plain, what):
        public = x25519(self.identity, X25519_BASE)
        return age_seal(plain, public, fixed(f"{what} file key", 16), fixed(f"{what} nonce", 16), fixed(f"{what} ephemeral"))

    def approve(self, holder):
        entries = json.loads(self.segments)["segments"]
        parts = [
            make_partial(self.vault, holder, self.shares[holder - 1], seal_of(e), self.id, scalar(f"t {holder} {i}"))[0]
            for i, e in enumerate(entries)
        ]
        file = self.age(partials_plain(self.id, holder, parts), f"holder {holder}")
        return make_decision(self.vault, holder, self.shares[holder - 1], self.id, START_US + 2 * HOUR_US, file)

    def refuse(self, holder):
        return make_decision(self.vault, holder, self.shares[holder - 1], self.id, START_US + 2 * HOUR_US, None, "not without a case number")

    def hour_keys(self):
        return self.age(hour_keys_plain(self.id, [("quay", START_US // HOUR_US, self.hour_key)]), "hour keys")

    def vectors(self):
        return {
            "format": "scrim-decision test vectors", "vault": self.vault.to_json(),
            "shares": [encode_scalar(x).hex() for x in self.shares], "identity": self.identity.hex(),
            "request": self.request.decode(), "request_id": self.id.hex(), "segments": self.segments.decode(),
            "decisions": [self.approve(1).decode(), self.refuse(2).decode(), self.approve(3).decode()],
            "hour_keys": b64(self.hour_keys()), "hour_key": self.hour_key.hex(), "file_keys": [k.hex() for k in self.file_keys],
        }  # fmt: skip


def open_all(vault, request, segments, decisions, identity, hour_keys):
    """The file keys, as a requester comes to them."""
    request_id = hashlib.sha256(request).digest()
    asked, entries = json.loads(request), json.loads(segments)["segments"]
    keys = read_hour_keys(age_open(hour_keys, identity), request_id)
    parts = [open_partials(verify_decision(vault, request_id, d), identity, len(entries)) for d in decisions]
    found = []
    for i, entry in enumerate(entries):
        sealed = seal_of(entry)
        require_covered(asked, entry, sealed)
        key = keys[entry["camera"], entry["start_us"] // HOUR_US]
        file_key = combine(vault, sealed, request_id, [p[i] for p in parts], key)
        _, signed, mac, _ = read_header(unb64(entry["header"]))
        check_mac(file_key, signed, mac)
        found.append(file_key)
    return found


def check_vectors(story, path):
    published = json.loads(path.read_text())
    wrong = [k for k, v in story.vectors().items() if published.get(k) != v]
    say("the published vectors are what the pages say", f"differ: {wrong}" if wrong else None)
    yes = [d.encode() for d in published["decisions"] if json.loads(d)["approve"]]
    found = open_all(story.vault, story.request, story.segments, yes, story.identity, unb64(published["hour_keys"]))
    say("they open", None if found == story.file_keys else "to other keys")


class Offline:
    """`scrim vault approve` on a machine that has the two documents, the public part and a share."""

    def __init__(self, scrim, story, directory):
        self.scrim, self.story, self.dir = scrim, story, Path(directory)
        self.write("vault.json", json.dumps(story.vault.to_json()))
        for i, share in enumerate(story.shares, 1):
            self.write(f"share-{i}.json", json.dumps(share_json(story.vault, i, share)))

    def write(self, name, content):
        (self.dir / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def decide(self, what, holder, *more, request=None, segments=None):
        """Its status, what it said, and the decision."""
        self.write("request.json", request or self.story.request)
        self.write("segments.json", segments or self.story.segments)
        (self.dir / "decision.json").unlink(missing_ok=True)
        done = subprocess.run(
            [self.scrim, "vault", what, "--share", f"share-{holder}.json", "--request", "request.json", "--segments",
             "segments.json", "--vault", "vault.json", "--out", "decision.json", *more],
            cwd=self.dir, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        path = self.dir / "decision.json"
        return done.returncode, done.stdout + done.stderr, path.read_bytes() if path.exists() else None


def live(story):
    """The same request with times that have not passed."""
    request = story.request_json()
    request["created_us"] = time.time_ns() // 1000
    request["expires_us"] = request["created_us"] + 24 * HOUR_US
    return request


def c_decides(offline, story):
    decisions = [offline.decide("approve", holder)[2] for holder in (2, 3)]
    if None in decisions:
        say("C approves", offline.decide("approve", 2)[1])
        return
    hour_keys = story.hour_keys()
    found = open_all(story.vault, story.request, story.segments, decisions, story.identity, hour_keys)
    say("decisions of C open in Python", None if found == story.file_keys else "to other keys")
    status, said, decision = offline.decide("refuse", 1, "--reason", "no case number")
    verified = status == 0 and verify_decision(story.vault, story.id, decision)
    say("a refusal of C verifies in Python", None if verified and not verified["approve"] else said)


def sealed_files(story, directory):
    """What the recorder would have left: the listed size, so much plaintext."""
    plains = []
    for i, entry in enumerate(json.loads(story.segments)["segments"]):
        header = unb64(entry["header"])
        plain = fixed(f"plain {i}", 64) * 1200
        plain = plain[: entry["bytes"] - len(header) - 16 - 2 * 16]
        path = directory / "store" / "quay" / entry["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(header + write_payload(story.file_keys[i], fixed(f"payload nonce {i}", 16), plain))
        plains.append(plain)
    return plains


def c_opens(offline, story, holders, hour_keys=None, export="out"):
    """`scrim vault open` with these holders' decisions: its status, what it said, the plaintexts."""
    decisions = []
    for holder in holders:
        decision = story.approve(holder) if holder > 0 else story.refuse(-holder)
        offline.write(f"decision-{holder}.json", decision)
        decisions += ["--decision", f"decision-{holder}.json"]
    offline.write("request.json", story.request)
    offline.write("segments.json", story.segments)
    offline.write("hours.age", hour_keys or story.hour_keys())
    offline.write("key.txt", bech32("AGE-SECRET-KEY-", story.identity) + "\n")
    done = subprocess.run(
        [offline.scrim, "vault", "open", "--request", "request.json", "--segments", "segments.json", "--vault", "vault.json",
         *decisions, "--hour-keys", "hours.age", "--identity", "key.txt", "--sealed", "store", "--out", export],
        cwd=offline.dir, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    files = sorted((offline.dir / export).glob("*.age")) if (offline.dir / export).exists() else []
    return done.returncode, done.stdout + done.stderr, [age_open(f.read_bytes(), story.identity) for f in files]


def requester(offline, story):
    plains = sealed_files(story, offline.dir)
    status, said, found = c_opens(offline, story, (1, 3))
    say("scrim vault open gives age files of what was sealed", None if status == 0 and found == plains else said)
    stray = story.age(hour_keys_plain(story.id, [("quay", START_US // HOUR_US + 1, story.hour_key)]), "stray")
    for name, holders, keys, word in (
        ("with one decision", (1,), None, "2 holders must agree"),
        ("with a refusal", (1, -2), None, "ben refused"),
        ("with one decision twice", (1, 1), None, "twice"),
        ("with the key of another hour", (1, 3), stray, "no key"),
    ):
        status, said, found = c_opens(offline, story, holders, keys, f"none {name}")
        say(f"scrim vault open does not, {name}", None if status == 1 and word in said and not found else said)
    path = sorted(offline.dir.glob("store/quay/*/*.age"))[-1]  # nothing of the one before stays, either
    path.write_bytes(path.read_bytes()[:-1])
    status, said, found = c_opens(offline, story, (1, 3), None, "cut")
    say("scrim vault open does not, with a sealed file cut short", None if status == 1 and not found else said or "files stay")


def changed(story, **members):
    return compact({**json.loads(story.request), **members})


def c_refuses(offline, story):
    other, stretched = json.loads(story.segments), json.loads(story.segments)
    other["segments"][1]["start_us"] += 1
    for segment in stretched["segments"]:
        segment["end_us"] = START_US + 2 * HOUR_US
    cases = {
        "an altered list": {"segments": story.segments.replace(b"70001", b"70002")},
        "a request for another hour": {"request": changed(story, from_us=START_US + HOUR_US, to_us=START_US + 2 * HOUR_US)},
        "a request for another camera": {"request": changed(story, cameras=["gate"])},
        "another dealing": {"request": changed(story, vaults=[{"id": story.vault.id.hex(), "dealing": "00" * 32}])},
        "an unknown member": {"request": changed(story, note="x")},
        "a segment under another time": {
            "segments": compact(other), "request": changed(story, segments_sha256=hashlib.sha256(compact(other)).hexdigest()),
        },
        "segments of long ago that are said to last": {
            "segments": compact(stretched), "request": changed(
                story, from_us=START_US + HOUR_US, to_us=START_US + 2 * HOUR_US,
                segments_sha256=hashlib.sha256(compact(stretched)).hexdigest()),
        },
        "an expired request": {"request": changed(story, created_us=1, expires_us=2)},
    }  # fmt: skip
    for name, documents in cases.items():
        status, said, decision = offline.decide("approve", 1, **documents)
        say(f"C refuses {name}", None if status == 1 and decision is None else said)


def python_to_c(scrim, story):
    """C's verification, through the book of a site."""
    with tempfile.TemporaryDirectory(prefix="scrim-decisions-") as directory:
        book = Path(directory) / "state" / "requests" / "7"
        book.mkdir(parents=True)
        (Path(directory) / "state" / "vault.json").write_text(json.dumps(story.vault.to_json()))
        (book / "request.json").write_bytes(story.request)
        (book / "segments.json").write_bytes(story.segments)

        def show(decision):
            (book / f"decision-{story.vault.id.hex()[:8]}-1.json").write_bytes(decision)
            return subprocess.run([scrim, "vault", "show", directory, "7"], capture_output=True, text=True, timeout=60, check=False)

        done = show(story.approve(1))
        say("decisions of Python verify in C", None if "approved by anna" in done.stdout else done.stdout + done.stderr)
        hostile = make_decision(story.vault, 1, story.shares[0], story.id, START_US, None, "no\x1b[2J\r\n  9 approved\u202e\u0085")
        done = show(hostile)
        say("words of others do not steer the terminal", None if ": no?[2J    9 approved??\n" in done.stdout else repr(done.stdout))
        done = show(story.approve(1).replace(b'"holder":1', b'"holder":3'))
        say("one under another name does not", None if done.returncode == 1 else done.stdout)


def python_refuses(story):
    yes = [story.approve(1), story.approve(3)]
    keys = story.hour_keys()
    lie = json.loads(yes[0])
    cases = {
        "k - 1 decisions": (yes[:1], keys),
        "the same holder twice": ([yes[0], yes[0]], keys),
        "a refusal for a yes": ([yes[0], story.refuse(2)], keys),
        "a changed decision": ([yes[0], compact({**lie, "at_us": lie["at_us"] + 1})], keys),
        "the key of another hour": (yes, story.age(hour_keys_plain(story.id, [("quay", START_US // HOUR_US, fixed("other"))]), "other")),
        "no key": (yes, story.age(hour_keys_plain(story.id, []), "none")),
    }
    for name, (decisions, hour_keys) in cases.items():
        try:
            open_all(story.vault, story.request, story.segments, decisions, story.identity, hour_keys)
            say(f"Python refuses {name}", "it opened")
        except (*REFUSALS, BadTag, KeyError, TypeError, ValueError):
            say(f"Python refuses {name}")


def main():
    scrim, path = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    story = Story()
    if "--write" in sys.argv:
        path.write_text(json.dumps(story.vectors(), indent=1, ensure_ascii=False) + "\n")
    check_vectors(story, path)
    python_refuses(story)
    story.request = compact(live(story))
    story.id = hashlib.sha256(story.request).digest()
    with tempfile.TemporaryDirectory(prefix="scrim-decisions-") as directory:
        offline = Offline(scrim, story, directory)
        c_decides(offline, story)
        c_refuses(offline, story)
        requester(offline, story)
    python_to_c(scrim, story)
    return failed


if __name__ == "__main__":
    sys.exit(main())
