"""The second step of signing in: codes of an app, recovery codes, security keys, and who must have one."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import struct
import subprocess
import time

from desk_kit import PASSWORD, desk
from harness import ROOT, Skip, expect, test
from security_key import SecurityKey, b64


def code_of(secret, offset=0):
    """RFC 6238 once more, so that the desk is not its own witness."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + offset), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def ask(client, method, path, body=None, status=200, headers=None):
    got, _, answer = client.request(method, "/api/v1" + path, body, headers)
    expect(got == status, f"{method} {path}: status {got}, not {status}: {answer[:300]!r}")
    return json.loads(answer) if answer else None


def refusal(client, method, path, body, status, headers=None):
    return ask(client, method, path, body, status, headers)["error"]["code"]


def at_localhost(daemon):
    return {"Host": f"localhost:{daemon.site.port}"}


def origin_of(daemon):
    return f"https://localhost:{daemon.site.port}"


def acts(daemon):
    return (daemon.site.dir / "state" / "acts" / "log").read_text(errors="replace")


def acts_done(daemon):
    return re.findall(r'"what":"([a-z.-]+)"', acts(daemon))


def forgive(daemon):
    """Wrong tries are remembered in memory only."""
    daemon.stop()
    daemon.start()


def begin(daemon, user, headers=None):
    """A client that has given its password, and what it was answered."""
    client = daemon.anybody()
    return client, ask(client, "POST", "/session", {"user": user, "password": PASSWORD}, 202, headers)


def finish(client, ticket, headers=None, status=200, **proof):
    got, answer_headers, body = client.request("POST", "/api/v1/session/second", {"ticket": ticket, **proof}, headers)
    expect(got == status, f"second step: status {got}, not {status}: {body[:300]!r}")
    if got == 200:
        client.cookie = answer_headers["Set-Cookie"].split(";")[0]
        client.csrf = json.loads(body)["csrf"]
    return json.loads(body)


def add_totp(client):
    secret = ask(client, "POST", "/me/totp", {"password": PASSWORD})["secret"]
    recovery = ask(client, "PUT", "/me/totp", {"code": code_of(secret, -1)})["recovery"]
    return secret, recovery


def add_key(daemon, client, name="Yubikey"):
    headers, key = at_localhost(daemon), SecurityKey()
    options = ask(client, "POST", "/me/webauthn", {"password": PASSWORD}, 200, headers)
    body = {"name": name, "credential": key.register(options, origin_of(daemon))}
    return key, ask(client, "PUT", "/me/webauthn", body, 201, headers)


@test("the desk's second step: codes count once they are confirmed, are taken once, and recovery codes stand in")
def codes():
    with desk() as daemon:
        olga = daemon.signed_in("olga")
        expect(refusal(olga, "POST", "/me/totp", {"password": "wrong wrong wrong"}, 403) == "password", "wrong password")
        begun = ask(olga, "POST", "/me/totp", {"password": PASSWORD})
        expect(begun["uri"].startswith("otpauth://totp/") and begun["secret"] in begun["uri"], begun["uri"])
        wrong = f"{(int(code_of(begun['secret'])) + 1) % 1000000:06d}"
        expect(refusal(olga, "PUT", "/me/totp", {"code": wrong}, 409) == "code", "wrong code")
        daemon.signed_in("olga")  # not confirmed: a password is enough
        recovery = ask(olga, "PUT", "/me/totp", {"code": code_of(begun["secret"], -1)})["recovery"]
        expect(len(set(recovery)) == 10, f"{recovery}")

        client, asked = begin(daemon, "olga")
        expect(asked["ways"] == ["totp", "recovery"] and asked["webauthn"] is None, f"{asked}")
        expect(client.cookie is None and ask(client, "GET", "/session", None, 401), "no session before the second step")
        finish(client, asked["ticket"], status=401, totp=wrong)
        finish(client, asked["ticket"], status=401, totp=code_of(begun["secret"], -1))  # it confirmed
        expect(finish(client, asked["ticket"], totp=code_of(begun["secret"]))["user"] == "olga", "signed in")
        expect(ask(client, "GET", "/me/factors")["recovery"] == 10, "recovery codes")

        # The ticket is used up; the same code opens no second session.
        other = daemon.anybody()
        finish(other, asked["ticket"], status=401, totp=code_of(begun["secret"], 1))
        other, again = begin(daemon, "olga")
        finish(other, again["ticket"], status=401, totp=code_of(begun["secret"]))
        finish(other, again["ticket"], recovery=recovery[3].upper().replace("-", " "))
        expect(ask(other, "GET", "/me/factors")["recovery"] == 9, "one recovery code less")
        other, again = begin(daemon, "olga")
        finish(other, again["ticket"], status=401, recovery=recovery[3])
        expect("recovery-code.use" in acts(daemon), "its use is an act")
        for secret in (begun["secret"], recovery[0], recovery[3], PASSWORD):
            expect(secret not in daemon.log() and secret not in acts(daemon), "a secret in a log")


