"""The cryptography of age and of the vault once more, from the standards and Python's standard library alone.

It shares no line with the C code, so that agreement means something. Slow, and not constant time: it
only ever sees test keys.
"""

import hashlib
import hmac
import struct

# --- HKDF-SHA-256 (RFC 5869), one block of output


def hkdf(ikm, salt, info):
    key = hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


# --- ChaCha20-Poly1305 (RFC 8439)


class BadTag(Exception):
    """The ciphertext, its key or its nonce is not the one that was sealed."""


def _quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & 0xFFFFFFFF
    t = s[d] ^ s[a]
    s[d] = (t << 16 | t >> 16) & 0xFFFFFFFF
    s[c] = (s[c] + s[d]) & 0xFFFFFFFF
    t = s[b] ^ s[c]
    s[b] = (t << 12 | t >> 20) & 0xFFFFFFFF
    s[a] = (s[a] + s[b]) & 0xFFFFFFFF
    t = s[d] ^ s[a]
    s[d] = (t << 8 | t >> 24) & 0xFFFFFFFF
    s[c] = (s[c] + s[d]) & 0xFFFFFFFF
    t = s[b] ^ s[c]
    s[b] = (t << 7 | t >> 25) & 0xFFFFFFFF


def _chacha_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = start[:]
    for _ in range(10):
        _quarter(s, 0, 4, 8, 12)
        _quarter(s, 1, 5, 9, 13)
        _quarter(s, 2, 6, 10, 14)
        _quarter(s, 3, 7, 11, 15)
        _quarter(s, 0, 5, 10, 15)
        _quarter(s, 1, 6, 11, 12)
        _quarter(s, 2, 7, 8, 13)
        _quarter(s, 3, 4, 9, 14)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(s, start)))


