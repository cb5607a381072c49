"""Requests, lists of segments, decisions, partials and hour keys, as docs/ref/formats/{request,decision}.md say it:
written from those pages, not from the C code.
"""

import hashlib
import json
import struct

from agefile import b64, check_mac, read_header, read_payload, unb64, write_header, write_payload, x25519_stanza
from primitives import X25519_BASE, aead_open, bech32, ed25519_sign, ed25519_verify, hkdf, x25519
from vaultkit import Partial, Refused, Sealed, decode_label, signing_seed, u16


def compact(value):
    """A document's bytes: any JSON will do, but what was written once is what is hashed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def recipient_of(identity):
    return bech32("age", x25519(identity, X25519_BASE))


# --- small age files


def age_seal(plain, identity_public, file_key, nonce, ephemeral):
    return write_header(x25519_stanza(file_key, identity_public, ephemeral), file_key) + write_payload(file_key, nonce, plain)


def age_open(data, identity):
    stanzas, signed, mac, length = read_header(data)
    for args, body in stanzas:
        if args[0] != "X25519":
            continue
        share = unb64(args[1])
        salt = share + x25519(identity, X25519_BASE)
        file_key = aead_open(hkdf(x25519(identity, share), salt, b"age-encryption.org/v1/X25519"), bytes(12), body)
        check_mac(file_key, signed, mac)
        return read_payload(file_key, data[length:])
    raise Refused("for somebody else")


# --- what a segment's header says


def seal_of(entry):
    stanzas, _, _, length = read_header(unb64(entry["header"]))
    if length != len(unb64(entry["header"])) or len(stanzas) > 2 or (len(stanzas) == 2 and stanzas[1][0][0] != "X25519"):
        raise Refused("not the header of a sealed segment")
    return Sealed.parse(*stanzas[0])


LEAD_MAX_US = 10 * 60 * 1_000_000  # the end is only what the site says


def require_covered(request, entry, sealed):
    """Everybody's rule: what the seal says, which cannot be changed, lies inside the request."""
    _, site, camera, start_us = decode_label(sealed.label)
    listed = camera == entry["camera"] and start_us == entry["start_us"]
    asked = site == request["site"] and camera in request["cameras"]
    in_time = entry["start_us"] < entry["end_us"] > request["from_us"] and entry["start_us"] < request["to_us"]
    if not (listed and asked and in_time and entry["start_us"] >= request["from_us"] - LEAD_MAX_US):
        raise Refused("outside the request")


# --- decisions


def signed_bytes(decision):
    partials = unb64(decision["partials"]) if decision["partials"] is not None else b""
    return (
        b"scrim-decision/v1"
        + bytes.fromhex(decision["request"] + decision["vault"] + decision["dealing"])
        + struct.pack(">HBQ", decision["holder"], decision["approve"], decision["at_us"])
        + hashlib.sha256(decision["reason"].encode()).digest()
        + hashlib.sha256(partials).digest()
    )


def partials_plain(request_id, holder, partials):
    head = b"scrim-partials/v1" + request_id + u16(holder) + struct.pack(">I", len(partials))
    return head + b"".join(p.u_i + p.e_i + p.f_i for p in partials)


def make_decision(vault, holder, share, request_id, at_us, partials_file=None, reason=""):
    decision = {
        "format": "scrim-decision/v1",
        "request": request_id.hex(),
        "vault": vault.id.hex(),
        "dealing": vault.dealing_id.hex(),
        "holder": holder,
        "approve": partials_file is not None,
        "reason": reason,
        "at_us": at_us,
        "partials": b64(partials_file) if partials_file is not None else None,
    }
    signature = ed25519_sign(signing_seed(vault.id, holder, share), signed_bytes(decision))
    return compact({**decision, "signature": signature.hex()})


def verify_decision(vault, request_id, text):
    decision = json.loads(text)
    fits = (request_id.hex(), vault.id.hex(), vault.dealing_id.hex()) == tuple(decision[k] for k in ("request", "vault", "dealing"))
    key = vault.sign_keys[decision["holder"] - 1]
    if not fits or not ed25519_verify(key, signed_bytes(decision), bytes.fromhex(decision["signature"])):
        raise Refused("the decision")
    return decision


def open_partials(decision, identity, count):
    plain = age_open(unb64(decision["partials"]), identity)
    head = b"scrim-partials/v1" + bytes.fromhex(decision["request"]) + u16(decision["holder"]) + struct.pack(">I", count)
    if plain[: len(head)] != head or len(plain) != len(head) + 96 * count:
        raise Refused("the partials")
    parts = [plain[at : at + 96] for at in range(len(head), len(plain), 96)]
    return [Partial(decision["holder"], p[:32], p[32:64], p[64:]) for p in parts]


# --- hour keys


def hour_keys_plain(request_id, keys):
    """`keys`: (camera, hour, key), as an opening hands them out."""
    head = b"scrim-hour-keys/v1" + request_id + struct.pack(">I", len(keys))
    return head + b"".join(camera.encode().ljust(32, b"\0") + struct.pack(">Q", hour) + key for camera, hour, key in keys)


def read_hour_keys(plain, request_id):
    head = b"scrim-hour-keys/v1" + request_id
    count = struct.unpack_from(">I", plain, len(head))[0]
    if plain[: len(head)] != head or len(plain) != len(head) + 4 + 72 * count:
        raise Refused("the hour keys")
    at = [len(head) + 4 + 72 * i for i in range(count)]
    return {(plain[a : a + 32].rstrip(b"\0").decode(), struct.unpack_from(">Q", plain, a + 32)[0]): plain[a + 40 : a + 72] for a in at}
