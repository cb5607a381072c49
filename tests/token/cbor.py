"""As much CBOR (RFC 8949) as CTAP2 uses: integers, bytes, text, arrays, maps, booleans; canonical order of keys."""

import struct


def _head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if value < limit:
            return bytes([major << 5 | code]) + struct.pack(form, value)
    raise ValueError("a number over 32 bits")


def encode(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(map(encode, value))
    # CTAP 2.1, section 8: shorter keys first, then by bytes; the major type comes before either.
    pairs = sorted(((encode(key), encode(item)) for key, item in value.items()), key=lambda p: (p[0][0] >> 5, len(p[0]), p[0]))
    return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def _decode(data, at):
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[info], at
    value = info
    if info >= 24:
        width = 1 << (info - 24)
        value = int.from_bytes(data[at : at + width], "big")
        at += width
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        piece = bytes(data[at : at + value])
        return (piece if major == 2 else piece.decode()), at + value
    if major == 4:
        items = []
        for _ in range(value):
            item, at = _decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(value):
            key, at = _decode(data, at)
            pairs[key], at = _decode(data, at)
        return pairs, at
    raise ValueError(f"major type {major}")


def decode(data):
    value, end = _decode(data, 0)
    if end != len(data):
        raise ValueError("bytes after the value")
    return value
