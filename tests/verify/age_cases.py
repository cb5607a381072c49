#!/usr/bin/python3
"""Does `scrim open` accept every valid age file, and refuse every malformed one?

    age_cases.py SCRIM

The families of C2SP/CCTV's age test vectors for X25519, made here with our own arithmetic: each file is
wrong in one thing only, above all its MAC and its tags are right wherever they can be. Where Debian's
`age` is installed it must agree on every file, except where we are stricter on purpose. Then the other
way round: files that `age` wrote.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

sys.dont_write_bytecode = True

from agefile import CHUNK, VERSION, b64, body_lines, chunk_nonce, payload_key, stanza_text, write_header, write_payload, x25519_stanza
from primitives import X25519_BASE, aead_seal, bech32, hkdf, x25519

FILE_KEY = b"YELLOW SUBMARINE"
NONCE = bytes(range(16))
SECRET = bytes(range(100, 132))
RECIPIENT = x25519(SECRET, X25519_BASE)
OTHER = x25519(bytes(range(50, 82)), X25519_BASE)
EPHEMERAL = bytes(range(200, 232))
MINE = x25519_stanza(FILE_KEY, RECIPIENT, EPHEMERAL)
SHARE = x25519(EPHEMERAL, X25519_BASE)
ARGS, BODY = MINE.split("\n")[:2]
# A point of order 8: whatever the secret, X25519 with it gives zero.
LOW_ORDER = bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7")


@dataclass
class Case:
    name: str
    data: bytes
    opens: bool = False
    released: bytes = b""  # what may come out of standard output: verified chunks, all of them
    stricter: bool = False  # age takes it, we do not
    words: str = ""  # that the sentence must have


@lru_cache(maxsize=None)
def sealed_chunk(index, last, count):
    plain = bytes([index]) * count
    return aead_seal(payload_key(FILE_KEY, NONCE), chunk_nonce(index, last), plain)


def plain_chunk(index, count=CHUNK):
    return bytes([index]) * count


def flip(data, at):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


def not_canonical(text):
    """The last character with one of its spare bits set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def wrap(share, file_key, shared=None):
    shared = x25519(SECRET, share) if shared is None else shared
    key = hkdf(shared, share + RECIPIENT, b"age-encryption.org/v1/X25519")
    return aead_seal(key, bytes(12), file_key)


def small(stanzas, payload=None):
    return write_header(stanzas, FILE_KEY) + (payload or write_payload(FILE_KEY, NONCE, b"age"))


def good(name, stanzas):
    return Case(name, small(stanzas), True, b"age")


def bad(name, stanzas, **more):
    return Case(name, small(stanzas), **more)


def header_cases():
    right = small(MINE)
    mac_at = right.index(b"\n--- ") + 5
    payload = write_payload(FILE_KEY, NONCE, b"age")
    head = write_header(MINE, FILE_KEY)
    line = head[mac_at - 4 : -1].decode()

    def with_end(end):
        return head[: mac_at - 4] + end.encode() + payload

    yield Case("hmac_right", right, True, b"age")
    yield Case("hmac_bad", flip(right, mac_at + 5), words="MAC")
    yield Case("hmac_extra_space", with_end(line.replace("--- ", "---  ") + "\n"))
    yield Case("hmac_garbage", with_end(line + "AAA\n"))
    yield Case("hmac_missing", with_end("---\n"))
    yield Case("hmac_no_space", with_end(line.replace("--- ", "---") + "\n"))
    yield Case("hmac_not_canonical", with_end(not_canonical(line) + "\n"))
    yield Case("hmac_trailing_space", with_end(line + " \n"))
    yield Case("hmac_truncated", with_end(line[:-1] + "\n"))
    yield Case("hmac_padded", with_end(line + "=\n"))
    yield Case("header_crlf", right[: len(head)].replace(b"\n", b"\r\n") + payload)
    yield Case("empty", b"")
    yield Case("one_byte", b"a")
    yield Case("no_stanza", small(""))
    yield Case("version_only", VERSION)
    yield Case("version_unsupported", small(MINE).replace(b"org/v1", b"org/v1234", 1))
    yield Case("version_truncated", b"age-encryption.org/v")
    yield Case("version_space", small(MINE).replace(b"org/v1", b"org/v1 ", 1))
    yield Case("leading_newline", b"\n" + right)
    yield Case("header_ends_in_stanza", head[: mac_at - 20])
    yield Case("header_ends_in_mac", head[:-1])
    yield Case("header_only", head)
    yield Case("not_age", os.urandom(4096))
    yield Case("binary_zeroes", bytes(200000))
    armored = "-----BEGIN AGE ENCRYPTED FILE-----\n" + base64.encodebytes(right).decode() + "-----END AGE ENCRYPTED FILE-----\n"
    yield Case("armor", armored.encode(), stricter=True, words="armor")
    # 64 KiB is our ceiling; age has its own.
    grease = "".join(stanza_text(["grease", str(i)], b"") for i in range(6000))
    yield Case("header_too_long", small(grease + MINE), stricter=True, words="longer")


