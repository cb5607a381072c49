"""A FIDO2 security token in software (CTAP 2.1): what it answers to the commands of a client, with PIN/UV protocol one
and two, hmac-secret, and credentials that are not discoverable. `device.py` puts it behind a character device."""

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import cbor

OK = 0x00
INVALID_COMMAND, MISSING_PARAMETER = 0x01, 0x14
UNSUPPORTED_ALGORITHM, NO_CREDENTIALS, USER_ACTION_TIMEOUT = 0x26, 0x2E, 0x2F
PIN_INVALID, PIN_BLOCKED, PIN_AUTH_INVALID, PIN_AUTH_BLOCKED, PIN_NOT_SET, PIN_REQUIRED = range(0x31, 0x37)
UV_BLOCKED, UV_INVALID = 0x3C, 0x3F

MAKE_CREDENTIAL, GET_ASSERTION, GET_INFO, CLIENT_PIN = 0x01, 0x02, 0x04, 0x06
ES256 = -7
UP, UV, AT, ED = 0x01, 0x04, 0x40, 0x80


class Refusal(Exception):
    def __init__(self, code):
        super().__init__(f"CTAP 0x{code:02x}")
        self.code = code


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def aes_cbc(key, iv, data, *, decrypt=False):
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    worker = cipher.decryptor() if decrypt else cipher.encryptor()
    return worker.update(data) + worker.finalize()


class Shared:
    """The secret that client and token share for one command (6.5.6 and 6.5.7)."""

    def __init__(self, version, z):
        self.version = version
        if version == 1:
            self.hmac_key = self.aes_key = sha256(z)
        else:
            self.hmac_key, self.aes_key = (
                HKDF(hashes.SHA256(), 32, bytes(32), f"CTAP2 {what} key".encode()).derive(z) for what in ("HMAC", "AES")
            )

    def encrypt(self, data):
        iv = bytes(16) if self.version == 1 else os.urandom(16)
        sealed = aes_cbc(self.aes_key, iv, data)
        return sealed if self.version == 1 else iv + sealed

    def decrypt(self, data):
        iv, sealed = (bytes(16), data) if self.version == 1 else (data[:16], data[16:])
        return aes_cbc(self.aes_key, iv, sealed, decrypt=True)

    def verifies(self, data, tag, key=None):
        expected = mac(key or self.hmac_key, data)
        return hmac.compare_digest(tag, expected[:16] if self.version == 1 else expected)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def cose(public, algorithm):
    numbers = public.public_numbers()
    return {1: 2, 3: algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}


