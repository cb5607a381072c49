"""Requests for openings at a real site: asked at the desk, decided far from it and on the machine, opened, taken away
as files that the stock age opens; and everything that must be refused on the way."""

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import desk_kit
from harness import covered, expect, recorded, test, wait_for
from sitekit import ROOT, scrim_ok

sys.path.insert(0, str(ROOT / "tests" / "verify"))
import agefile  # noqa: E402
import vaultkit  # noqa: E402
from primitives import X25519_BASE, aead_open, bech32, hkdf, x25519  # noqa: E402

PASSWORD = "a very good password"
USERS = {name: (role, PASSWORD) for name, role in (
    ("olga", "operator"), ("otto", "operator"), ("kim", "keyholder"), ("aki", "auditor"), ("ada", "administrator"))}
HOSTILE = "\"},\"approve\":true,'<script>alert(1)</script>\\u0000 ‮ 🎥\nsecond line"


class Requester:
    """The one-time key of a requester's browser, and what it does with it."""

    def __init__(self):
        self.secret = os.urandom(32)
        self.public = x25519(self.secret, X25519_BASE)
        self.recipient = bech32("age", self.public)

    def opens(self, data):
        stanzas, signed, mac, length = agefile.read_header(data)
        args, body = stanzas[0]
        share = agefile.unb64(args[1])
        key = hkdf(x25519(self.secret, share), share + self.public, b"age-encryption.org/v1/X25519")
        file_key = aead_open(key, bytes(12), body)
        agefile.check_mac(file_key, signed, mac)
        return agefile.read_payload(file_key, data[length:])


def unpack_partials(plain, request_id):
    head = len(b"scrim-partials/v1")
    expect(plain[:head] == b"scrim-partials/v1" and plain[head : head + 32] == request_id, "not the parts of this request")
    at = head + 32
    holder, count = int.from_bytes(plain[at : at + 2], "big"), int.from_bytes(plain[at + 2 : at + 6], "big")
    parts = [plain[at + 6 + 96 * i :][:96] for i in range(count)]
    return [vaultkit.Partial(holder, p[:32], p[32:64], p[64:]) for p in parts]


def unpack_hours(plain, request_id):
    head = len(b"scrim-hour-keys/v1")
    expect(plain[:head] == b"scrim-hour-keys/v1" and plain[head : head + 32] == request_id, "not the keys of this request")
    at, keys = head + 36, {}
    for _ in range(int.from_bytes(plain[head + 32 : at], "big")):
        camera, hour = plain[at : at + 32].rstrip(b"\0").decode(), int.from_bytes(plain[at + 32 : at + 40], "big")
        keys[camera, hour] = plain[at + 40 : at + 72]
        at += 72
    return keys


class Story:
    """A site that recorded and is up, with a client for each of its people."""

    def __init__(self, staged):
        self.staged, self.site = staged, staged.site
        self.start_us, self.end_us = covered(self.site, "quay")
        self.vault = vaultkit.Vault.from_json(json.loads((self.site.dir / "state" / "vault.json").read_text()))
        self.clients = {}

    def wait(self):
        client = desk_kit.Client(self.site.port, self.site.dir / "state" / "keys" / "tls.crt")
        wait_for("the desk", client.answers_api, 20)

    def __getattr__(self, name):
        if name not in USERS:
            raise AttributeError(name)
        if name not in self.clients:
            client = desk_kit.Client(self.site.port, self.site.dir / "state" / "keys" / "tls.crt")
            client.sign_in(name, PASSWORD)
            self.clients[name] = client
        return self.clients[name]

    def wish(self, requester, **changes):
        return {
            "cameras": ["quay"], "from_ms": self.start_us // 1000, "to_ms": self.end_us // 1000 + 1, "purpose": "test",
            "reason": "a test", "legal_basis": "GDPR Art. 6(1)(f)", "incident": "7/26", "recipient": requester.recipient,
            "export_to": None, "expires_s": 3600, "view_s": 600, **changes,
        }

    def make(self, requester, who="olga", **changes):
        client = getattr(self, who)
        status, answer = ask(client, "POST", "/requests", self.wish(requester, **changes))
        expect(status == 201, f"a request is not made: {status} {answer}")
        return answer

    def approve(self, number, holder, verb="approve", more=()):
        """At the machine itself: the desk takes it from its inbox."""
        scrim_ok("vault", verb, self.site.dir, number, "--share", self.site.shares[holder - 1], *more)

    def decision(self, number, holder, verb="approve", more=()):
        """Away from the site, on documents that the desk gave: the decision's bytes."""
        folder = self.staged.dir / "away"
        folder.mkdir(exist_ok=True)
        for name in ("document", "segments"):
            (folder / name).write_bytes(self.kim.request("GET", f"/api/v1/requests/{number}/{name}")[2])
        out = folder / f"{number}-{holder}-{verb}.json"
        out.unlink(missing_ok=True)
        scrim_ok("vault", verb, "--share", self.site.shares[holder - 1], "--request", folder / "document", "--segments",
                 folder / "segments", "--vault", self.site.dir / "state" / "vault.json", "--out", out, *more)
        return out.read_bytes()

    def desk_pid(self):
        return next((pid for pid, name in self.site.pids().items() if name == "scrimd"), None)

    def kill_desk(self):
        """kill -9; scrim up starts it again."""
        pid = self.desk_pid()
        os.kill(pid, signal.SIGKILL)
        wait_for("another desk", lambda: self.desk_pid() not in (None, pid), 20)
        self.wait()


