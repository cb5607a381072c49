#!/usr/bin/python3
"""Do the C code and an independent implementation mean the same by scrim-tdh2?

    tdh2.py PEER VECTORS

PEER is tests/verify/peer.c, VECTORS is tests/vectors/scrim-tdh2.json. Every value of the vectors is computed
again from what goes in; files sealed on one side are opened on the other, both ways; and whatever is
wrong with a stanza, both refuse it.
"""

import hashlib
import json
import os
import secrets
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from agefile import check_mac, read_header, read_payload, write_header, write_payload
from primitives import Q, BadTag, decode_scalar, encode_scalar
from vaultkit import REFUSALS, SECOND, Partial, Refused, Sealed, Vault, combine, deal, encode_label, lagrange, make_partial, seal

failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL tdh2: {name}: {problem}" if problem else f"ok tdh2: {name}", flush=True)


def differing(found, expected):
    wrong = [name for name in expected if found.get(name) != expected[name]]
    return "differs: " + ", ".join(wrong) if wrong else None


def scalar_of(text):
    return decode_scalar(bytes.fromhex(text))


VAULT_VALUES = ("commitments", "shares", "verify_keys", "public_key", "id", "dealing_id", "sign_keys")


class Vector:
    """One entry of the vectors, computed again from its inputs."""

    def __init__(self, json):
        self.json = json
        v, s = json["vault"], json["seal"]
        self.vault, self.shares = deal([scalar_of(a) for a in v["coefficients"]], v["names"], v["lines"])
        self.label = encode_label(self.vault.id, s["site"], s["camera"], s["start_utc_us"])
        self.hour_key, self.file_key = bytes.fromhex(s["hour_key"]), bytes.fromhex(s["file_key"])
        self.sealed, self.between = seal(
            self.vault, self.label, self.hour_key, self.file_key, scalar_of(s["r"]), scalar_of(s["s"])
        )
        self.request_id = bytes.fromhex(json["request_id"])
        self.indices = [p["index"] for p in json["partials"]]
        made = [
            make_partial(self.vault, p["index"], self.shares[p["index"] - 1], self.sealed, self.request_id, scalar_of(p["t"]))
            for p in json["partials"]
        ]
        self.partials = [m[0] for m in made]
        self.commitments = [(m[1], m[2]) for m in made]

    def vault_problem(self):
        v = self.vault
        return differing(
            {
                "commitments": [a.hex() for a in v.commitments],
                "shares": [encode_scalar(x).hex() for x in self.shares],
                "verify_keys": [y.hex() for y in v.verify_keys],
                "public_key": v.public_key.hex(),
                "id": v.id.hex(),
                "dealing_id": v.dealing_id.hex(),
                "sign_keys": [key.hex() for key in v.sign_keys],
            },
            {k: self.json["vault"][k] for k in VAULT_VALUES},
        )

    def seal_problem(self):
        x, s = self.sealed, self.json["seal"]
        found = {"L": x.label, "U": x.u, "U_bar": x.u_bar, "e": x.e, "f": x.f, "C": x.c, **self.between}
        found = {name: value.hex() for name, value in found.items()}
        found |= {"stanza": x.stanza(), "hour": s["start_utc_us"] // 3_600_000_000}
        return differing(found, {k: s[k] for k in found})

    def partials_problem(self):
        for p, (r, r_hat), json_partial in zip(self.partials, self.commitments, self.json["partials"]):
            found = {"U_i": p.u_i, "R": r, "R_hat": r_hat, "e_i": p.e_i, "f_i": p.f_i}
            found["lambda"] = encode_scalar(lagrange(self.indices, p.index))
            problem = differing({k: v.hex() for k, v in found.items()}, {k: json_partial[k] for k in found})
            if problem:
                return f"holder {p.index} {problem}"
        return None

    def open(self, partials=None, hour_key=None, request_id=None):
        return combine(self.vault, self.sealed, request_id or self.request_id, partials or self.partials, hour_key or self.hour_key)


def expect_refusal(name, call):
    try:
        call()
    except (*REFUSALS, BadTag):
        say(name)
    else:
        say(name, "accepted")


def check_vectors(path):
    content = json.loads(path.read_text())
    say("second generator", None if content["second_generator"] == SECOND.encode().hex() else "differs")
    vectors = [Vector(v) for v in content["vectors"]]
    for v in vectors:
        name = f"{v.vault.threshold} of {len(v.vault.names)}"
        say(f"{name}: vault", v.vault_problem())
        say(f"{name}: seal", v.seal_problem())
        say(f"{name}: partials", v.partials_problem())
        say(f"{name}: combined", None if v.open() == v.file_key else "another file key")
        expect_refusal(f"{name}: one too few", lambda v=v: v.open(v.partials[:-1]))
        expect_refusal(f"{name}: one twice", lambda v=v: v.open([v.partials[0]] * v.vault.threshold))
        expect_refusal(f"{name}: another request", lambda v=v: v.open(request_id=bytes(32)))
        expect_refusal(f"{name}: another hour key", lambda v=v: v.open(hour_key=bytes(32)))
        first = v.partials[0]
        lie = Partial(first.index, v.partials[1].u_i, first.e_i, first.f_i)
        expect_refusal(f"{name}: a lie", lambda v=v, lie=lie: v.open([lie, *v.partials[1:]]))
    return vectors


def wrong_stanzas(v):
    """(what is wrong, the stanza's text); everything else about it is right."""
    good, s = v.sealed, v.json["seal"]

    def changed(**fields):
        return Sealed(**{**good.__dict__, **fields}).stanza()

    def relabelled(site=s["site"], camera=s["camera"], start_us=s["start_utc_us"]):
        return changed(label=encode_label(v.vault.id, site, camera, start_us))

    other, _ = seal(v.vault, v.label, v.hour_key, v.file_key, 12345, 67890)
    text = good.stanza()
    args, body = text.split("\n")[:2]
    words = args.split(" ")

    def with_word(at, word):
        return " ".join([*words[:at], word, *words[at + 1 :]]) + "\n" + body + "\n"

    yield "another camera", relabelled(camera="gate")
    yield "another site", relabelled(site="airport")
    yield "a microsecond later", relabelled(start_us=s["start_utc_us"] + 1)
    yield "an hour later", relabelled(start_us=s["start_utc_us"] + 3_600_000_000)
    yield "C of another seal", changed(c=other.c)
    yield "one bit of C", changed(c=bytes([good.c[0] ^ 1]) + good.c[1:])
    yield "U of another seal", changed(u=other.u)
    yield "U and Ū of another seal", changed(u=other.u, u_bar=other.u_bar)
    yield "U and Ū swapped", changed(u=good.u_bar, u_bar=good.u)
    yield "e and f of another seal", changed(e=other.e, f=other.f)
    yield "U is the identity", changed(u=bytes(32))
    yield "Ū is the identity", changed(u_bar=bytes(32))
    yield "U and Ū are the identity", changed(u=bytes(32), u_bar=bytes(32))
    for name, hex_text in (
        ("not a field element", "00" + "ff" * 31),
        ("a non-canonical zero", "ed" + "ff" * 30 + "7f"),
        ("a negative element", "01" + "00" * 31),
        ("minus one", "ec" + "ff" * 30 + "7f"),
        ("a non-square", "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
        ("a set high bit", (good.u[:31] + bytes([good.u[31] | 0x80])).hex()),
    ):
        yield f"U is {name}", changed(u=bytes.fromhex(hex_text))
        yield f"Ū is {name}", changed(u_bar=bytes.fromhex(hex_text))
    for name in ("e", "f"):
        value = int.from_bytes(getattr(good, name), "little")
        yield f"{name} + q", changed(**{name: (value + Q).to_bytes(32, "little")})
        yield f"{name} is q", changed(**{name: Q.to_bytes(32, "little")})
        yield f"{name} is zero", changed(**{name: bytes(32)})
        yield f"{name} all ones", changed(**{name: b"\xff" * 32})
        yield f"{name} + 1", changed(**{name: encode_scalar(value + 1)})
    yield "e and f are zero", changed(e=bytes(32), f=bytes(32))
    label = good.label
    yield "suite 2", changed(label=b"\x02" + label[1:])
    yield "label with a byte more", changed(label=label + b"\0")
    yield "label with a byte less", changed(label=label[:-1])
    yield "empty label", changed(label=b"")
    yield "hour of another hour", changed(label=label[:-8] + struct.pack(">Q", s["hour"] + 1))
    yield "start before 1970", changed(label=label[:-16] + struct.pack(">qQ", -1, 0))
    yield "label of another vault", changed(label=label[:1] + bytes(16) + label[17:])
    yield "another vault", changed(vault_id=bytes(16), label=label[:1] + bytes(16) + label[17:])
    yield "empty site", changed(label=label[:17] + b"\0" + label[18 + label[17] :])
    yield "site in capitals", changed(label=label[:18] + b"X" + label[19:])
    yield "NUL in the site", changed(label=label[:18] + b"\0" + label[19:])
    yield "longer body", changed(c=good.c + b"\0")
    yield "shorter body", changed(c=good.c[:-1])
    yield "empty body", changed(c=b"")
    yield "one argument more", args + " x\n" + body + "\n"
    yield "one argument less", " ".join(words[:-1]) + "\n" + body + "\n"
    yield "another type", with_word(1, "scrim-tdh3")
    yield "padded base64", with_word(4, words[4] + "=")
    yield "stray bits in base64", with_word(2, words[2][:-1] + chr(ord(words[2][-1]) + 1))
    yield "url base64", with_word(4, "-" + words[4][1:])
    yield "short point", with_word(4, words[4][:-2])


class Peer:
    def __init__(self, program, directory):
        self.program, self.dir = program, Path(directory)

    def run(self, command, stdin=b"", check=True):
        arguments = [self.program, command] if command == "vectors" else [self.program, command, str(self.dir)]
        done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=60, check=False)
        if check and done.returncode != 0:
            raise Refused(done.stderr.decode().strip())
        return done.stdout if check else done.returncode

    def accepts(self, stanza):
        (self.dir / "header").write_bytes(write_header(stanza, bytes(16)))
        return self.run("check", check=False) == 0


def accepts(vault, stanza):
    try:
        (args, body) = read_header(write_header(stanza, bytes(16)))[0][0]
        Sealed.parse(args, body).check(vault)
    except REFUSALS:
        return False
    return True


def check_refusals(v, program):
    with tempfile.TemporaryDirectory(prefix="scrim-tdh2-") as directory:
        peer = Peer(program, directory)
        (peer.dir / "vault.json").write_text(json.dumps(v.vault.to_json()))
        both = peer.accepts(v.sealed.stanza()) and accepts(v.vault, v.sealed.stanza())
        say("the right stanza is accepted by both", None if both else "it is not")
        for name, stanza in wrong_stanzas(v):
            takers = [who for who, takes in (("C", peer.accepts(stanza)), ("Python", accepts(v.vault, stanza))) if takes]
            say(f"refused by both: {name}", f"accepted by {takers}" if takers else None)


def share_of(path):
    share = json.loads(path.read_text())
    return share["index"], decode_scalar(bytes.fromhex(share["secret"]))


def c_to_python(program):
    with tempfile.TemporaryDirectory(prefix="scrim-tdh2-") as directory:
        peer, plain = Peer(program, directory), os.urandom(70000)
        peer.run("seal", plain)
        vault = Vault.from_json(json.loads((peer.dir / "vault.json").read_text()))
        data = (peer.dir / "sealed.age").read_bytes()
        stanzas, signed, mac, length = read_header(data)
        sealed, request_id = Sealed.parse(*stanzas[0]), secrets.token_bytes(32)
        partials = []
        for number in (3, 1):
            index, share = share_of(peer.dir / f"share-{number}.json")
            partials.append(make_partial(vault, index, share, sealed, request_id, 1 + secrets.randbelow(Q - 1))[0])
        file_key = combine(vault, sealed, request_id, partials, (peer.dir / "hour.key").read_bytes())
        check_mac(file_key, signed, mac)
        say("sealed by C, opened by Python", None if read_payload(file_key, data[length:]) == plain else "other bytes")


def share_json(vault, index, share):
    """A share file without passphrase, as docs/ref/formats/vault.md has it."""
    name = vault.names[index - 1]
    binding = b"scrim-share/v1" + vault.id + struct.pack(">H", index) + bytes([len(name.encode())]) + name.encode() + b"\0"
    return {
        "format": "scrim-share/v1",
        "vault": vault.id.hex(),
        "index": index,
        "name": name,
        "protection": "none",
        "secret": encode_scalar(share).hex(),
        "checksum": hashlib.sha256(binding + encode_scalar(share)).hexdigest(),
    }


def python_to_c(program):
    with tempfile.TemporaryDirectory(prefix="scrim-tdh2-") as directory:
        peer, plain = Peer(program, directory), os.urandom(66000)
        coefficients = [1 + secrets.randbelow(Q - 1) for _ in range(3)]
        vault, shares = deal(coefficients, ["åse", "björn", "cléo", "dörte"])
        (peer.dir / "vault.json").write_text(json.dumps(vault.to_json()))
        for index, share in enumerate(shares, 1):
            (peer.dir / f"share-{index}.json").write_text(json.dumps(share_json(vault, index, share)))
        hour_key, file_key = os.urandom(32), os.urandom(16)
        label = encode_label(vault.id, "site", "camera-1", 1_800_000_000_000_000)
        sealed, _ = seal(vault, label, hour_key, file_key, 1 + secrets.randbelow(Q - 1), 1 + secrets.randbelow(Q - 1))
        (peer.dir / "hour.key").write_bytes(hour_key)
        grease = "-> grease now\n\n"
        header = write_header(sealed.stanza() + grease, file_key)
        (peer.dir / "sealed.age").write_bytes(header + write_payload(file_key, os.urandom(16), plain))
        say("sealed by Python, opened by C", None if peer.run("open") == plain else "other bytes")


def main():
    program, path = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as directory:
        made = Peer(program, directory).run("vectors")
    say("C makes the published vectors", None if made == path.read_bytes() else f"{path} differs")
    vectors = check_vectors(path)
    check_refusals(vectors[0], program)
    c_to_python(program)
    python_to_c(program)
    return failed


if __name__ == "__main__":
    sys.exit(main())