def _chacha_xor(key, nonce, data):
    blocks = -(-len(data) // 64)
    stream = b"".join(_chacha_block(key, 1 + i, nonce) for i in range(blocks))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        block = message[at : at + 16] + b"\x01"
        total = (total + int.from_bytes(block, "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _tag(key, nonce, sealed, extra):
    padded = extra + bytes(-len(extra) % 16) + sealed + bytes(-len(sealed) % 16)
    padded += struct.pack("<QQ", len(extra), len(sealed))
    return _poly1305(_chacha_block(key, 0, nonce)[:32], padded)


def aead_seal(key, nonce, plain, extra=b""):
    sealed = _chacha_xor(key, nonce, plain)
    return sealed + _tag(key, nonce, sealed, extra)


def aead_open(key, nonce, sealed, extra=b""):
    if len(sealed) < 16 or not hmac.compare_digest(_tag(key, nonce, sealed[:-16], extra), sealed[-16:]):
        raise BadTag
    return _chacha_xor(key, nonce, sealed[:-16])


# --- XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03)


def _inner(key, nonce):
    """HChaCha20: a block without the final addition, of which the first and last row are the key."""
    block = struct.unpack("<16I", _chacha_block(key, struct.unpack("<I", nonce[:4])[0], nonce[4:16]))
    start = struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<4I", nonce)
    return struct.pack("<8I", *((x - y) & 0xFFFFFFFF for x, y in zip(block[:4] + block[12:], start)))


def xaead_seal(key, nonce, plain, extra=b""):
    return aead_seal(_inner(key, nonce[:16]), bytes(4) + nonce[16:], plain, extra)


def xaead_open(key, nonce, sealed, extra=b""):
    return aead_open(_inner(key, nonce[:16]), bytes(4) + nonce[16:], sealed, extra)


# --- Curve25519 field, X25519 (RFC 7748)

P = 2**255 - 19


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little") & (2**255 - 8) | 2**254
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for bit in range(254, -1, -1):
        now = k >> bit & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


X25519_BASE = (9).to_bytes(32, "little")

# --- ristretto255 (RFC 9496)

Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _sqrt_ratio(u, v):
    """(was u/v a square, the non-negative root of it or of i·u/v)"""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, _absolute(r)


def _negative(x):
    return x % P & 1


def _absolute(x):
    return (-x if _negative(x) else x) % P


INVSQRT_A_MINUS_D = _sqrt_ratio(1, -1 - D)[1]
# The root that RFC 9496 section 4.1 names; its sign matters.
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235


class Point:
    """An element of the group, in extended Edwards coordinates."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x % P, y % P, z % P, t % P

    def __add__(self, other):
        a = (self.y - self.x) * (other.y - other.x)
        b = (self.y + self.x) * (other.y + other.x)
        c, d = 2 * D * self.t * other.t, 2 * self.z * other.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f, g * h, f * g, e * h)

    def __neg__(self):
        return Point(-self.x, self.y, self.z, -self.t)

    def __sub__(self, other):
        return self + -other

    def __rmul__(self, scalar):
        total, addend, scalar = IDENTITY, self, scalar % Q
        while scalar:
            if scalar & 1:
                total += addend
            addend += addend
            scalar >>= 1
        return total

    def __eq__(self, other):
        return (self.x * other.y - self.y * other.x) % P == 0 or (self.x * other.x - self.y * other.y) % P == 0

    def encode(self):
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        invsqrt = _sqrt_ratio(1, u1 * u2 * u2)[1]
        den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
        z_inv = den1 * den2 * self.t % P
        x, y, den_inv = self.x, self.y, den2
        if _negative(self.t * z_inv):
            x, y, den_inv = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
        if _negative(x * z_inv):
            y = -y
        return _absolute(den_inv * (self.z - y)).to_bytes(32, "little")


IDENTITY = Point(0, 1, 1, 0)


class BadEncoding(Exception):
    """Not the canonical encoding of a point or scalar that is allowed here."""


def decode_point(encoded):
    """RFC 9496 section 4.3.1; the identity is refused as well."""
    s = int.from_bytes(encoded, "little")
    if len(encoded) != 32 or s >= P or _negative(s) or s == 0:
        raise BadEncoding("point")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, invsqrt = _sqrt_ratio(1, v * u2 * u2)
    den_x, den_y = invsqrt * u2, invsqrt * invsqrt * u2 * v
    x, y = _absolute(2 * s * den_x), u1 * den_y % P
    t = x * y % P
    if not square or _negative(t) or y == 0:
        raise BadEncoding("point")
    return Point(x, y, 1, t)


def decode_scalar(encoded):
    value = int.from_bytes(encoded, "little")
    if len(encoded) != 32 or value >= Q or value == 0:
        raise BadEncoding("scalar")
    return value


def encode_scalar(value):
    return (value % Q).to_bytes(32, "little")


def _map(half):
    """RFC 9496 section 4.3.4, MAP"""
    t = int.from_bytes(half, "little") & (2**255 - 1)
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = _sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -_absolute(s * t) % P, r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


def point_from_hash(wide):
    return _map(wide[:32]) + _map(wide[32:])


BASE = decode_point(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))

# --- Ed25519 (RFC 8032), on the same curve


def _decode_edwards(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square, x = _sqrt_ratio(y * y - 1, D * y * y + 1)
    if len(encoded) != 32 or y >= P or not square or (x == 0 and sign):
        raise BadEncoding("point")
    x = -x if sign != _negative(x) else x
    return Point(x, y, 1, x * y)


def _encode_edwards(point):
    z_inv = pow(point.z, P - 2, P)
    return (point.y * z_inv % P | _negative(point.x * z_inv) << 255).to_bytes(32, "little")


EDWARDS_BASE = _decode_edwards((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def _sha512_scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % Q


def _ed25519_secret(seed):
    wide = hashlib.sha512(seed).digest()
    return int.from_bytes(wide[:32], "little") & (2**255 - 8) | 2**254, wide[32:]


def ed25519_public(seed):
    return _encode_edwards(_ed25519_secret(seed)[0] * EDWARDS_BASE)


def ed25519_sign(seed, message):
    scalar, prefix = _ed25519_secret(seed)
    r = _sha512_scalar(prefix, message)
    commitment = _encode_edwards(r * EDWARDS_BASE)
    challenge = _sha512_scalar(commitment, ed25519_public(seed), message)
    return commitment + ((r + challenge * scalar) % Q).to_bytes(32, "little")


def ed25519_verify(public, message, signature):
    """Without a cofactor: S·B − k·A must encode to the R that was signed with."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= Q:
        return False
    try:
        key = _decode_edwards(public)
    except BadEncoding:
        return False
    challenge = _sha512_scalar(signature[:32], public, message)
    return _encode_edwards(s * EDWARDS_BASE - challenge * key) == signature[:32]


# --- Bech32 (BIP 173), without its length limit

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _polymod(values):
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= g if top >> i & 1 else 0
    return checksum


def bech32(prefix, data):
    low = prefix.lower()
    bits = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    count = -(-len(data) * 8 // 5)
    values = [bits >> 5 * (count - 1 - i) & 31 for i in range(count)]
    expanded = [ord(c) >> 5 for c in low] + [0] + [ord(c) & 31 for c in low]
    checksum = _polymod(expanded + values + [0] * 6) ^ 1
    values += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    text = low + "1" + "".join(_CHARSET[v] for v in values)
    return text.upper() if prefix.isupper() else text