def stanza_cases():
    yield bad("stanza_bad_start", MINE + "*> stanza\n\n")
    yield bad("stanza_base64_padding", MINE + "-> stanza\nAA==\n")
    yield bad("stanza_empty_argument", MINE + "-> stanza  empty\n\n")
    yield bad("stanza_trailing_space", MINE + "-> stanza \n\n")
    yield good("stanza_empty_body", "-> empty\n\n" + MINE)
    yield good("stanza_empty_last_line", "-> stanza\n" + body_lines(bytes(48)) + MINE)
    yield good("stanza_long_body", "-> stanza with args\n" + body_lines(bytes(1000)) + MINE)
    yield bad("stanza_invalid_character", MINE + "-> stanza \x7f\n\n")
    yield bad("stanza_control_character", MINE + "-> stan\x01za\n\n")
    yield bad("stanza_high_character", MINE + "-> stanza \xe8\n\n")
    yield bad("stanza_tab", MINE + "-> stanza\targ\n\n")
    yield bad("stanza_nul", MINE + "-> stan\x00za\n\n")
    yield bad("stanza_long_line", MINE + "-> stanza\n" + "A" * 68 + "\n\n")
    yield bad("stanza_missing_body", MINE + "-> stanza\n")
    yield bad("stanza_missing_final_line", MINE + "-> stanza\n" + "A" * 64 + "\n")
    yield bad("stanza_multiple_short_lines", MINE + "-> stanza\n" + "A" * 32 + "\n" + "A" * 32 + "\n")
    yield bad("stanza_no_arguments", "->\n\n" + MINE)
    yield bad("stanza_no_arguments_space", "-> \n\n" + MINE)
    yield bad("stanza_no_space", "->stanza\n\n" + MINE)
    yield bad("stanza_not_canonical", MINE + "-> stanza\nAAB\n")
    yield bad("stanza_high_character_in_body", MINE + "-> stanza\nAA\x85A\n")
    yield bad("stanza_one_character", MINE + "-> stanza\nA\n")
    yield bad("stanza_spurious_cr", MINE.replace("\n", "\r\n", 1))
    yield bad("stanza_body_cr", MINE[:-1] + "\r\n")
    yield bad("stanza_empty_line_between", MINE + "\n" + "-> stanza\n\n")
    yield good(
        "stanza_valid_characters",
        "-> " + " ".join("".join(chr(c) for c in range(at, min(at + 8, 127))) for at in range(33, 127, 8)) + "\n\n" + MINE,
    )
    yield good("stanza_many", "".join(stanza_text(["grease", str(i)], b"") for i in range(1000)) + MINE)


