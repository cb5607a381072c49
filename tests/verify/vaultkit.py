"""scrim-tdh2, version 1, as docs/ref/formats/scrim-tdh2.md says it: written from that page, not from the C code."""

import hashlib
import struct
from dataclasses import dataclass

from agefile import Malformed, b64, stanza_text, unb64
from primitives import (
    BASE, Q, BadEncoding, aead_open, aead_seal, decode_point, decode_scalar, ed25519_public, encode_scalar, hkdf,
    point_from_hash,
)

SECOND = point_from_hash(hashlib.sha512(b"scrim-tdh2/v1 second generator").digest())
ALLOWED = set("abcdefghijklmnopqrstuvwxyz0123456789-")
HOUR_US = 3_600_000_000


class Refused(Exception):
    """The proof, the label or the vault does not fit."""


def to_scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % Q


def u16(value):
    return struct.pack(">H", value)


def sized(text):
    return bytes([len(text.encode())]) + text.encode()


def vault_id(public_key):
    return hashlib.sha256(b"scrim-vault/v1" + public_key).digest()[:16]


def signing_seed(vault, index, share):
    """Of the key with which holder `index` signs decisions."""
    return hkdf(encode_scalar(share), vault, b"scrim-holder-sign/v1" + u16(index))


@dataclass
class Vault:
    threshold: int
    names: list
    lines: list
    commitments: list  # encoded points
    verify_keys: list
    sign_keys: list
    dealing: int = 1

    @property
    def public_key(self):
        return self.commitments[0]

    @property
    def id(self):
        return vault_id(self.public_key)

    @property
    def dealing_id(self):
        content = self.id + struct.pack(">IHH", self.dealing, self.threshold, len(self.names)) + b"".join(self.commitments)
        for name, line, verify_key, sign_key in zip(self.names, self.lines, self.verify_keys, self.sign_keys):
            content += verify_key + sign_key + sized(name) + sized(line)
        return hashlib.sha256(b"scrim-dealing/v1" + content).digest()

    def to_json(self):
        holders = [
            {"index": i, "name": name, "line": line, "verify_key": verify_key.hex(), "sign_key": sign_key.hex()}
            for i, (name, line, verify_key, sign_key) in enumerate(
                zip(self.names, self.lines, self.verify_keys, self.sign_keys), 1
            )
        ]
        return {
            "format": "scrim-vault/v1",
            "id": self.id.hex(),
            "dealing": self.dealing,
            "dealing_id": self.dealing_id.hex(),
            "threshold": self.threshold,
            "public_key": self.public_key.hex(),
            "commitments": [a.hex() for a in self.commitments],
            "holders": holders,
        }

    @staticmethod
    def from_json(json):
        vault = Vault(
            json["threshold"],
            [h["name"] for h in json["holders"]],
            [h["line"] for h in json["holders"]],
            [bytes.fromhex(a) for a in json["commitments"]],
            [bytes.fromhex(h["verify_key"]) for h in json["holders"]],
            [bytes.fromhex(h["sign_key"]) for h in json["holders"]],
            json["dealing"],
        )
        if vault.to_json() != json:
            raise Refused("vault.json")
        for i, key in enumerate(vault.verify_keys, 1):
            terms = [i**j * decode_point(a) for j, a in enumerate(vault.commitments)]
            if sum(terms[1:], terms[0]).encode() != key:
                raise Refused("a holder's key does not fit the commitments")
        return vault


def deal(coefficients, names, lines=None):
    """(vault, the shares as integers)"""
    shares = [sum(a * i**j for j, a in enumerate(coefficients)) % Q for i in range(1, len(names) + 1)]
    commitments, verify_keys = [(a * BASE).encode() for a in coefficients], [(x * BASE).encode() for x in shares]
    found = vault_id(commitments[0])
    sign_keys = [ed25519_public(signing_seed(found, i, x)) for i, x in enumerate(shares, 1)]
    return Vault(len(coefficients), names, lines or [""] * len(names), commitments, verify_keys, sign_keys), shares


