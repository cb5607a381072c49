"""Share files under a security token (docs/ref/formats/vault.md), written and opened without any of the C code."""

import hashlib
import secrets
import struct

from primitives import hkdf, xaead_open, xaead_seal


def prf_salt(salt):
    """What WebAuthn's PRF extension makes of a salt before the token sees it."""
    return hashlib.sha256(b"WebAuthn PRF\0" + salt).digest()


def binding(share):
    name, rp_id = share["name"].encode(), share["rp_id"].encode()
    credential = bytes.fromhex(share["credential"])
    return (
        b"scrim-share/v1" + bytes.fromhex(share["vault"]) + struct.pack(">HB", share["index"], len(name)) + name + b"\x02"
        + bytes([len(rp_id)]) + rp_id + struct.pack(">H", len(credential)) + credential
        + bytes.fromhex(share["salt"]) + bytes.fromhex(share["nonce"])
    )


def key_of(share, output):
    return hkdf(output, bytes.fromhex(share["salt"]), b"scrim-share/v1 fido2")


def open_share(share, output):
    """x_i of a file, from what the token made of its salt."""
    assert set(share) == {
        "format", "vault", "index", "name", "protection", "rp_id", "credential", "salt", "nonce", "sealed", "checksum"
    }, share.keys()
    sealed = bytes.fromhex(share["sealed"])
    assert share["checksum"] == hashlib.sha256(binding(share) + sealed).hexdigest()
    return xaead_open(key_of(share, output), bytes.fromhex(share["nonce"]), sealed, binding(share))


def seal_share(bare, rp_id, credential, salt, output, nonce=None):
    """The file of a bare share, under a token."""
    share = {member: bare[member] for member in ("format", "vault", "index", "name")}
    share |= {"protection": "fido2", "rp_id": rp_id, "credential": credential.hex(), "salt": salt.hex()}
    share["nonce"] = (nonce or secrets.token_bytes(24)).hex()
    sealed = xaead_seal(key_of(share, output), bytes.fromhex(share["nonce"]), bytes.fromhex(bare["secret"]), binding(share))
    return share | {"sealed": sealed.hex(), "checksum": hashlib.sha256(binding(share) + sealed).hexdigest()}