def x25519_cases():
    share = b64(SHARE)
    yield good("x25519", MINE)
    yield good("x25519_grease", "-> grease\n\n" + MINE + "-> grease\n\n")
    yield good("x25519_multiple_recipients", x25519_stanza(FILE_KEY, OTHER, bytes(range(32))) + MINE)
    yield good("x25519_twice", MINE + x25519_stanza(FILE_KEY, RECIPIENT, bytes(range(32))))
    yield bad("x25519_no_match", x25519_stanza(FILE_KEY, OTHER, bytes(range(32))), words="not encrypted to")
    yield bad("x25519_lowercase", MINE.replace("X25519", "x25519"))
    yield bad("x25519_bad_tag", stanza_text(["X25519", share], flip(wrap(SHARE, FILE_KEY), -1)))
    yield bad("x25519_extra_argument", ARGS + " 1234\n" + BODY + "\n", words="malformed")
    yield bad("x25519_no_share", "-> X25519\n" + BODY + "\n")
    yield bad("x25519_long_share", stanza_text(["X25519", b64(SHARE + b"\0")], wrap(SHARE, FILE_KEY)))
    yield bad("x25519_short_share", stanza_text(["X25519", b64(SHARE[:-1])], wrap(SHARE, FILE_KEY)))
    yield bad("x25519_not_canonical_share", stanza_text(["X25519", not_canonical(share)], wrap(SHARE, FILE_KEY)))
    yield bad("x25519_padded_share", stanza_text(["X25519", share + "="], wrap(SHARE, FILE_KEY)))
    yield bad("x25519_not_canonical_body", ARGS + "\n" + not_canonical(BODY) + "\n")
    long_key = FILE_KEY + b"!"
    yield Case(
        "x25519_long_file_key",
        write_header(stanza_text(["X25519", share], wrap(SHARE, long_key)), long_key) + write_payload(long_key, NONCE, b"age"),
    )
    yield bad("x25519_empty_body", stanza_text(["X25519", share], b""))
    yield bad("x25519_low_order", stanza_text(["X25519", b64(LOW_ORDER)], wrap(LOW_ORDER, FILE_KEY, bytes(32))))
    yield bad("x25519_identity", stanza_text(["X25519", b64(bytes(32))], wrap(bytes(32), FILE_KEY, bytes(32))))
    # Another's stanza is malformed: it spoils the file wherever it stands.
    broken = "-> X25519 AAAA\n\n"
    yield bad("x25519_malformed_before", broken + MINE)
    yield bad("x25519_malformed_after", MINE + broken, stricter=True)


def scrypt_cases():
    scrypt = stanza_text(["scrypt", b64(bytes(16)), "10"], bytes(32))
    yield bad("scrypt_alone", scrypt, words="passphrase")
    yield bad("scrypt_and_x25519", scrypt + MINE, stricter=True, words="passphrase")
    yield bad("x25519_and_scrypt", MINE + scrypt, stricter=True, words="passphrase")
    yield bad("scrypt_double", scrypt + scrypt)
    yield good("scrypt_uppercase", stanza_text(["SCRYPT", b64(bytes(16)), "10"], bytes(32)) + MINE)


def stream(name, payload, opens=False, released=b""):
    return Case(name, write_header(MINE, FILE_KEY) + payload, opens, released)


