#!/usr/bin/python3
"""hour_ring.py PEER VECTORS: the hour ring once more, from docs/ref/formats/hour-ring.md alone.

What C sealed is opened here and the other way round, and both refuse the same damage.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from primitives import BadTag, aead_open, aead_seal, hkdf

NAME = b"scrim-hour-ring1"
HEADER = 16 + 8 + 32
IDS = b"abcdefghijklmnopqrstuvwxyz0123456789-"

failed = False


class Refused(Exception):
    pass


def say(name, problem=None):
    global failed
    failed |= problem is not None
    if problem:
        print(f"  {problem}")
    print(f"{'FAIL' if problem else 'ok'} hour ring: {name}", flush=True)


def ring_key(root, salt):
    return hkdf(root, salt, b"scrim hour ring v1")


def write_content(keys):
    """`keys`: {(camera, hour): key}."""
    cameras = sorted({camera for camera, _ in keys})
    content = len(cameras).to_bytes(4, "big")
    for camera in cameras:
        hours = sorted(hour for c, hour in keys if c == camera)
        content += camera.encode().ljust(32, b"\0") + len(hours).to_bytes(4, "big")
        for hour in hours:
            content += hour.to_bytes(4, "big") + keys[camera, hour]
    return content


def read_content(content):
    at = 0

    def take(count):
        nonlocal at
        at += count
        if at > len(content):
            raise Refused("cut short")
        return content[at - count : at]

    def number():
        return int.from_bytes(take(4), "big")

    keys, last_camera = {}, b""
    for _ in range(number()):
        field = take(32)
        camera = field.rstrip(b"\0")
        if not camera or len(camera) > 31 or camera.strip(IDS) or camera <= last_camera:
            raise Refused("camera")
        last_camera, last_hour, count = camera, -1, number()
        if count == 0:
            raise Refused("no keys")
        for _ in range(count):
            hour = number()
            if hour <= last_hour:
                raise Refused("order of hours")
            last_hour = hour
            keys[camera.decode(), hour] = take(32)
    if at != len(content):
        raise Refused("something after the end")
    return keys


def seal(root, generation, salt, content):
    header = NAME + generation.to_bytes(8, "big") + salt
    return header + aead_seal(ring_key(root, salt), bytes(12), content, header)


def unseal(root, sealed):
    header = sealed[:HEADER]
    if len(sealed) < HEADER + 16 or header[:16] != NAME or header[16:24] == bytes(8):
        raise Refused("header")
    try:
        return aead_open(ring_key(root, header[24:]), bytes(12), sealed[HEADER:], header)
    except BadTag as why:
        raise Refused("tag") from why


def published(peer, path):
    printed = subprocess.run([peer, "vectors"], capture_output=True, text=True, check=True).stdout
    if json.loads(printed) != json.loads(path.read_text()):
        return "C writes something else than tests/vectors/scrim-hour-ring.json"
    vectors = json.loads(printed)
    root, salt = bytes.fromhex(vectors["root"]), bytes.fromhex(vectors["salt"])
    for ring in vectors["rings"]:
        content, sealed = bytes.fromhex(ring["content"]), bytes.fromhex(ring["sealed"])
        if seal(root, vectors["generation"], salt, content) != sealed or unseal(root, sealed) != content:
            return "Python seals something else"
        if write_content(read_content(content)) != content:
            return "Python writes the content otherwise"
    return None


def of_c(peer, root, path):
    done = subprocess.run([peer, "read", root.hex(), path], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    words = (line.split() for line in done.stdout.splitlines())
    return {(camera, int(hour)): bytes.fromhex(key) for camera, hour, key in words}


def of_python(root, sealed):
    try:
        return read_content(unseal(root, sealed))
    except Refused:
        return None


def site(peer):
    directory = Path(subprocess.run([peer, "site"], capture_output=True, text=True, check=True).stdout.strip())
    hours = directory / "state" / "keys" / "hours"
    stored = (hours / "root.key").read_bytes()
    if len(stored) != 56 or stored[:16] != b"scrim-root-key 1" or (hours / "root.next").exists():
        return "root.key is of another form"
    sealed, root = (hours / "hours.ring").read_bytes(), stored[24:]
    if sealed[16:24] != stored[16:24] or int.from_bytes(stored[16:24], "big") != 3:  # one, and two destructions
        return f"generation {stored[16:24].hex()}, of the ring {sealed[16:24].hex()}"
    keys = of_python(root, sealed)
    if keys is None or keys != of_c(peer, root, hours / "hours.ring"):
        return "C and Python read different keys"
    first = 1795428000 // 3600
    expected = {("gate", first + h) for h in (0, 2, 3, 4)} | {("quay", first + h) for h in (1, 2, 3, 4, 9)}
    if set(keys) != expected or len(set(keys.values())) != len(keys):
        return f"keys of {sorted(keys)}"
    return None


def damaged(peer, base):
    """Contents that must not be, well sealed, and sealed ones that were touched."""
    rng, root, path = random.Random(7), bytes(range(32)), Path(base) / "ring"
    keys = {("gate", 5): b"a" * 32, ("quay", 5): b"b" * 32, ("quay", 6): b"c" * 32}
    good = write_content(keys)
    contents = [good, write_content({}), good[:-1], good + b"\0", b"", good[:3]]
    for _ in range(150):
        changed = bytearray(good)
        place = rng.choice((rng.randrange(8), rng.randrange(len(good)), 4 + rng.randrange(36)))
        changed[place] = rng.choice((0, 1, 0x41, 0x61, 0x2D, 0xFF, changed[place] ^ 1))
        contents.append(bytes(changed))
    rings = [seal(root, 3, bytes(32), content) for content in contents]
    for _ in range(50):
        changed = bytearray(rings[0])
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        rings.append(bytes(changed))
    rings += [rings[0][:n] for n in (0, 16, 23, 24, HEADER - 1, HEADER, HEADER + 15, HEADER + 16)]
    refused = 0
    for ring in rings:
        path.write_bytes(ring)
        expected = of_python(root, ring)
        refused += expected is None
        if of_c(peer, root, path) != expected:
            return f"C and Python judge {ring.hex()} differently"
    return None if 60 < refused < len(rings) - 2 else f"{refused} of {len(rings)} are refused"


def main():
    peer, path = sys.argv[1], Path(sys.argv[2])
    say("the published rings, sealed again", published(peer, path))
    with tempfile.TemporaryDirectory() as base:
        os.environ["TMPDIR"] = base
        say("what C keeps of a site, read by Python", site(peer))
        say("what both refuse", damaged(peer, base))
    return failed


if __name__ == "__main__":
    sys.exit(main())