class Token:
    """`touch` answers whether somebody touches it; `finger` is None where there is no sensor, or whether it fits."""

    def __init__(self, pin="1234", *, has_hmac=True, protocols=(2, 1), finger=None, touch=lambda: True):
        self.pin_hash = sha256(pin.encode())[:16] if pin else None
        self.has_hmac, self.protocols, self.finger, self.touch = has_hmac, protocols, finger, touch
        self.tries, self.tries_now = 8, 3
        self.credentials = {}  # id: (rp_id, signing key, CredRandom without UV, CredRandom with UV)
        self.commands = []  # what was asked, for tests
        self.plug_in()

    def plug_in(self):
        self.agreement = new_key()
        self.pin_token = os.urandom(32)
        self.tries_now = 3

    def answer(self, request):
        self.commands.append(request[0])
        handlers = {
            GET_INFO: self.get_info,
            CLIENT_PIN: self.client_pin,
            MAKE_CREDENTIAL: self.make_credential,
            GET_ASSERTION: self.get_assertion,
        }
        try:
            if request[0] not in handlers:
                raise Refusal(INVALID_COMMAND)
            reply = handlers[request[0]](cbor.decode(request[1:]) if len(request) > 1 else {})
        except Refusal as refusal:
            return bytes([refusal.code])
        return bytes([OK]) + (cbor.encode(reply) if reply else b"")

    # 6.4
    def get_info(self, _):
        options = {"rk": False, "up": True, "clientPin": self.pin_hash is not None}
        if self.finger is not None:
            options["uv"] = True
        return {
            1: ["FIDO_2_0"],
            2: ["hmac-secret"] if self.has_hmac else ["credProtect"],
            3: bytes(16),
            4: options,
            5: 1200,
            6: list(self.protocols),
        }

    def shared(self, request, key=2):
        point = request[key]
        x, y = (int.from_bytes(point[c], "big") for c in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        return self.agreement.exchange(ec.ECDH(), public)

    # 6.5
    def client_pin(self, request):
        what = request[2]
        if what == 1:  # getPINRetries
            return {3: self.tries}
        if what == 2:  # getKeyAgreement
            return {1: cose(self.agreement.public_key(), -25)}
        if what == 5:  # getPinToken
            return {2: self.give_pin_token(request)}
        raise Refusal(INVALID_COMMAND)

    def give_pin_token(self, request):
        if self.pin_hash is None:
            raise Refusal(PIN_NOT_SET)
        if self.tries == 0:
            raise Refusal(PIN_BLOCKED)
        if self.tries_now == 0:
            raise Refusal(PIN_AUTH_BLOCKED)
        shared = Shared(request[1], self.shared(request, 3))
        if not hmac.compare_digest(shared.decrypt(request[6]), self.pin_hash):
            self.tries, self.tries_now = self.tries - 1, self.tries_now - 1
            self.agreement = new_key()
            raise Refusal(PIN_BLOCKED if self.tries == 0 else PIN_AUTH_BLOCKED if self.tries_now == 0 else PIN_INVALID)
        self.tries, self.tries_now = 8, 3
        return shared.encrypt(self.pin_token)

    def verified(self, data_hash, options, auth, protocol):
        """UV of this command: by PIN, by finger, or not at all."""
        if auth is not None:
            if not Shared(protocol, b"").verifies(data_hash, auth, self.pin_token):
                raise Refusal(PIN_AUTH_INVALID)
            return UV
        if options.get("uv"):
            if self.finger is None:
                raise Refusal(PIN_REQUIRED)
            if not self.finger:
                raise Refusal(UV_INVALID)
            return UV
        return 0

    def touched(self):
        if not self.touch():
            raise Refusal(USER_ACTION_TIMEOUT)
        return UP

    # 6.1
    def make_credential(self, request):
        if ES256 not in [p["alg"] for p in request[4]]:
            raise Refusal(UNSUPPORTED_ALGORITHM)
        flags = self.verified(request[1], request.get(7, {}), request.get(8), request.get(9))
        if self.pin_hash and not flags & UV:
            raise Refusal(PIN_REQUIRED)
        flags |= self.touched() | AT
        identity, secret = os.urandom(48), new_key()
        rp_id = request[2]["id"]
        self.credentials[identity] = (rp_id, secret, os.urandom(32), os.urandom(32))
        extensions = b""
        if self.has_hmac and request.get(6, {}).get("hmac-secret"):
            flags, extensions = flags | ED, cbor.encode({"hmac-secret": True})
        attested = bytes(16) + struct.pack(">H", len(identity)) + identity + cbor.encode(cose(secret.public_key(), ES256))
        data = sha256(rp_id.encode()) + struct.pack(">BI", flags, 0) + attested + extensions
        signature = secret.sign(data + request[1], ec.ECDSA(hashes.SHA256()))
        return {1: "packed", 2: data, 3: {"alg": ES256, "sig": signature}}

    # 6.2
    def get_assertion(self, request):
        options = request.get(5, {})
        flags = self.verified(request[2], options, request.get(6), request.get(7))
        mine = [c["id"] for c in request.get(3, []) if self.credentials.get(c["id"], ("",))[0] == request[1]]
        if not mine:
            raise Refusal(NO_CREDENTIALS)
        if options.get("up", True):
            flags |= self.touched()
        extensions = b""
        wanted = request.get(4, {}).get("hmac-secret")
        if self.has_hmac and wanted:
            flags, extensions = flags | ED, cbor.encode({"hmac-secret": self.hmac_secret(wanted, mine[0], bool(flags & UV))})
        data = sha256(request[1].encode()) + struct.pack(">BI", flags, len(self.commands)) + extensions
        signature = self.credentials[mine[0]][1].sign(data + request[2], ec.ECDSA(hashes.SHA256()))
        return {1: {"id": mine[0], "type": "public-key"}, 2: data, 3: signature}

    # 12.5
    def hmac_secret(self, wanted, identity, verified):
        shared = Shared(wanted.get(4, 1), self.shared(wanted, 1))
        if not shared.verifies(wanted[2], wanted[3]):
            raise Refusal(PIN_AUTH_INVALID)
        return shared.encrypt(self.output(identity, shared.decrypt(wanted[2]), verified))

    def output(self, identity, salt, verified=True):
        return mac(self.credentials[identity][3 if verified else 2], salt)
