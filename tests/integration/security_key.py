"""A security key in software: what a browser and its authenticator make of the desk's options (WebAuthn level 2)."""

import base64
import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SecurityKey:
    def __init__(self, host="localhost"):
        self.host = host
        self.id = secrets.token_bytes(20)
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def _client_data(self, kind, options, origin, challenge=None):
        return json.dumps({"type": kind, "challenge": challenge or options["challenge"], "origin": origin,
                           "crossOrigin": False}).encode()

    def _authenticator_data(self, flags, count, attested=b""):
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, count) + attested

    def _answer(self, response):
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {name: b64(value) for name, value in response.items()}}

    def register(self, options, here, **changes):
        numbers = self.secret.public_key().public_numbers()
        cose = (bytes.fromhex("a5010203262001215820") + numbers.x.to_bytes(32, "big") + bytes.fromhex("225820")
                + numbers.y.to_bytes(32, "big"))
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self._authenticator_data(changes.get("flags", 0x41), self.count, attested)
        attestation = (b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data)
        return self._answer({
            "clientDataJSON": self._client_data("webauthn.create", options, changes.get("origin", here),
                                                changes.get("challenge")),
            "attestationObject": attestation,
        })

    def sign(self, options, here, **changes):
        self.count += 1
        client = self._client_data(changes.get("type", "webauthn.get"), options, changes.get("origin", here),
                                   changes.get("challenge"))
        data = self._authenticator_data(changes.get("flags", 0x01), changes.get("count", self.count))
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        if changes.get("break_signature"):
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})
