"""scrim-opener on a site that recorded, with somebody in the place of scrimd who asks what they like, and holders who
sign what they like: written from docs/ref/formats, not from the C code.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import time
from pathlib import Path

from harness import expect
from sitekit import ROOT, program, start

sys.path.insert(0, str(ROOT / "tests" / "verify"))
from journalkit import genesis, write_line  # noqa: E402
from primitives import bech32, ed25519_sign, hkdf, x25519  # noqa: E402

HELLO, FIND, OPEN, SEGMENT = range(4)
QUESTION = struct.Struct("=QQqqIII512sI32s")  # link/opener.h
ANSWER = struct.Struct("=QQqIi32s512s")
ENOENT, EACCESS, EAUTH, ETIMEOUT, ECANCEL, EEND = -4, -6, -9, -10, -11, -15
WHO, REASON = "olga", "a bicycle was stolen"


class Object:
    """A member of a journal's line that is an object: its text as it stands."""

    def __init__(self, value):
        self.value = value

    def __str__(self):
        return json.dumps(self.value, separators=(",", ":"))


class Answer:
    def __init__(self, data, fds):
        self.number, self.bytes, self.until_us, self.kind, self.code, self.proof, text = ANSWER.unpack(data)
        self.text = text.rstrip(b"\0").decode()
        self.fds = fds

    def read(self):
        """What the first descriptor holds; closes all."""
        data = os.pread(self.fds[0], self.bytes + 1, 0)
        for fd in self.fds:
            os.close(fd)
        return data


class Desk:
    """run/opener.sock, and scrim-opener, which connects to it. The site must be down."""

    def __init__(self, staged):
        self.site, self.dir = staged.site, Path(staged.site.dir)
        self.log_path = staged.dir / "opener.log"
        self.proof, self.number, self.line = os.urandom(32), 0, None
        (self.dir / "state" / "requests").mkdir(exist_ok=True)
        (self.dir / "state" / "opener").mkdir(exist_ok=True)
        (self.dir / "state" / "opener" / "peer.key").write_bytes(self.proof)
        path = self.dir / "run" / "opener.sock"
        path.unlink(missing_ok=True)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(str(path))
        self.listening.listen(4)
        self.listening.settimeout(20)
        self.start()

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = start([program("scrim-opener"), self.dir], stderr=log)
        self.line, _ = self.listening.accept()
        self.line.settimeout(20)
        hello = self.receive()
        expect(hello.kind == HELLO and hello.proof == self.proof, "scrim-opener does not show the proof")

    def log(self):
        return self.log_path.read_text()

    def receive(self):
        data, fds, _, _ = socket.recv_fds(self.line, ANSWER.size + 1, 2)
        expect(len(data) == ANSWER.size, f"an answer of {len(data)} bytes")
        return Answer(data, list(fds))

    def ask(self, kind, request=0, index=0, cameras=(), from_us=0, to_us=0):
        self.number += 1
        names = b"".join(c.encode().ljust(32, b"\0") for c in cameras)
        self.line.send(QUESTION.pack(self.number, request, from_us, to_us, kind, index, len(cameras), names, 0, b""))
        answer = self.receive()
        expect(answer.number == self.number, "an answer to another question")
        return answer

    def ends(self, datagram):
        """Whether it hangs up on these bytes, and is back with its wits after a new start."""
        self.line.send(datagram)
        hung_up = self.line.recv(ANSWER.size) == b""
        expect(self.process.wait(10) != 0, "it ends well after what nobody may ask")
        self.line.close()
        self.start()
        return hung_up

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.line.close()
        self.listening.close()


# --- the desk's documents


def act(desk, what):
    """One more line of the log of acts: (its number, its hash)."""
    path = desk.dir / "state" / "acts" / "log"
    lines = path.read_bytes().split(b"\n")[:-1]
    pem = (desk.dir / "state" / "keys" / "desk.key").read_text().split("\n")[1]
    now = time.time_ns() // 1000
    record = {
        "v": 1, "seq": len(lines), "camera": "", "type": "change", "start_us": now, "end_us": now, "mono_start_us": 1,
        "mono_end_us": 1, "boot": 0, "ntp": False, "ntp_error_us": -1, "change": Object(what),
        "prev": hashlib.sha256(lines[-1]).hexdigest() if lines else genesis(site_id(desk), "/desk"),
    }  # fmt: skip
    line = write_line(base64.b64decode(pem)[-32:], record)
    with open(path, "ab") as file:
        file.write(line)
    return len(lines), hashlib.sha256(line[:-1]).hexdigest()


