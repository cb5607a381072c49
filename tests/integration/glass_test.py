"""Break-glass on a real site. Its keeper has a clock that this test sets (tests/clock); all else is as it ships."""

import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import struct
import sys
from pathlib import Path

import sitekit
from desk_kit import desk
from harness import ROOT, expect, stage, test, wait_for

sys.path.insert(0, str(ROOT / "tests" / "verify"))
from agefile import CHUNK, check_mac, chunk_nonce, payload_key, read_header, unb64  # noqa: E402
from primitives import BadTag, aead_open, bech32, hkdf, x25519, X25519_BASE  # noqa: E402

CLOCKED = Path(os.environ.get("SCRIM_TESTS", ROOT / "build" / "meson" / "tests")) / "scrim-keeper-clocked"
MINUTE_US = 60_000_000
ON = """
break_glass:
  operators: [olga]
  reason_shown: "A person in the water has only minutes"
"""
REASON = "somebody fell off the quay"


class Clock:
    """How far the keeper's clocks are ahead of everybody else's."""

    def __init__(self, path):
        self.path = path
        self.ahead = 0
        path.write_bytes(bytes(8))

    def pass_minutes(self, minutes):
        self.ahead += int(minutes * MINUTE_US)
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", self.ahead))


@contextlib.contextmanager
def programs_with(keeper, directory):
    """The site's programs, with another keeper among them. `scrim up` starts what lies beside it."""
    beside = directory / "programs"
    beside.mkdir()
    for name in ("scrim", "scrim-recorder", "scrim-veil", "scrimd", "scrim-opener", "scrim-oidc"):
        shutil.copy(sitekit.program(name), beside / name)
    shutil.copy(keeper, beside / "scrim-keeper")
    (directory / "models").symlink_to(sitekit.PROGRAMS.parent / "models")
    (directory / "web").symlink_to(sitekit.PROGRAMS.parent / "web")
    before, sitekit.PROGRAMS = sitekit.PROGRAMS, beside
    try:
        yield
    finally:
        sitekit.PROGRAMS = before


class Person:
    def __init__(self, staged, name, password):
        self.desk = staged.site.desk()
        self.desk.sign_in(name, password)

    def ask(self, method, path, body=None, wanted=200):
        status, _, content = self.desk.request(method, f"/api/v1/glass{path}", body)
        expect(status == wanted, f"{method} /glass{path}: {status}, not {wanted}: {content[:300]}")
        try:
            return json.loads(content) if content else None
        except ValueError:
            return content

    def refused(self, method, path, body, status, code):
        answer = self.ask(method, path, body, status)
        expect(answer["error"]["code"] == code, f"{path}: {answer}")


class Identity:
    """A browser's one-time key."""

    def __init__(self):
        self.secret = secrets.token_bytes(32)
        self.public = x25519(self.secret, X25519_BASE)
        self.recipient = bech32("age", self.public)

    def opens(self, text):
        """The emergency keys in what the API gave."""
        data = unb64(text)
        stanzas, signed, mac, length = read_header(data)
        file_key = unwrap(stanzas[0], self.secret)
        check_mac(file_key, signed, mac)
        key = payload_key(file_key, data[length : length + 16])
        plain = aead_open(key, chunk_nonce(0, True), data[length + 16 :])
        expect(plain.startswith(b"scrim-glass-keys/v1"), plain[:19])
        (count,) = struct.unpack_from(">I", plain, 19)
        expect(len(plain) == 23 + 48 * count, f"{count} keys in {len(plain)} bytes")
        return [struct.unpack_from(">QQ32s", plain, 23 + 48 * i) for i in range(count)]


def unwrap(stanza, secret):
    """The file key (age.md, X25519), or BadTag."""
    (kind, share), body = stanza
    expect(kind == "X25519", kind)
    share = unb64(share)
    wrap = hkdf(x25519(secret, share), share + x25519(secret, X25519_BASE), b"age-encryption.org/v1/X25519")
    return aead_open(wrap, bytes(12), body)