def ask(client, method, path, body=None):
    status, _, answer = client.request(method, "/api/v1" + path, body)
    return status, json.loads(answer) if answer else None


def refused(client, method, path, status, code, body=None):
    got, answer = ask(client, method, path, body)
    said = (answer or {}).get("error", {}).get("code") if isinstance(answer, dict) else None
    expect((got, said) == (status, code), f"{method} {path}: {got} {answer}, expected {status} {code}")


@contextlib.contextmanager
def story():
    with recorded({"quay": "people"}, 2, users=USERS) as staged:
        it = Story(staged)
        staged.site.up()
        it.wait()
        wait_for("scrim-opener", lambda: any(n == "scrim-opener" for n in staged.site.pids().values()), 20)
        yield it


def state(client, number):
    return client.get(f"/requests/{number}")["state"]


def acts_of(story, number):
    return [a for a in reversed(story.aki.get("/acts?limit=1000")) if (a.get("detail") or {}).get("number") == number and "what" in a]


def approve_twice(story, number):
    """One on the machine, one far from it; the desk is killed between the two."""
    story.approve(number, 1)
    wait_for("the inbox", lambda: len(story.olga.get(f"/requests/{number}")["decisions"]) == 1)
    expect(state(story.olga, number) == "waiting", "one approval is enough")
    refused(story.olga, "POST", f"/requests/{number}/open", 409, "quorum")
    story.kill_desk()
    expect(len(story.olga.get(f"/requests/{number}")["decisions"]) == 1, "a decision is lost with the desk")
    bytes_of = story.decision(number, 2)
    status, answer = ask(story.kim, "POST", f"/requests/{number}/decisions", bytes_of)
    expect(status == 201 and answer["state"] == "approved", f"{status} {answer}")
    refused(story.kim, "POST", f"/requests/{number}/decisions", 409, "decided", bytes_of)
    expect(story.kim.get("/vault")["latency"]["count"] >= 1, "no latency")