def encode_label(vault_id, site, camera, start_us):
    def text(t):
        return bytes([len(t)]) + t.encode()

    return b"\x01" + vault_id + text(site) + text(camera) + struct.pack(">QQ", start_us, start_us // HOUR_US)


def decode_label(label):
    """(vault id, site, camera, start); Malformed unless encode_label would have written it."""
    try:
        site = label[18 : 18 + label[17]].decode("ascii")
        rest = label[18 + len(site) :]
        camera = rest[1 : 1 + rest[0]].decode("ascii")
        start_us = struct.unpack(">Q", rest[1 + len(camera) : 9 + len(camera)])[0]
    except (IndexError, struct.error, UnicodeDecodeError) as why:
        raise Malformed("label") from why
    for name in (site, camera):
        if not 1 <= len(name) <= 31 or not set(name) <= ALLOWED:
            raise Malformed("label")
    if start_us >= 2**63 or encode_label(label[1:17], site, camera, start_us) != label:
        raise Malformed("label")
    return label[1:17], site, camera, start_us


def wrap_key(z, hour_key, u, vault_id, label):
    return hkdf(z + hour_key, u + vault_id, b"scrim-tdh2/v1 wrap" + label)


def seal_challenge(c, label, u, w, u_bar, w_bar):
    return to_scalar(b"scrim-tdh2/v1 seal", c, u16(len(label)), label, u, w, u_bar, w_bar)


@dataclass
class Sealed:
    vault_id: bytes
    label: bytes
    u: bytes
    u_bar: bytes
    e: bytes
    f: bytes
    c: bytes

    def stanza(self):
        args = [b64(part) for part in (self.vault_id, self.label, self.u, self.u_bar, self.e, self.f)]
        return stanza_text(["scrim-tdh2", *args], self.c)

    @staticmethod
    def parse(args, body):
        if len(args) != 7 or args[0] != "scrim-tdh2" or len(body) != 32:
            raise Malformed("stanza")
        sealed = Sealed(*(unb64(arg) for arg in args[1:]), body)
        if decode_label(sealed.label)[0] != sealed.vault_id:
            raise Malformed("vault id")
        return sealed

    def check(self, vault):
        if self.vault_id != vault.id:
            raise Refused("another vault")
        u, u_bar = decode_point(self.u), decode_point(self.u_bar)
        e, f = decode_scalar(self.e), decode_scalar(self.f)
        w, w_bar = (f * BASE - e * u).encode(), (f * SECOND - e * u_bar).encode()
        if seal_challenge(self.c, self.label, self.u, w, self.u_bar, w_bar) != e:
            raise Refused("the proof does not hold")


def seal(vault, label, hour_key, file_key, r, s):
    """(sealed, what lies in between)"""
    u, u_bar = (r * BASE).encode(), (r * SECOND).encode()
    w, w_bar = (s * BASE).encode(), (s * SECOND).encode()
    z = (r * decode_point(vault.public_key)).encode()
    key = wrap_key(z, hour_key, u, vault.id, label)
    c = aead_seal(key, bytes(12), file_key)
    e = seal_challenge(c, label, u, w, u_bar, w_bar)
    sealed = Sealed(vault.id, label, u, u_bar, encode_scalar(e), encode_scalar(s + r * e), c)
    return sealed, {"W": w, "W_bar": w_bar, "Z": z, "wrap_key": key}


def share_challenge(vault, index, sealed, u_i, r, r_hat, request_id):
    return to_scalar(
        b"scrim-tdh2/v1 share", vault.id, u16(index), sealed.u, vault.verify_keys[index - 1], u_i, r, r_hat, request_id
    )


@dataclass
class Partial:
    index: int
    u_i: bytes
    e_i: bytes
    f_i: bytes

    def verify(self, vault, sealed, request_id):
        if not 1 <= self.index <= len(vault.names):
            raise Refused("no such holder")
        e, f = decode_scalar(self.e_i), decode_scalar(self.f_i)
        r = (f * BASE - e * decode_point(vault.verify_keys[self.index - 1])).encode()
        r_hat = (f * decode_point(sealed.u) - e * decode_point(self.u_i)).encode()
        if share_challenge(vault, self.index, sealed, self.u_i, r, r_hat, request_id) != e:
            raise Refused(f"holder {self.index} lies")


def make_partial(vault, index, share, sealed, request_id, t):
    """(partial, R, R̂)"""
    u = decode_point(sealed.u)
    u_i, r, r_hat = (share * u).encode(), (t * BASE).encode(), (t * u).encode()
    e = share_challenge(vault, index, sealed, u_i, r, r_hat, request_id)
    return Partial(index, u_i, encode_scalar(e), encode_scalar(t + share * e)), r, r_hat


def lagrange(indices, which):
    product = 1
    for other in indices:
        if other != which:
            product = product * other * pow(other - which, Q - 2, Q) % Q
    return product


def combine(vault, sealed, request_id, partials, hour_key):
    sealed.check(vault)
    for partial in partials:
        partial.verify(vault, sealed, request_id)
    indices = [p.index for p in partials]
    if len(set(indices)) != len(indices) or len(indices) < vault.threshold:
        raise Refused("not enough holders")
    chosen = partials[: vault.threshold]
    indices = indices[: vault.threshold]
    terms = [lagrange(indices, p.index) * decode_point(p.u_i) for p in chosen]
    z = sum(terms[1:], terms[0]).encode()
    return aead_open(wrap_key(z, hour_key, sealed.u, sealed.vault_id, sealed.label), bytes(12), sealed.c)


REFUSALS = (Malformed, Refused, BadEncoding)