def file_key_of(sealed, keys):
    """What any of these emergency keys makes of a sealed segment's second stanza; None: nothing."""
    stanzas, signed, mac, _ = read_header(sealed)
    expect([args[0] for args, _ in stanzas] == ["scrim-tdh2", "X25519"], [args for args, _ in stanzas])
    for _, _, secret in keys:
        with contextlib.suppress(BadTag):
            file_key = unwrap(stanzas[1], secret)
            check_mac(file_key, signed, mac)
            return file_key
    return None


def first_chunk(sealed, file_key):
    at = read_header(sealed)[3]
    key = payload_key(file_key, sealed[at : at + 16])
    return aead_open(key, chunk_nonce(0, False), sealed[at + 16 : at + 16 + CHUNK + 16])


@test("break-glass: off unless scrim.yaml has it")
def off():
    with desk(roles={"anna": "administrator"}) as daemon:
        for name in ("anna", "olga"):
            client = daemon.signed_in(name)
            state = json.loads(client.request("GET", "/api/v1/glass")[2])
            expect(not state["on"] and not state["allowed"] and state["active"] is None, state)
            body = {"reason": REASON, "recipient": Identity().recipient}
            status, _, content = client.request("POST", "/api/v1/glass", body)
            expect(status == 409 and b"glass_off" in content, f"{status} {content}")