def site_id(desk):
    lines = (desk.dir / "scrim.yaml").read_text().splitlines()
    return next(line.removeprefix("id:").strip(" \"'") for line in lines if line.startswith("id:"))


def vault_of(desk):
    return json.loads((desk.dir / "state" / "vault.json").read_text())


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class Request:
    """Made as a desk makes it, and what its holders sign."""

    def __init__(self, desk, number, segments, from_us, to_us, ago_s=0):
        self.desk, self.number, self.segments = desk, number, segments
        self.dir = desk.dir / "state" / "requests" / str(number)
        self.identity = os.urandom(32)
        recipient = bech32("age", x25519(self.identity, (9).to_bytes(32, "little")))
        digest = hashlib.sha256(segments).hexdigest()
        vault = vault_of(desk)
        seq, line = act(desk, {"what": "request.make", "who": WHO, "reason": REASON,
                               "detail": {"number": number, "segments_sha256": digest, "recipient": recipient}})  # fmt: skip
        made = time.time_ns() // 1000 - ago_s * 1_000_000
        self.json = {
            "format": "scrim-request/v1", "site": site_id(desk), "number": number, "who": WHO, "cameras": ["quay"],
            "from_us": from_us, "to_us": to_us, "purpose": "crime", "reason": REASON, "legal_basis": "section 4",
            "incident": "2026-117", "recipient": recipient, "export_to": None, "created_us": made,
            "expires_us": made + 3_600_000_000, "view_s": 600,
            "vaults": [{"id": vault["id"], "dealing": dealing_id(vault)}],
            "segments": len(json.loads(segments)["segments"]), "segments_sha256": digest, "log": {"seq": seq, "line": line},
        }  # fmt: skip
        self.dir.mkdir()
        (self.dir / "segments.json").write_bytes(segments)
        self.write()

    def write(self):
        self.bytes = compact(self.json)
        (self.dir / "request.json").write_bytes(self.bytes)

    def decide(self, share_file, approve=True):
        share = json.loads(Path(share_file).read_text())
        vault = vault_of(self.desk)
        holder, vault_id = share["index"], bytes.fromhex(vault["id"])
        seed = hkdf(bytes.fromhex(share["secret"]), vault_id, b"scrim-holder-sign/v1" + struct.pack(">H", holder))
        reason, at_us = "" if approve else "nobody is accused", time.time_ns() // 1000
        partials = b"for whoever has the one-time key" if approve else b""
        request, dealing = hashlib.sha256(self.bytes).digest(), bytes.fromhex(dealing_id(vault))
        signed = b"scrim-decision/v1" + request + vault_id + dealing + struct.pack(">HBQ", holder, approve, at_us)
        signed += hashlib.sha256(reason.encode()).digest() + hashlib.sha256(partials).digest()
        decision = {
            "format": "scrim-decision/v1", "request": request.hex(), "vault": vault["id"], "dealing": dealing.hex(),
            "holder": holder, "approve": approve, "reason": reason, "at_us": at_us,
            "partials": base64.b64encode(partials).decode().rstrip("=") if approve else None,
            "signature": ed25519_sign(seed, signed).hex(),
        }  # fmt: skip
        path = self.dir / f"decision-{vault['id'][:8]}-{holder}.json"
        path.write_bytes(compact(decision))
        return path

    def open(self):
        return self.desk.ask(OPEN, request=self.number)

    def segment(self, index):
        return self.desk.ask(SEGMENT, request=self.number, index=index)


def dealing_id(vault):
    def sized(text):
        return bytes([len(text.encode())]) + text.encode()

    content = bytes.fromhex(vault["id"]) + struct.pack(">IHH", vault["dealing"], vault["threshold"], len(vault["holders"]))
    content += b"".join(map(bytes.fromhex, vault["commitments"]))
    for holder in vault["holders"]:
        content += bytes.fromhex(holder["verify_key"]) + bytes.fromhex(holder["sign_key"])
        content += sized(holder["name"]) + sized(holder["line"])
    return hashlib.sha256(b"scrim-dealing/v1" + content).hexdigest()