@test("the desk's second step: a ticket is good for five tries, and then wrong codes are slowed down")
def tries():
    with desk() as daemon:
        add_totp(daemon.signed_in("olga"))
        client, asked = begin(daemon, "olga")
        codes = [finish_code(client, asked["ticket"]) for _ in range(8)]
        expect(codes[:4] == ["second_step"] * 4, f"{codes}")
        expect(set(codes[4:]) <= {"throttled", "ticket", "second_step"} and "throttled" in codes, f"{codes}")
        # The password was right each time: that does not forgive wrong codes.
        client, asked = begin(daemon, "olga")
        expect(finish_code(client, asked["ticket"]) == "throttled", "a fresh ticket helps nobody")
        # Whether a ticket is one is not told by who asks for somebody else: it belongs to an address.
        unknown = ["A" * 43, asked["ticket"][::-1], asked["ticket"][:-1], asked["ticket"] + "A", ""]
        expect({finish_code(client, ticket) for ticket in unknown} == {"ticket"}, "an unknown ticket")


def finish_code(client, ticket):
    _, _, body = client.request("POST", "/api/v1/session/second", {"ticket": ticket, "totp": "000000"})
    return json.loads(body)["error"]["code"]


@test("the desk's second step: malformed answers are refused")
def malformed():
    with desk() as daemon:
        add_totp(daemon.signed_in("olga"))
        client, asked = begin(daemon, "olga")
        ticket = asked["ticket"]
        for body in ({}, {"ticket": ticket}, {"ticket": ticket, "totp": "1", "recovery": "2"}, {"totp": "123456"},
                     {"ticket": 5, "totp": "123456"}, {"ticket": ticket, "totp": 123456}, [],
                     {"ticket": ticket, "totp": "123456", "more": 1}):
            expect(refusal(client, "POST", "/session/second", body, 400) == "malformed", f"{body}")
        expect(refusal(client, "POST", "/session/second", {"ticket": "x" * 43, "totp": "123456"}, 401) == "ticket", "ticket")
        for answer in ({}, {"id": "AA"}, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}, 7, "x" * 9000):
            got, _, _ = client.request("POST", "/api/v1/session/second", {"ticket": ticket, "webauthn": answer})
            expect(got in (400, 401), f"{answer}: {got}")


@test("the desk's second step: a security key registers and signs in; nothing that is altered does")
def security_keys():
    with desk() as daemon:
        olga, headers, origin = daemon.signed_in("olga"), at_localhost(daemon), origin_of(daemon)
        expect(refusal(olga, "POST", "/me/webauthn", {"password": PASSWORD}, 409) == "host", "an address in digits")
        options = ask(olga, "POST", "/me/webauthn", {"password": PASSWORD}, 200, headers)
        expect(options["rp"]["id"] == "localhost" and options["attestation"] == "none", f"{options}")
        broken = SecurityKey()
        for changes in ({"origin": "https://evil.example"}, {"challenge": b64(bytes(32))}, {"flags": 0x40}):
            credential = broken.register(options, origin, **changes)
            body = {"name": "x", "credential": credential}
            expect(refusal(olga, "PUT", "/me/webauthn", body, 409, headers) == "security_key", f"{changes}")
            options = ask(olga, "POST", "/me/webauthn", {"password": PASSWORD}, 200, headers)

        key, added = add_key(daemon, olga)
        expect(len(added["recovery"]) == 10, "recovery codes come with the first factor")
        mine = ask(olga, "GET", "/me/factors")
        expect([k["name"] for k in mine["webauthn"]] == ["Yubikey"] and not mine["totp"], f"{mine}")

        _, asked = begin(daemon, "olga")
        expect(asked["ways"] == ["recovery"], "the key is for another name of the desk")
        for changes in ({"origin": "https://evil.example"}, {"challenge": b64(bytes(32))}, {"flags": 0},
                        {"break_signature": True}, {"type": "webauthn.create"}):
            forgive(daemon)
            client, asked = begin(daemon, "olga", headers)
            finish(client, asked["ticket"], headers, 401, webauthn=key.sign(asked["webauthn"], origin, **changes))

        forgive(daemon)
        client, asked = begin(daemon, "olga", headers)
        expect(asked["ways"] == ["webauthn", "recovery"], f"{asked}")
        answer = key.sign(asked["webauthn"], origin)
        expect(finish(client, asked["ticket"], headers, webauthn=answer)["user"] == "olga", "signed in")
        finish(daemon.anybody(), asked["ticket"], headers, 401, webauthn=answer)  # a replay
        client, asked = begin(daemon, "olga", headers)
        finish(client, asked["ticket"], headers, 401, webauthn=answer)  # … with another ticket
        expect(finish(client, asked["ticket"], headers, 401, webauthn=key.sign(asked["webauthn"], origin))["error"]["code"]
               == "ticket", "a challenge is answered once")
        client, asked = begin(daemon, "olga", headers)
        finish(client, asked["ticket"], headers, 401, webauthn=key.sign(asked["webauthn"], origin, count=1))
        expect("there may be a copy" in daemon.log(), "the counter went back")
        stranger = SecurityKey()
        client, asked = begin(daemon, "olga", headers)
        finish(client, asked["ticket"], headers, 401, webauthn=stranger.sign(asked["webauthn"], origin))

        ask(olga, "DELETE", f"/me/webauthn/{mine['webauthn'][0]['id']}", None, 204)
        expect(refusal(olga, "DELETE", "/me/webauthn/1x", None, 404) == "not_found", "no such key")
        expect(ask(olga, "GET", "/me/factors")["recovery"] == 0, "recovery codes stand for another factor")
        daemon.signed_in("olga")