def file_keys(story, requester, number, hour_keys):
    """[(segment, file key)], as the requester's page gets them."""
    document = story.olga.request("GET", f"/api/v1/requests/{number}/document")[2]
    request_id = hashlib.sha256(document).digest()
    segments = json.loads(story.olga.request("GET", f"/api/v1/requests/{number}/segments")[2])["segments"]
    hours = unpack_hours(requester.opens(hour_keys), request_id)
    parts = []
    for holder in (1, 2):
        decision = json.loads(story.olga.request("GET", f"/api/v1/requests/{number}/decisions/{holder}")[2])
        parts.append(unpack_partials(requester.opens(agefile.unb64(decision["partials"])), request_id))
    keys = []
    for i, segment in enumerate(segments):
        header = agefile.unb64(segment["header"])
        stanzas = agefile.read_header(header)[0]
        sealed = vaultkit.Sealed.parse(*stanzas[0])
        hour = hours["quay", segment["start_us"] // vaultkit.HOUR_US]
        keys.append((segment, len(header), vaultkit.combine(story.vault, sealed, request_id, [p[i] for p in parts], hour)))
    return keys


def take_away(story, number, keys, folder):
    """The archive, with headers for a key of the stock age."""
    identity = folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    decoded = agefile_recipient(public)
    headers = [
        {"segment": i, "header": agefile.b64(agefile.write_header(agefile.x25519_stanza(key, decoded, os.urandom(32)), key)),
         "payload_bytes": segment["bytes"] - length, "suffix": None}
        for i, (segment, length, key) in enumerate(keys)
    ]
    refused(story.olga, "GET", f"/requests/{number}/export", 409, "not_prepared")
    for wrong in ([], headers + headers, [{**headers[0], "header": "AAAA"}], [{**headers[0], "payload_bytes": 2**40}],
                  [{**headers[0], "segment": len(headers)}], [{**headers[0], "more": 1}]):
        refused(story.olga, "PUT", f"/requests/{number}/headers", 400, "malformed", json.dumps(wrong).encode())
    refused(story.otto, "PUT", f"/requests/{number}/headers", 404, "not_found", headers)
    status, prepared = ask(story.olga, "PUT", f"/requests/{number}/headers", headers)
    expect(status == 200 and prepared["files"] == len(keys), f"{status} {prepared}")
    status, answered, archive = story.olga.request("GET", f"/api/v1/requests/{number}/export")
    expect(status == 200 and len(archive) == prepared["bytes"] == int(answered["Content-Length"]), f"{status} {len(archive)}")
    return identity, archive


def agefile_recipient(text):
    """The 32 bytes of an age1…"""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{letters.index(c):05b}" for c in text[4:-6])
    return bytes(int(bits[i : i + 8], 2) for i in range(0, 256, 8))


def open_with_age(folder, identity, archive, keys, story, number):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        names = tar.getnames()
        expect(names[:2] == [f"request-{number}/request.json", f"request-{number}/segments.json"], names)
        manifest = json.load(tar.extractfile(f"request-{number}/manifest.json"))
        expect([f["name"] for f in manifest["files"]] == names[-len(keys) :], f"{manifest} {names}")
        expect(len([n for n in names if "/decision-" in n]) == 2, f"decisions in {names}")
        for file, (segment, length, key) in zip(manifest["files"], keys):
            sealed = folder / "segment.age"
            sealed.write_bytes(tar.extractfile(file["name"]).read())
            done = subprocess.run(["age", "-d", "-i", identity, sealed], capture_output=True)
            expect(done.returncode == 0, done.stderr.decode())
            whole = (story.site.dir / "store" / segment["camera"] / segment["file"]).read_bytes()
            expect(done.stdout == agefile.read_payload(key, whole[length:]), "age opens something else")
            expect(done.stdout[4:8] == b"ftyp", "no film came out")


def fetch(story, number, keys):
    segment, _, _ = keys[0]
    whole = (story.site.dir / "store" / segment["camera"] / segment["file"]).read_bytes()
    path = f"/api/v1/requests/{number}/segments/0"
    expect(story.olga.request("GET", path)[2] == whole, "another segment")
    status, _, part = story.olga.request("GET", path, headers={"Range": "bytes=100-199"})
    expect((status, part) == (206, whole[100:200]), f"a part: {status}")
    refused(story.olga, "GET", f"/requests/{number}/segments/{len(keys)}", 404, "not_found")
    for client, status in ((story.otto, 404), (story.kim, 403), (story.ada, 403)):
        expect(client.request("GET", path)[0] == status, "somebody else gets a sealed segment")


def malformed(story, requester):
    good = story.wish(requester)
    for change in (
        {"cameras": []}, {"cameras": ["quay"] * 2}, {"cameras": [f"c{i}" for i in range(17)]}, {"to_ms": good["from_ms"]},
        {"to_ms": good["from_ms"] + 32 * 86_400_000}, {"purpose": "curiosity"}, {"reason": " \n"}, {"reason": "r" * 1001},
        {"reason": "\x1b[31mred"}, {"incident": "i" * 101}, {"recipient": "age1qqqq"}, {"recipient": ""}, {"export_to": "age1"},
        {"export_to": 7}, {"expires_s": 59}, {"expires_s": 31 * 86_400}, {"expires_s": "60"}, {"view_s": 10}, {"view_s": 1e9},
        {"from_ms": -1}, {"more": 1}, {"reason": None},
    ):
        refused(story.olga, "POST", "/requests", 400, "malformed", {**good, **change})
    refused(story.olga, "POST", "/requests", 404, "not_found", {**good, "cameras": ["gate"]})
    refused(story.olga, "POST", "/requests", 409, "empty", {**good, "from_ms": 1000, "to_ms": 2000})
    refused(story.aki, "POST", "/requests", 403, "right", good)
    rights = {"name": "x", "rights": ["request"], "expires_ms": int(time.time() + 3600) * 1000}
    expect(story.ada.request("POST", "/api/v1/tokens", json.dumps(rights).encode())[0] in (400, 403), "a token may ask for openings")


def seen_by(story, number):
    for who, status in (("olga", 200), ("kim", 200), ("aki", 200), ("ada", 200), ("otto", 404)):
        got = getattr(story, who).request("GET", f"/api/v1/requests/{number}")[0]
        expect(got == status, f"{who} gets {got} for another's request")
        listed = [r["number"] for r in getattr(story, who).get("/requests?state=waiting")]
        expect((number in listed) == (status == 200), f"{who}'s list: {listed}")
    vaults, present = story.kim.get(f"/requests/{number}/vaults"), story.kim.get("/vault")
    expect([v["id"] for v in vaults] == [present["id"]] and vaults[0]["holders"] == present["holders"], vaults)
    for who, status in (("otto", 404), ("kim", 403), ("aki", 403)):
        expect(getattr(story, who).request("GET", f"/api/v1/requests/{number}/decisions/1")[0] == status, f"{who} takes a decision")


def two_at_once(story, requester):
    """Two requests for the same hour are two, and each says so of the other."""
    one, other = story.make(requester), story.make(requester, who="kim", cameras=["quay"])
    expect(one["number"] != other["number"] and other["beside"] == [one["number"]], f"{one} {other}")
    expect(story.olga.get(f"/requests/{one['number']}")["beside"] == [other["number"]], "the older does not know of the younger")
    expect(one["due_ms"] is None, "due before it expires")
    return one["number"], other["number"]


def withdrawn(story, number):
    path = f"/requests/{number}"
    refused(story.olga, "POST", path + "/withdraw", 400, "malformed", {"reason": " "})
    refused(story.otto, "POST", path + "/withdraw", 404, "not_found", {"reason": "mine"})
    refused(story.kim, "POST", path + "/withdraw", 403, "not_yours", {"reason": "mine"})
    refused(story.olga, "POST", path + "/end", 409, "not_open")
    decision = story.decision(number, 3)
    status, answer = ask(story.olga, "POST", path + "/withdraw", {"reason": HOSTILE})
    expect((status, answer["state"], answer["end"]["reason"], answer["beside"]) == (200, "withdrawn", HOSTILE, []), answer)
    refused(story.kim, "POST", path + "/decisions", 409, "withdrawn", decision)
    refused(story.olga, "POST", path + "/withdraw", 409, "withdrawn", {"reason": "again"})
    refused(story.olga, "POST", path + "/open", 409, "over")
    inbox = story.site.dir / "state" / "requests" / "inbox"
    (inbox / f"{number}-0badcafe.json").write_bytes(decision)
    said = wait_for("the inbox's answer", lambda: list(inbox.glob("*.refused")))
    expect("withdrawn" in said[0].read_text() and not list(inbox.glob("*.json")), said[0].read_text())


def bad_decisions(story, number, over):
    """Altered, foreign, of another vault, of nobody: none is taken."""
    path = f"/requests/{number}/decisions"
    good = story.decision(number, 1)
    parsed = json.loads(good)

    def changed(**changes):
        return json.dumps({**parsed, **changes}, separators=(",", ":")).encode()

    refuse = json.loads(story.decision(number, 1, "refuse", ["--reason", "no"]))
    for wrong, code in (
        (changed(signature="0" * 128), "altered"), (changed(holder=2), "altered"), (changed(at_us=parsed["at_us"] + 1), "altered"),
        (changed(reason="another"), "altered"), (changed(partials=parsed["partials"][:-4] + "AAAA"), "altered"),
        (json.dumps({**refuse, "reason": "yes"}, separators=(",", ":")).encode(), "altered"),
        (changed(request="0" * 64), "foreign"), (changed(vault="0" * 32), "foreign"), (changed(dealing="0" * 64), "refreshed"),
        (story.decision(over, 1), "foreign"),
    ):
        refused(story.kim, "POST", path, 409, code, wrong)
    for wrong in (b"", b"{}", b"[]", b"null", good[: len(good) // 2], good + good, changed(more=1), changed(holder=0), changed(holder="1"), b"{" * 9000):
        got, answer = ask(story.kim, "POST", path, wrong)
        expect(got in (400, 409, 411), f"{wrong[:40]}…{wrong[-20:]}: {got} {str(answer)[:300]}")
    for who in ("olga", "ada", "aki", "otto"):
        refused(getattr(story, who), "POST", path, 403, "right", good)
    expect(story.kim.get(f"/requests/{number}")["decisions"] == [], "one of them was taken")


def no_quorum(story, number):
    """Two of three refuse: the third cannot make it two any more."""
    story.approve(number, 1, "refuse", ["--reason", HOSTILE.replace("\n", " ")])
    wait_for("the refusal", lambda: len(story.kim.get(f"/requests/{number}")["decisions"]) == 1)
    expect(state(story.kim, number) == "waiting", "one of three refuses for all")
    late = story.decision(number, 3)
    status, answer = ask(story.kim, "POST", f"/requests/{number}/decisions", story.decision(number, 2, "refuse", ["--reason", "no"]))
    expect((status, answer["state"]) == (201, "refused"), f"{status} {answer}")
    refused(story.kim, "POST", f"/requests/{number}/decisions", 409, "refused", late)
    refused(story.kim, "POST", f"/requests/{number}/open", 409, "over")


def altered(story, requester):
    """A request that is changed on the disk after its approval is not opened; a false part is reported."""
    number = story.make(requester)["number"]
    for holder in (2, 3):
        ask(story.kim, "POST", f"/requests/{number}/decisions", story.decision(number, holder))
    refused(story.olga, "POST", f"/requests/{number}/bad-partial", 404, "not_found", {"holder": 1})
    refused(story.olga, "POST", f"/requests/{number}/bad-partial", 400, "malformed", {"holder": "2"})
    refused(story.kim, "POST", f"/requests/{number}/bad-partial", 403, "not_yours", {"holder": 2})
    status, answer = ask(story.olga, "POST", f"/requests/{number}/bad-partial", {"holder": 2})
    expect(status == 200 and [d["bad"] for d in answer["decisions"]] == [True, False], f"{status} {answer}")
    file = story.site.dir / "state" / "requests" / str(number) / "request.json"
    text = file.read_bytes()
    file.write_bytes(text.replace(b'"reason":"a test"', b'"reason":"a toast"'))
    refused(story.olga, "POST", f"/requests/{number}/open", 409, "altered")
    file.write_bytes(text)
    expect(acts_of(story, number)[-1]["what"] == "request.open", "the try is not in the log")
    expect(ask(story.olga, "POST", f"/requests/{number}/open")[0] == 200, "the right one does not open")
    return number


def too_many(story, requester):
    for _ in range(7):
        story.make(requester)
    refused(story.olga, "POST", "/requests", 409, "too_many", story.wish(requester))


def out_of_sight(story, number):
    """Who does not see a camera does not see requests for it, keyholder or not."""
    expect(ask(story.ada, "PUT", "/groups/nothing", {"title": "Nothing", "cameras": []})[0] == 200, "no group")
    expect(ask(story.ada, "PATCH", "/users/kim", {"groups": ["nothing"]})[0] == 200, "not in the group")
    refused(story.kim, "GET", f"/requests/{number}", 404, "not_found")
    refused(story.kim, "POST", f"/requests/{number}/decisions", 404, "not_found", b"{}")
    refused(story.kim, "POST", "/requests", 404, "not_found", story.wish(Requester()))
    expect(story.kim.get("/requests") == [], "requests of cameras out of sight are listed")


def opened_and_taken_away(it):
    requester = Requester()
    made = it.make(requester, reason=HOSTILE)
    number = made["number"]
    expect((made["state"], made["reason"], made["threshold"]) == ("waiting", HOSTILE, 2), made)
    approve_twice(it, number)
    for client, status in ((it.otto, 404), (it.kim, 403), (it.ada, 403)):
        got = client.request("POST", f"/api/v1/requests/{number}/open")[0]
        expect(got == status, f"somebody else opens: {got}")
    begun = time.monotonic()
    status, opened = ask(it.olga, "POST", f"/requests/{number}/open")
    took = time.monotonic() - begun
    expect(status == 200 and took < 2, f"{status} {opened} after {took:.1f} s")
    again = ask(it.olga, "POST", f"/requests/{number}/open")[1]
    expect(again["until_ms"] == opened["until_ms"], "an opening is longer when it is asked for twice")
    keys = file_keys(it, requester, number, agefile.unb64(opened["hour_keys"]))
    fetch(it, number, keys)
    identity, archive = take_away(it, number, keys, it.staged.dir)
    open_with_age(it.staged.dir, identity, archive, keys, it, number)
    events = it.olga.get(f"/events?from={made['created_ms'] - 1}&to={made['created_ms'] + 600000}&kinds=opening")
    expect([(e["camera"], e["words"]) for e in events] == [("quay", "olga")] * 2, f"events: {events}")
    expect(ask(it.olga, "POST", f"/requests/{number}/end")[1]["state"] == "ended", "it does not end")
    for path in (f"/requests/{number}/segments/0", f"/requests/{number}/export"):
        refused(it.olga, "GET", path, 409, "not_open")
    refused(it.olga, "POST", f"/requests/{number}/open", 409, "over")
    whats = [a["what"] for a in acts_of(it, number)]
    expect(whats == ["request.make", "request.decide", "request.decide", "request.open", "request.open", "request.export",
                     "request.end"], f"acts: {whats}")


@test("desk: requests are asked, approved by two, opened, taken away as files that age opens; and all that must not be is refused")
def whole_story():
    with story() as it:
        opened_and_taken_away(it)
        requester = Requester()
        malformed(it, requester)
        one, other = two_at_once(it, requester)
        seen_by(it, one)
        bad_decisions(it, other, one)
        withdrawn(it, one)
        no_quorum(it, other)
        number = altered(it, requester)
        too_many(it, requester)
        out_of_sight(it, number)
        scrim_ok("check", it.site.dir)


def told(daemon, condition):
    """GET /vault when it says so. Where Landlock keeps a new file from the desk, it ends to be started again."""

    def look():
        if daemon.process.poll() is not None:
            expect(daemon.process.returncode == 0, f"scrimd ended with {daemon.process.returncode}")
            daemon.start()
        vault = daemon.signed_in("olga").get("/vault")
        return vault if condition(vault) else None

    def tried():
        try:
            return look()
        except OSError:  # it ends just now
            return None

    return wait_for("the vault", tried, 20)


@test("desk: a vault that is made, and one that is refreshed, is told while the desk runs")
def vault_while_running():
    with desk_kit.desk(users=(), roles={"olga": "operator"}) as daemon:
        olga, site = daemon.signed_in("olga"), daemon.site
        none = olga.get("/vault")
        expect((none["exists"], none["id"], none["holders"], none["tested"]) == (False, None, None, False), none)
        site.make_vault(daemon.site.dir.parent / "shares")
        made = told(daemon, lambda vault: vault["id"])
        expect(made["tested"], "the ceremony's test opening is not told")
        expect((made["dealing"], made["threshold"], [h["name"] for h in made["holders"]]) == (1, 2, ["ada", "ben", "cem"]), made)
        olga = daemon.signed_in("olga")
        refused(olga, "POST", "/requests", 503, "no_opener", {
            "cameras": ["quay"], "from_ms": 1, "to_ms": 2, "purpose": "test", "reason": "x", "recipient": Requester().recipient})
        shares = [word for share in site.shares[:2] for word in ("--share", share)]
        scrim_ok("vault", "refresh", site.dir, *shares, "--out", daemon.site.dir.parent / "fresh", "--unprotected")
        again = told(daemon, lambda vault: vault["dealing"] == 2)
        expect((again["id"], again["public_key"]) == (made["id"], made["public_key"]), again)