def broken(olga, clock, kim):
    """Breaks glass and looks at what it gives."""
    me = Identity()
    before = olga.desk.get("/site")["glass"]
    olga.refused("POST", "", {"reason": " ", "recipient": me.recipient}, 400, "malformed")
    olga.refused("POST", "", {"reason": REASON, "recipient": "age1nothing"}, 400, "malformed")
    given = olga.ask("POST", "", {"reason": REASON, "recipient": me.recipient}, 201)
    wait_for("everybody to hear of it", lambda: kim.desk.get("/site")["glass"] != before, 3)
    active = kim.ask("GET", "")["active"]
    expect((active["who"], active["reason"], active["seen"]) == ("olga", REASON, []), active)
    expect(given["until_ms"] - active["since_ms"] == 600_000, f"ten minutes: {given} {active}")
    keys = me.opens(given["keys"])
    now_ms = olga.desk.get("/site")["now_ms"] + clock.ahead // 1000
    expect(keys and all(start // 1000 <= now_ms for start, _, _ in keys), "a key of the time to come")
    return given["number"], keys


def keeper_killed(site, olga):
    """Its secrets die with it. Segments end and begin again at once, and have the next one's keys."""
    began = len(site.segments("quay"))
    keeper = {name: pid for pid, name in site.pids().items()}["scrim-keeper"]
    os.kill(keeper, signal.SIGKILL)
    wait_for("the segment's end", lambda: len(site.segments("quay")) > began, 15)
    wait_for("the next keeper", lambda: olga.ask("GET", "")["ready"])


def looked_at(olga, otto, keys):
    """The growing segment: listed, opened with an emergency key, its tail there. Returns its beginning."""
    listed = olga.ask("GET", "/cameras/quay/segments")
    expect(listed and listed[-1]["end_ms"] is None, f"none grows: {listed}")
    path = f"/cameras/quay/segments/{listed[-1]['name']}"
    wait_for("a chunk", lambda: len(olga.ask("GET", path)) > 2000 + CHUNK)
    sealed = olga.ask("GET", path)
    file_key = file_key_of(sealed, keys)
    expect(file_key, "no emergency key is for the segment that grows")
    expect(first_chunk(sealed, file_key)[4:8] == b"ftyp", "the plaintext is no film")
    expect(olga.ask("GET", f"{path}/tail")[:8] == b"SCRMTAIL", "no tail")
    status, headers, part = olga.desk.request("GET", f"/api/v1/glass{path}", headers={"Range": "bytes=0-99"})
    expect(status == 206 and part == sealed[:100] and "no-store" in headers["Cache-Control"], f"{status} {headers}")
    otto.refused("GET", "/cameras/quay/segments", None, 410, "glass_over")
    olga.ask("GET", "/cameras/nowhere/segments", wanted=404)
    olga.ask("GET", "/cameras/quay/segments/2020-01-01_000000", wanted=404)
    olga.ask("GET", "/cameras/quay/segments/..%2F..%2Ftail", wanted=404)
    return sealed[: 2000]


def reviewed(number, olga, kim, anna, clock):
    """The alarm is seen, the ten minutes end, the review is written by somebody else."""
    kim.ask("POST", f"/{number}/seen", {}, 204)
    expect(kim.ask("GET", "")["active"]["seen"] == ["kim"], "it was not noted that kim has seen it")
    anna.ask("POST", f"/{number}/seen", {}, 403)
    kim.refused("POST", f"/{number}/review", {"text": "fine"}, 404, "not_found")
    clock.pass_minutes(10)
    olga.refused("GET", f"/{number}/keys", None, 410, "glass_over")
    wait_for("the end of it", lambda: olga.ask("GET", "")["active"] is None, 12)
    olga.refused("GET", "/cameras/quay/segments", None, 410, "glass_over")
    olga.refused("POST", "", {"reason": REASON, "recipient": Identity().recipient}, 409, "glass_too_soon")
    expect([r["number"] for r in kim.ask("GET", "")["reviews"]] == [number], "no review is due")
    kim.refused("POST", f"/{number}/review", {"text": "  "}, 400, "malformed")
    kim.ask("POST", f"/{number}/review", {"text": "Right: a child was saved."}, 204)
    wait_for("the review", lambda: not kim.ask("GET", "")["reviews"], 3)


@test("break-glass: ten minutes of originals for who is named, everybody hears of it, and its keys die")
def break_glass():
    password = secrets.token_urlsafe(12)
    users = {"olga": "operator", "otto": "operator", "kim": "keyholder", "anna": "administrator"}
    with stage({"quay": "people"}, users={n: (r, password) for n, r in users.items()}) as staged:
        clock = Clock(staged.dir / "clock")
        yaml = staged.site.dir / "scrim.yaml"
        yaml.write_text(yaml.read_text() + ON)
        with programs_with(CLOCKED, staged.dir):
            staged.site.up({"SCRIM_TEST_CLOCK": str(clock.path)})
            staged.wait_until_recording("quay")
            olga, otto, kim, anna = (Person(staged, name, password) for name in users)
            wait_for("keeper and opener", lambda: olga.ask("GET", "")["ready"])
            for somebody in (otto, kim, anna):
                body = {"reason": REASON, "recipient": Identity().recipient}
                somebody.refused("POST", "", body, 403, "right")
            otto.refused("GET", "/cameras/quay/segments", None, 410, "glass_over")
            keeper_killed(staged.site, olga)
            number, keys = broken(olga, clock, kim)
            sealed = looked_at(olga, otto, keys)
            reviewed(number, olga, kim, anna, clock)

            # A quarter of an hour after its own is over, a secret is gone: nobody is given it.
            clock.pass_minutes(30)
            again, later = broken(olga, clock, kim)
            expect(again == number + 1, again)
            expect(not {k for _, _, k in keys} & {k for _, _, k in later}, "a key outlived its time")
            expect(file_key_of(sealed, keys) and not file_key_of(sealed, later), "an old segment opens")
            kim.ask("POST", f"/{again}/end", {}, 204)  # a keyholder may end it
            wait_for("its end", lambda: olga.ask("GET", "")["active"] is None, 3)

            acts = [a["what"] for a in anna.desk.get("/acts") if a.get("what", "").startswith("glass.")]
            for what in ("glass.break", "glass.see", "glass.review", "glass.end"):
                expect(what in acts, f"{what} is not in the log of acts: {acts}")
            log = (staged.site.dir / "state" / "keeper" / "glass").read_text()
            expect(log.count('"break":') == 2 and REASON in log, log)
            memory_only(staged.site.dir, keys)
        staged.site.down()


def memory_only(directory, keys):
    """No emergency secret is in any file of the site."""
    for path in (p for p in directory.rglob("*") if p.is_file() and p.stat().st_size < 1 << 20):
        content = path.read_bytes()
        for _, _, secret in keys:
            for form in (secret, base64.b64encode(secret).rstrip(b"="), secret.hex().encode()):
                expect(form not in content, f"an emergency key lies in {path}")