@test("the desk's second step: an administrator requires it of roles, and takes a lost one away")
def administration():
    with desk(roles={"anna": "administrator"}) as daemon:
        anna, olga = daemon.signed_in("anna"), daemon.signed_in("olga")
        expect(refusal(olga, "PUT", "/second-step", {"roles": []}, 403) == "right", "not for operators")
        expect(refusal(anna, "PUT", "/second-step", {"roles": ["nobody"]}, 400) == "malformed", "no such role")
        expect(ask(anna, "PUT", "/second-step", {"roles": ["operator"]})["roles"] == ["operator"], "required")
        # At once, also for who is signed in: nothing is open but the way to a second step.
        expect(refusal(olga, "GET", "/cameras", None, 403) == "second_step_required", "cameras")
        expect(olga.request("GET", "/api/v1/cameras/quay/live")[0] == 403, "live")
        expect(ask(olga, "GET", "/session")["user"] == "olga", "who one is, one may know")
        expect(ask(olga, "GET", "/me/factors")["required"], "and that it is required")
        _, recovery = add_totp(olga)
        ask(olga, "GET", "/cameras")
        factors = {u["name"]: u["factors"] for u in ask(anna, "GET", "/users")}
        expect(factors["olga"]["totp"] and not factors["anna"]["totp"], f"{factors}")

        # It is lost.
        expect(refusal(olga, "DELETE", "/users/anna/factors", None, 403) == "right", "not for operators")
        expect(refusal(anna, "DELETE", "/users/nobody/factors", None, 404) == "not_found", "no such user")
        ask(anna, "DELETE", "/users/olga/factors", None, 204)
        expect(olga.status("GET", "/api/v1/session") == 401, "sessions end")
        olga = daemon.signed_in("olga")
        expect(refusal(olga, "GET", "/cameras", None, 403) == "second_step_required", "and a new one is due")
        expect({"second-step.require", "factor.add-codes", "factor.remove-all"} <= set(acts_done(daemon)), acts(daemon))
        expect(recovery[0] not in acts(daemon), "a secret in the log of acts")


@test("the desk's second step: factors are kept over a restart, secrets are not readable in site.db")
def restart():
    with desk() as daemon:
        secret, recovery = add_totp(daemon.signed_in("olga"))
        daemon.kill()
        for path in (daemon.site.dir / "state").glob("site.db*"):
            data = path.read_bytes()
            expect(base64.b32decode(secret) not in data and secret.encode() not in data, f"the secret in {path}")
            expect(recovery[0].encode() not in data, f"a recovery code in {path}")
        key = daemon.site.dir / "state" / "keys" / "factors.key"
        expect(key.stat().st_mode & 0o777 == 0o600, "who may read the key")
        daemon.start()
        client, asked = begin(daemon, "olga")
        finish(client, asked["ticket"], totp=code_of(secret, 1))


@test("the desk's second step: in Chromium, with its virtual security key and an app")
def chromium():
    if not shutil.which("chromium"):
        raise Skip("chromium is not installed")
    with desk(roles={"ada": "administrator"}) as daemon:
        environment = {
            **os.environ,  # by name: an address in digits has no security keys
            "SCRIM_URL": f"https://localhost:{daemon.site.port}/", "SCRIM_USER": "olga", "SCRIM_PASSWORD": PASSWORD,
            "SCRIM_ADMIN_USER": "ada", "SCRIM_ADMIN_PASSWORD": PASSWORD,
        }
        tests = ["a-security-key-as-second-step", "an-app-as-second-step-and-a-recovery-code"]
        done = subprocess.run(["node", ROOT / "tests" / "browser" / "run.mjs", *tests], env=environment, timeout=180,
                              capture_output=True, text=True)
        print(done.stdout, end="")
        expect(done.returncode == 0 and done.stdout.count("ok ") == len(tests), f"run.mjs: {done.stdout} {done.stderr}")
