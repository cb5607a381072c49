"""Journals and the files they vouch for, from docs/ref/formats/ and Python's standard library alone.

    journalkit.py SITE      verifies a site directory; one finding a line, exit status 1 if there are any
"""

import base64
import hashlib
import json
import re
import sys
from datetime import date
from pathlib import Path

sys.dont_write_bytecode = True

from primitives import ed25519_sign, ed25519_verify

SIGNED = b"scrim-journal/v1\n"
LINE_MAX = 4095  # bytes without the line break
CAUSES = ("camera", "network", "disk", "overload", "operator", "clock", "crash")
U64, I64, U32 = range(2**64), range(-(2**63) + 1, 2**63), range(2**32)
PREV = re.compile(rb',"prev":"[0-9a-f]{64}"\}$')
SEGMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([01][0-9]|2[0-3])([0-5][0-9]){2}(-[1-9][0-9]{0,2})?\.mp4\.age", re.ASCII)


class Refused(Exception):
    """Why a line is not a record."""


# --- one line


def string(text):
    """The one way to write a string: only what must be escaped is."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char < " " or char == "\x7f":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def text(most):
    """A string of at most `most` bytes of UTF-8, without NUL."""
    return lambda v: type(v) is str and len(v.encode()) <= most and "\0" not in v


def number(values):
    return lambda v: type(v) is int and v in values


def truth(v):
    return type(v) is bool


def one_of(*names):
    return lambda v: v in names


def sha256_hex(v):
    return type(v) is str and re.fullmatch("[0-9a-f]{64}", v) is not None


def tail_hex(v):
    return v == "" or (sha256_hex(v) and v != "0" * 64)


def segment_file(v):
    found = SEGMENT.fullmatch(v) if type(v) is str else None
    try:
        return found is not None and date.fromisoformat(found[1]) >= date(1970, 1, 1)
    except ValueError:
        return False


COMMON = {
    "v": lambda v: type(v) is int and v == 1,
    "seq": number(U64),
    "camera": text(31),
    "type": one_of("boot", "segment", "gap", "clock", "opening", "stop", "purge", "unsealed"),
    "start_us": number(I64),
    "end_us": number(I64),
    "mono_start_us": number(I64),
    "mono_end_us": number(I64),
    "boot": number(U64),
    "ntp": truth,
    "ntp_error_us": number(I64),
}
DETAIL = {"detail": text(199)}
OF_TYPE = {
    "boot": DETAIL,
    "gap": {"cause": one_of(*CAUSES), "lost": number(U64), **DETAIL},
    "stop": {"cause": one_of(*CAUSES), **DETAIL},
    "clock": {"whose": one_of("host", "camera"), "step_us": number(I64), **DETAIL},
    "purge": {"cause": one_of("disk", "operator"), "segments": number(U64), **DETAIL},
    "unsealed": {"kept": one_of("redacted", "nothing"), "frames": number(U64), "lost": number(U64), **DETAIL},
    "opening": {"opening": lambda v: type(v) is dict},
}


def segment_members(torn):
    return {
        "file": segment_file,
        "disk": text(31),
        "frames": number(U64),
        "keyframes": number(U64),
        "lost": number(U64),
        "lost_packets": number(U64),
        "bytes": number(U64),
        "sha256": sha256_hex,
        "torn": truth,
        **({"tail_sha256": tail_hex, **DETAIL} if torn else {}),
        "rtp_first": number(I64),
        "rtp_last": number(I64),
        "rtcp_ntp_us": number(I64),
        "rtcp_last_us": number(I64),
        "codec": text(7),
        "width": number(U32),
        "height": number(U32),
        "declared_mfps": number(U32),
        "delivered_mfps": number(U32),
    }


def members_of(record):
    kind = record.get("type")
    own = segment_members(record.get("torn") is True) if kind == "segment" else OF_TYPE.get(kind, {})
    return {**COMMON, **own, "prev": sha256_hex}


def write_json(record, opening=None):
    """The bytes of a record. `opening`: the text of that member, which is kept as it stands."""
    parts = []
    for name, value in record.items():
        if name == "opening":
            shown = opening or json.dumps(value, separators=(",", ":"))
        elif type(value) is bool:
            shown = "true" if value else "false"
        else:
            shown = string(value) if type(value) is str else str(value)
        parts.append(f'"{name}":{shown}')
    return ("{" + ",".join(parts) + "}").encode()


def write_line(seed, record, opening=None):
    """A whole signed line, its line break included."""
    text_bytes = write_json(record, opening)
    return text_bytes + b" " + base64.b64encode(ed25519_sign(seed, SIGNED + text_bytes)) + b"\n"


def unique(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("a member twice")
    return dict(pairs)


def opening_text(body):
    """What stands between the names of `opening` and `prev`: kept as it stands."""
    at, end = body.find(b',"opening":'), PREV.search(body)
    if at < 0 or not end:
        raise Refused("no opening")
    found = body[at + len(b',"opening":') : end.start()].decode()
    if len(found.encode()) > 2047:
        raise Refused("opening too long")
    return found


def read_line(line, public):
    """The record of a line without its line break."""
    body, space, signature = line[:-89], line[-89:-88], line[-88:]
    try:
        raw = base64.b64decode(signature, validate=True)
        record = json.loads(body.decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError) as why:
        raise Refused(f"not a journal line: {why}") from None
    if len(line) > LINE_MAX or space != b" " or base64.b64encode(raw) != signature or type(record) is not dict:
        raise Refused("not a journal line")
    expected = members_of(record)
    if list(record) != list(expected):
        raise Refused("other members, or in another order")
    for name, fits in expected.items():
        if not fits(record[name]):
            raise Refused(f"{name} out of range")
    if record["end_us"] < record["start_us"]:
        raise Refused("it ends before it begins")
    if write_json(record, opening_text(body) if record["type"] == "opening" else None) != body:
        raise Refused("written in another way")
    if not ed25519_verify(public, SIGNED + body, raw):
        raise Refused("the signature does not fit the line")
    return record


# --- a chain


def genesis(site, camera):
    return hashlib.sha256(b"scrim-journal/v1 genesis" + site.encode() + b"\0" + camera.encode()).hexdigest()


class Chain:
    """A journal, day after day. `camera` is empty for the log of openings."""

    def __init__(self, site, camera, public, say):
        self.camera, self.public, self.say = camera, public, say
        self.seq, self.prev = 0, genesis(site, camera)

    def read(self, shown, content):
        """The records of one file that can be trusted by themselves; what is wrong is said."""
        *lines, rest = content.split(b"\n")
        for line in lines:
            try:
                record = read_line(line, self.public)
            except Refused as why:
                self.say(shown, f"record {self.seq}: {why}")
                self.seq += 1
            else:
                if record["seq"] != self.seq or record["prev"] != self.prev:
                    self.say(shown, f"record {record['seq']} does not continue the one before it")
                if self.camera and record["camera"] != self.camera:
                    self.say(shown, f"record {record['seq']} belongs to camera {record['camera']}")
                self.seq = record["seq"] + 1
                yield record
            self.prev = hashlib.sha256(line).hexdigest()
        if rest:
            self.say(shown, "the last line has no end")


# --- a site


def device_public(site_dir):
    """From the SubjectPublicKeyInfo (RFC 8410) that scrim init wrote."""
    lines = (site_dir / "state/keys/device.pub").read_text().split("\n")
    der = base64.b64decode(lines[1], validate=True)
    if lines[0] != "-----BEGIN PUBLIC KEY-----" or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        raise SystemExit("device.pub is not an Ed25519 key")
    return der[12:]


class Site:
    def __init__(self, directory, site_id):
        self.dir, self.id = Path(directory), site_id
        self.public = device_public(self.dir)
        self.findings, self.records, self.segments = [], 0, 0

    def say(self, file, why):
        self.findings.append((str(file), why))

    def check_file(self, shown, digest, size=None):
        path = self.dir / shown
        if not path.is_file() or path.is_symlink():
            return self.say(shown, "it is missing, or no file")
        content = path.read_bytes()
        if (size is not None and len(content) != size) or hashlib.sha256(content).hexdigest() != digest:
            self.say(shown, "its content is not what was journalled")

    def check_camera(self, directory):
        camera, named = directory.name, set()
        chain = Chain(self.id, camera, self.public, self.say)
        for journal in sorted(directory.glob("????-??-??/journal")):
            shown = str(journal.relative_to(self.dir))
            for record in chain.read(shown, journal.read_bytes()):
                self.records += 1
                if record["type"] != "segment":
                    continue
                self.segments += 1
                file = f"store/{camera}/{record['file']}"
                if file in named:
                    self.say(shown, f"two records name {file}")
                named.add(file)
                self.check_file(file, record["sha256"], record["bytes"])
                if record.get("tail_sha256"):
                    named.add(file + ".tail")
                    self.check_file(file + ".tail", record["tail_sha256"])
        for path in sorted(directory.glob("????-??-??/*")):
            shown = str(path.relative_to(self.dir))
            if path.name != "journal" and shown not in named:
                self.say(shown, "no record names it")

    def check(self):
        for directory in sorted((self.dir / "store").iterdir()):
            self.check_camera(directory)
        log = self.dir / "state/log/journal"
        if log.exists():
            chain = Chain(self.id, "", self.public, self.say)
            self.records += sum(1 for _ in chain.read("state/log/journal", log.read_bytes()))
        return self.findings


def main():
    directory = Path(sys.argv[1])
    site_id = re.search(r"^id: *(\S+)", (directory / "scrim.yaml").read_text(), re.M)[1]
    findings = Site(directory, site_id).check()
    for file, why in findings:
        print(f"{file}: {why}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