def stream_cases():
    first, first_last = sealed_chunk(0, False, CHUNK), sealed_chunk(0, True, CHUNK)
    second, second_last = sealed_chunk(1, False, CHUNK), sealed_chunk(1, True, CHUNK)
    p0, p1, p2 = plain_chunk(0), plain_chunk(1), plain_chunk(2, 1)
    tiny = write_payload(FILE_KEY, NONCE, b"age")
    yield stream("stream_empty_payload", write_payload(FILE_KEY, NONCE, b""), True)
    yield stream("stream_last_chunk_full", NONCE + first_last, True, p0)
    yield stream("stream_two_chunks", NONCE + first + sealed_chunk(1, True, 1), True, p0 + p1[:1])
    yield stream("stream_last_chunk_full_second", NONCE + first + second_last, True, p0 + p1)
    yield stream("stream_three_chunks", NONCE + first + second + sealed_chunk(2, True, 1), True, p0 + p1 + p2)
    yield stream("stream_no_nonce", b"")
    yield stream("stream_short_nonce", NONCE[:-1])
    yield stream("stream_no_chunks", NONCE)
    yield stream("stream_missing_tag", tiny[:-16])
    yield stream("stream_short_chunk", tiny[:-1])
    yield stream("stream_only_tag_part", NONCE + bytes(15))
    yield stream("stream_bad_tag", flip(tiny, -1))
    yield stream("stream_bad_ciphertext", flip(tiny, 17))
    yield stream("stream_bad_nonce", flip(tiny, 3))
    yield stream("stream_bad_tag_second_chunk", NONCE + first + flip(sealed_chunk(1, True, 1), -1), released=p0)
    yield stream("stream_bad_tag_second_chunk_full", NONCE + first + flip(second_last, 0), released=p0)
    yield stream("stream_short_second_chunk", NONCE + first + sealed_chunk(1, True, 1)[:-1], released=p0)
    yield stream("stream_last_chunk_empty", NONCE + first + sealed_chunk(1, True, 0), released=p0)
    yield stream("stream_no_final", NONCE + sealed_chunk(0, False, 3))
    yield stream("stream_no_final_full", NONCE + first, released=p0)
    yield stream("stream_no_final_two_chunks", NONCE + first + sealed_chunk(1, False, 1), released=p0)
    yield stream("stream_no_final_two_chunks_full", NONCE + first + second, released=p0 + p1)
    yield stream("stream_two_final_chunks", NONCE + first_last + sealed_chunk(1, True, 1), released=p0)
    yield stream("stream_two_final_chunks_full", NONCE + first_last + second_last, released=p0)
    yield stream("stream_trailing_garbage_short", NONCE + first_last + bytes(12), released=p0)
    yield stream("stream_trailing_garbage_long", NONCE + first_last + bytes(20), released=p0)
    yield stream("stream_trailing_after_short", tiny + b"x")
    yield stream("stream_swapped_chunks", NONCE + second + first_last)
    yield stream("stream_repeated_chunk", NONCE + first + first + second_last, released=p0)
    yield stream("stream_dropped_chunk", NONCE + first + sealed_chunk(2, True, 1), released=p0)


