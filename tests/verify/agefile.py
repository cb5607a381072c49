"""age v1 files (C2SP age.md), read and written with nothing but primitives.py."""

import base64
import hashlib
import hmac
import re

from primitives import BadTag, aead_open, aead_seal, hkdf, x25519, X25519_BASE

CHUNK = 64 * 1024
VERSION = b"age-encryption.org/v1\n"


class Malformed(Exception):
    """The specification forbids it."""


def b64(data):
    return base64.b64encode(data).rstrip(b"=").decode()


def unb64(text):
    """Canonical and unpadded, or Malformed."""
    if not re.fullmatch(r"[A-Za-z0-9+/]*", text) or len(text) % 4 == 1:
        raise Malformed("base64")
    data = base64.b64decode(text + "=" * (-len(text) % 4))
    if b64(data) != text:
        raise Malformed("base64 is not canonical")
    return data


def body_lines(body):
    text = b64(body)
    return "".join(text[at : at + 64] + "\n" for at in range(0, len(text) + 1, 64))


def stanza_text(args, body):
    return "-> " + " ".join(args) + "\n" + body_lines(body)


def header_mac(file_key, signed):
    return hmac.new(hkdf(file_key, b"", b"header"), signed, hashlib.sha256).digest()


def write_header(stanzas, file_key):
    """`stanzas` is their text. Well-formed or not: a test may want the MAC to be the only right thing."""
    signed = VERSION + stanzas.encode("latin-1") + b"---"
    return signed + b" " + b64(header_mac(file_key, signed)).encode() + b"\n"


def x25519_stanza(file_key, recipient, ephemeral):
    share = x25519(ephemeral, X25519_BASE)
    key = hkdf(x25519(ephemeral, recipient), share + recipient, b"age-encryption.org/v1/X25519")
    return stanza_text(["X25519", b64(share)], aead_seal(key, bytes(12), file_key))


def chunk_nonce(index, last):
    return index.to_bytes(11, "big") + bytes([last])


def payload_key(file_key, nonce):
    return hkdf(file_key, nonce, b"payload")


def write_payload(file_key, nonce, plain):
    key = payload_key(file_key, nonce)
    chunks = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)] or [b""]
    return nonce + b"".join(aead_seal(key, chunk_nonce(i, i == len(chunks) - 1), c) for i, c in enumerate(chunks))


def read_header(data):
    """([(args, body)], signed bytes, mac, length of the header)"""
    if not data.startswith(VERSION):
        raise Malformed("version line")
    at, stanzas = len(VERSION), []

    def line():
        nonlocal at
        end = data.find(b"\n", at)
        if end < 0:
            raise Malformed("header ends early")
        text, at = data[at:end].decode("latin-1"), end + 1
        return text

    while True:
        start, text = at, line()
        if text.startswith("---"):
            if not stanzas or not re.fullmatch(r"--- [A-Za-z0-9+/]{43}", text):
                raise Malformed("MAC line")
            return stanzas, data[: start + 3], unb64(text[4:]), at
        if not re.fullmatch(r"->( [\x21-\x7e]+)+", text):
            raise Malformed("stanza")
        body = b""
        while True:
            full = line()
            if len(full) > 64:
                raise Malformed("long line")
            body += unb64(full)
            if len(full) < 64:
                break
        stanzas.append((text.split(" ")[1:], body))


def read_payload(file_key, data):
    key, sealed, plain = payload_key(file_key, data[:16]), data[16:], b""
    if len(data) < 16:
        raise Malformed("nonce")
    index = 0
    while True:
        chunk, sealed = sealed[: CHUNK + 16], sealed[CHUNK + 16 :]
        opened = aead_open(key, chunk_nonce(index, not sealed), chunk)
        if not opened and index > 0:
            raise Malformed("empty last chunk")
        plain += opened
        if not sealed:
            return plain
        index += 1


def check_mac(file_key, signed, mac):
    if not hmac.compare_digest(header_mac(file_key, signed), mac):
        raise BadTag