@dataclass
class Bench:
    scrim: str
    dir: Path
    age: str = field(default_factory=lambda: shutil.which("age"))
    failed: bool = False

    def say(self, name, problem=None):
        print(f"FAIL {name}: {problem}" if problem else f"ok {name}", flush=True)
        self.failed |= bool(problem)

    def run(self, *command):
        done = subprocess.run([str(c) for c in command], capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def judge(self, case, identity):
        path, out = self.dir / "case.age", self.dir / "out"
        path.write_bytes(case.data)
        status, released, sentence = self.run(self.scrim, "open", "-i", identity, path)
        if status not in (0, 1) or (status == 0) != case.opens:
            return f"exit status {status}: {sentence.strip()}"
        if released != case.released:
            return f"{len(released)} bytes came out, expected {len(case.released)}"
        if not case.opens and (len(sentence.splitlines()) != 1 or case.words not in sentence):
            return f"said {sentence!r}"
        before = set(self.dir.iterdir())
        status, _, _ = self.run(self.scrim, "open", "-i", identity, path, "-o", out)
        left = set(self.dir.iterdir()) - before
        if (status == 0) != case.opens or left != ({out} if case.opens else set()):
            return f"with -o: exit status {status}, left {sorted(p.name for p in left)}"
        if case.opens:
            if out.read_bytes() != case.released:
                return "with -o: other bytes"
            out.unlink()
        return self.compare(case, identity, path)

    def compare(self, case, identity, path):
        if not self.age or case.stricter:
            return None
        status, opened, why = self.run(self.age, "-d", "-i", identity, path)
        if (status == 0) != case.opens or (case.opens and opened != case.released):
            return f"Debian's age disagrees: exit status {status} {why.strip()}"
        return None


def identity_cases(bench, identity_text):
    """What an identity file may look like."""
    path, age_file = bench.dir / "identity", bench.dir / "case.age"
    age_file.write_bytes(small(MINE))
    other = bech32("AGE-SECRET-KEY-", bytes(range(50, 82)))
    cases = (
        ("comments", f"# created: today\n# public key: x\n{identity_text}\n", True),
        ("no last line break", identity_text, True),
        ("line breaks of Windows", f"# x\r\n{identity_text}\r\n", True),
        ("several, ours last", f"{other}\n\n{identity_text}\n", True),
        ("only another's", other + "\n", False),
        ("empty", "", False),
        ("lower case", identity_text.lower(), False),
        ("mixed case", identity_text[:-1] + identity_text[-1].lower() if identity_text[-1].isalpha() else identity_text[:20].lower(), False),
        ("one character wrong", identity_text[:-1] + ("Q" if identity_text[-1] != "Q" else "P"), False),
        ("too short", identity_text[:-3], False),
        ("a recipient", bech32("age", RECIPIENT), False),
        ("garbage beside the right one", f"{identity_text}\nhello\n", False),
        ("33 bytes", bech32("AGE-SECRET-KEY-", SECRET + b"\0"), False),
    )
    for name, text, opens in cases:
        path.write_bytes(text.encode())
        status, out, sentence = bench.run(bench.scrim, "open", "-i", path, age_file)
        right = (status == 0 and out == b"age") if opens else (status == 1 and not out)
        leak = any(len(word) > 20 and word in sentence for word in text.split())
        bench.say(f"identity file: {name}", None if right and not leak else f"exit status {status}: {sentence.strip()}")


def output_cases(bench, identity):
    """What -o does to what is there already."""
    good_file, bad_file, out = bench.dir / "good.age", bench.dir / "bad.age", bench.dir / "kept"
    good_file.write_bytes(small(MINE))
    bad_file.write_bytes(flip(small(MINE), -1))
    out.write_bytes(b"before")
    status = bench.run(bench.scrim, "open", "-i", identity, bad_file, "-o", out)[0]
    bench.say("-o keeps what was there on failure", None if status == 1 and out.read_bytes() == b"before" else "it does not")
    status = bench.run(bench.scrim, "open", "-i", identity, good_file, "-o", out)[0]
    mode = out.stat().st_mode & 0o777
    bench.say("-o replaces it on success, for the owner only", None if status == 0 and out.read_bytes() == b"age" and mode == 0o600 else f"{status} {mode:o}")
    status = bench.run(bench.scrim, "open", "-i", identity, good_file, "-o", "/dev/null")[0]
    bench.say("-o never replaces a device", None if status == 1 and Path("/dev/null").is_char_device() else f"{status}")
    status = bench.run(bench.scrim, "open", "-i", identity, bench.dir / "absent.age")[0]
    bench.say("a missing file is said", None if status == 1 else f"{status}")
    status = bench.run(bench.scrim, "open", good_file)[0]
    bench.say("no identity is wrong usage", None if status == 2 else f"{status}")


def from_age(bench):
    """Files that Debian's age wrote."""
    keygen = shutil.which("age-keygen")
    if not bench.age or not keygen:
        print("skip files that age wrote (not installed)")
        return
    identity, plain, sealed = bench.dir / "keygen", bench.dir / "plain", bench.dir / "plain.age"
    bench.run(keygen, "-o", identity)
    recipient = bench.run(keygen, "-y", identity)[1].decode().strip()
    for count in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1000003):
        plain.write_bytes(os.urandom(count))
        bench.run(bench.age, "-r", recipient, "-r", bech32("age", RECIPIENT), "-o", sealed, plain)
        status, out, sentence = bench.run(bench.scrim, "open", "-i", identity, sealed)
        bench.say(f"age wrote {count} bytes", None if status == 0 and out == plain.read_bytes() else sentence.strip())


def main():
    with tempfile.TemporaryDirectory(prefix="scrim-age-") as name:
        bench = Bench(sys.argv[1], Path(name))
        identity = bench.dir / "key"
        identity_text = bech32("AGE-SECRET-KEY-", SECRET)
        identity.write_text(identity_text + "\n")
        for family in (header_cases, stanza_cases, x25519_cases, scrypt_cases, stream_cases):
            for case in family():
                bench.say(case.name, bench.judge(case, identity))
        identity_cases(bench, identity_text)
        output_cases(bench, identity)
        from_age(bench)
    return bench.failed


if __name__ == "__main__":
    sys.exit(main())
