"""scrimd towards the outside: who may what, and what bad clients get."""

import http.client
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time

from desk_kit import CAMERAS, PASSWORD, ROLES, Keeper, desk, ends, handshake, median, timed
from harness import ROOT, Skip, expect, test, wait_for
from sitekit import scrim_ok

NOW = 1_700_000_000_000
RANGE = f"?from={NOW}&to={NOW + 60000}"
EVERYONE = set(ROLES)
RIGHTS = {"none": EVERYONE, "session": EVERYONE, "live": EVERYONE, "past": EVERYONE - {"viewer"},
          "areas": {"administrator"}, "metrics": {"administrator"}, "self": EVERYONE, "users": {"administrator"},
          "cameras": {"administrator"}, "export": {"operator", "keyholder", "administrator"},
          "acts": {"auditor", "administrator"}, "request": {"operator", "keyholder", "administrator"},
          "decide": {"keyholder"}, "glass": {"operator", "administrator"}}
# (method, route, right, an address of it, what those get who may).
ROUTES = [
    ("POST", "/session", "none", "/session", 400),
    ("GET", "/session", "self", "/session", 200),
    ("GET", "/session/ways", "none", "/session/ways", 200),
    ("POST", "/session/second", "none", "/session/second", 400),
    ("GET", "/session/oidc", "none", "/session/oidc", 404),  # no provider is named
    ("GET", "/session/oidc/callback", "none", "/session/oidc/callback", 404),
    ("GET", "/me/factors", "self", "/me/factors", 200),
    ("POST", "/me/totp", "self", "/me/totp", 400),
    ("PUT", "/me/totp", "self", "/me/totp", 400),
    ("POST", "/me/totp/remove", "self", "/me/totp/remove", 400),
    ("POST", "/me/recovery", "self", "/me/recovery", 400),
    ("POST", "/me/webauthn", "self", "/me/webauthn", 400),
    ("PUT", "/me/webauthn", "self", "/me/webauthn", 400),
    ("DELETE", "/me/webauthn/{id}", "self", "/me/webauthn/1", 404),
    ("GET", "/second-step", "users", "/second-step", 200),
    ("PUT", "/second-step", "users", "/second-step", 400),
    ("DELETE", "/users/{user}/factors", "users", "/users/nobody/factors", 404),
    ("POST", "/me/password", "self", "/me/password", 400),
    ("GET", "/me/sessions", "self", "/me/sessions", 200),
    ("DELETE", "/me/sessions/{id}", "self", "/me/sessions/0", 404),
    ("GET", "/me/preferences/{key}", "self", "/me/preferences/x", 200),
    ("PUT", "/me/preferences/{key}", "self", "/me/preferences/x", 204),
    ("GET", "/users", "users", "/users", 200),
    ("PATCH", "/users/{user}", "users", "/users/nobody", 404),
    ("DELETE", "/users/{user}", "users", "/users/nobody", 404),
    ("GET", "/users/{user}/sessions", "users", "/users/nobody/sessions", 404),
    ("DELETE", "/users/{user}/sessions", "users", "/users/nobody/sessions", 404),
    ("GET", "/invitations", "users", "/invitations", 200),
    ("POST", "/invitations", "users", "/invitations", 400),
    ("DELETE", "/invitations/{id}", "users", "/invitations/1", 404),
    ("POST", "/invitations/look", "none", "/invitations/look", 400),
    ("POST", "/invitations/accept", "none", "/invitations/accept", 400),
    ("GET", "/tokens", "users", "/tokens", 200),
    ("POST", "/tokens", "users", "/tokens", 400),
    ("DELETE", "/tokens/{id}", "users", "/tokens/1", 404),
    ("GET", "/groups", "session", "/groups", 200),
    ("PUT", "/groups/{group}", "cameras", "/groups/x", 400),
    ("DELETE", "/groups/{group}", "cameras", "/groups/x", 404),
    ("GET", "/site", "session", "/site", 200),
    ("PATCH", "/site", "cameras", "/site", 200),
    ("GET", "/health", "session", "/health", 200),
    ("GET", "/storage", "session", "/storage", 503),  # no keeper runs
    ("GET", "/cameras", "session", "/cameras", 200),
    ("GET", "/timeline", "past", "/timeline" + RANGE, 200),
    ("GET", "/events", "past", "/events?after=5&limit=1", 200),
    ("GET", "/acts", "acts", "/acts", 200),
    ("POST", "/exports", "export", "/exports", 400),
    ("GET", "/exports", "export", "/exports", 200),
    ("GET", "/exports/{export}", "export", "/exports/0123456789abcdef", 404),
    ("GET", "/exports/{export}/film", "export", "/exports/0123456789abcdef/film", 404),
    ("GET", "/glass", "session", "/glass", 200),
    ("POST", "/glass", "glass", "/glass", 409),  # the site has no break-glass
    ("GET", "/glass/{glass}/keys", "glass", "/glass/1/keys", 404),
    ("POST", "/glass/{glass}/end", "self", "/glass/1/end", 404),
    ("POST", "/glass/{glass}/seen", "decide", "/glass/1/seen", 404),
    ("POST", "/glass/{glass}/review", "self", "/glass/1/review", 404),
    ("GET", "/glass/cameras/{camera}/segments", "glass", "/glass/cameras/quay/segments", 410),
    ("GET", "/glass/cameras/{camera}/segments/{segment}", "glass", "/glass/cameras/quay/segments/x", 410),
    ("GET", "/glass/cameras/{camera}/segments/{segment}/tail", "glass", "/glass/cameras/quay/segments/x/tail", 410),
    ("POST", "/requests", "request", "/requests", 400),
    ("GET", "/requests", "past", "/requests", 200),
    ("GET", "/requests/{request}", "past", "/requests/1", 404),
    ("GET", "/requests/{request}/document", "past", "/requests/1/document", 404),
    ("GET", "/requests/{request}/segments", "past", "/requests/1/segments", 404),
    ("GET", "/requests/{request}/vaults", "past", "/requests/1/vaults", 404),
    ("POST", "/requests/{request}/decisions", "decide", "/requests/1/decisions", 404),
    ("GET", "/requests/{request}/decisions/{holder}", "request", "/requests/1/decisions/1", 404),
    ("POST", "/requests/{request}/bad-partial", "request", "/requests/1/bad-partial", 404),
    ("POST", "/requests/{request}/withdraw", "request", "/requests/1/withdraw", 404),
    ("POST", "/requests/{request}/open", "request", "/requests/1/open", 404),
    ("POST", "/requests/{request}/end", "request", "/requests/1/end", 404),
    ("GET", "/requests/{request}/segments/{segment}", "request", "/requests/1/segments/0", 404),
    ("GET", "/requests/{request}/segments/{segment}/tail", "request", "/requests/1/segments/0/tail", 404),
    ("PUT", "/requests/{request}/headers", "request", "/requests/1/headers", 404),
    ("GET", "/requests/{request}/export", "request", "/requests/1/export", 404),
    ("GET", "/cameras/{camera}/still", "past", "/cameras/quay/still?at=5", 404),
    ("POST", "/cameras", "cameras", "/cameras", 400),
    ("POST", "/cameras/try", "cameras", "/cameras/try", 400),
    ("GET", "/cameras/try/{trial}", "cameras", "/cameras/try/0123456789abcdef", 404),
    ("GET", "/cameras/{camera}/config", "cameras", "/cameras/quay/config", 200),
    ("PATCH", "/cameras/{camera}", "cameras", "/cameras/quay", 409),
    ("DELETE", "/cameras/{camera}", "cameras", "/cameras/quay", 409),
    ("GET", "/cameras/{camera}/history", "session", "/cameras/quay/history", 200),
    ("GET", "/cameras/{camera}/timeline", "past", "/cameras/quay/timeline" + RANGE, 200),
    ("GET", "/cameras/{camera}/recordings", "past", "/cameras/quay/recordings" + RANGE, 200),
    ("GET", "/cameras/{camera}/recordings/{day}/{file}", "past", "/cameras/quay/recordings/2026-11-23/120000.mp4", 404),
    ("GET", "/cameras/{camera}/areas", "session", "/cameras/quay/areas", 200),
    ("PUT", "/cameras/{camera}/areas/{name}", "areas", "/cameras/quay/areas/garden", 400),
    ("DELETE", "/cameras/{camera}/areas/{name}", "areas", "/cameras/quay/areas/garden", 404),
    ("GET", "/openapi.json", "none", "/openapi.json", 200),
    ("GET", "/vault", "past", "/vault", 200),
    ("GET", "/plans", "session", "/plans", 200),
    ("POST", "/plans", "cameras", "/plans", 415),
    ("GET", "/plans/{plan}/image", "session", "/plans/0000000000000000/image", 404),
    ("DELETE", "/plans/{plan}", "cameras", "/plans/0000000000000000", 404),
    ("PUT", "/cameras/{camera}/place", "cameras", "/cameras/quay/place", 400),
    ("DELETE", "/cameras/{camera}/place", "cameras", "/cameras/quay/place", 404),
    ("GET", "/map", "session", "/map", 200),
    ("GET", "/map/tiles", "session", "/map/tiles", 404),
    ("GET", "/metrics", "metrics", "/metrics", 200),
    ("GET", "/cameras/{camera}/live", "live", "/cameras/quay/live", 426),
    ("DELETE", "/session", "self", "/session", 204),
]


def address(path):
    """All routes lie below /api/v1 but the one that Prometheus expects where it is."""
    return path if path == "/metrics" else "/api/v1" + path


SIGN_IN_HEAD = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "Strict-Transport-Security": "max-age=",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@test("desk: every route, without a session and with each role")
def rights():
    with desk(users=(), roles={role: role for role in ROLES}) as daemon:
        nobody = daemon.anybody()
        for role, client in [(None, nobody), *((role, daemon.signed_in(role)) for role in ROLES)]:
            for method, _, right, path, status in ROUTES:
                wanted = status if right == "none" or role in RIGHTS[right] else 403 if role else 401
                got = client.status(method, address(path), {} if method in ("POST", "PUT", "PATCH") else None)
                expect(got == wanted, f"{method} {path} as {role}: {got}, expected {wanted}")
            expect(client.status("GET", "/api/v1/session") == 401, f"{role} is still signed in")
        for method, path, wanted in [
            ("POST", "/api/v1/site", 405), ("PUT", "/api/v1/session", 405), ("PATCH", "/api/v1/cameras", 405),
            ("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/", 404), ("GET", "/api/v1/cameras/", 404),
            ("OPTIONS", "/api/v1/site", 405), ("GET", "/secret", 404),
        ]:
            body = {} if method in ("POST", "PUT", "PATCH") else None
            got, headers, content = nobody.request(method, path, body)
            expect(got == wanted, f"{method} {path}: {got}")
            expect(json.loads(content)["error"]["code"], "an error says its code")
            expect(wanted != 405 or "GET" in headers["Allow"], f"{method} {path}: Allow is {headers['Allow']}")


@test("desk: docs/ref/api.md, the table of routes and these tests know the same routes and rights")
def documented():
    table = re.findall(
        r"method = SCRIM_HTTP_(\w+),\s*\.pattern = \"(?:/api/v1)?([^\"]*)\",\s*\.right = SCRIM_RIGHT_(\w+)",
        (ROOT / "src" / "desk" / "routes.c").read_text(),
    )
    expect(len(table) == (ROOT / "src" / "desk" / "routes.c").read_text().count(".pattern ="), "routes.c reads otherwise")
    text = (ROOT / "docs" / "ref" / "api.md").read_text()
    described = re.findall(r"^### (\w+) (?:/api/v1)?(\S+)\n\nRight: (\w+)\.", text, re.MULTILINE)
    expect(len(described) == text.count("\n### "), "a route in api.md does not say its right")
    in_program = sorted((method, path, right.lower()) for method, path, right in table)
    expect(sorted(described) == in_program, f"api.md differs: {set(described) ^ set(in_program)}")
    tested = sorted((method, path, right) for method, path, right, _, _ in ROUTES)
    expect(tested == in_program, f"no test for all routes: {set(tested) ^ set(in_program)}")

    head, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.split("\n") if line.startswith("|")]
    expect(head == ["right", "for", *ROLES], f"the first table of api.md has the columns {head}")
    rights = {row[0]: {role for role, may in zip(ROLES, row[2:]) if may == "yes"} for row in rows[1 : 1 + len(RIGHTS)]}
    expect(rights == RIGHTS, f"api.md has {rights}")


@test("desk: the API describes itself in valid OpenAPI 3.1, every route with its right")
def openapi():
    with desk() as daemon:
        status, headers, document = daemon.anybody().request("GET", "/api/v1/openapi.json")
        expect(status == 200 and headers["Content-Type"].startswith("application/json"), f"{status}")
    validator = ROOT / "tests" / "browser" / "openapi.mjs"
    done = subprocess.run(["node", validator], input=document, capture_output=True, timeout=60)
    expect(done.returncode == 0, f"it is not valid: {done.stderr.decode()[-2000:]}")
    described = {
        (method.upper(), path.removeprefix("/api/v1"), operation["x-right"])
        for path, methods in json.loads(document)["paths"].items() for method, operation in methods.items()
    }
    table = {(method, path, right) for method, path, right, _, _ in ROUTES}
    expect(described == table, f"it differs: {described ^ table}")


@test("desk: the examples in docs/ref/api.md work")
def examples():
    if not shutil.which("curl"):
        raise Skip("curl is not installed")
    text = (ROOT / "docs" / "ref" / "api.md").read_text()
    setting, *blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    with desk(roles={"anna": "administrator"}) as daemon:
        setting = re.sub(r"^DESK=\S+", f"DESK=https://127.0.0.1:{daemon.site.port}", setting, flags=re.MULTILINE)
        setting = re.sub(r"^SITE=\S+", f"SITE={daemon.site.dir}", setting, flags=re.MULTILINE)
        Keeper(daemon).storage()
        client = daemon.signed_in("anna")
        wait_for("the keeper to be heard", lambda: client.status("GET", "/api/v1/storage") == 200)
        script = "\n".join(["set -e", setting, *blocks, 'rm "$jar"'])
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, timeout=60, env={**os.environ, "TMPDIR": str(daemon.site.dir)}
        )
        expect(done.returncode == 0, f"status {done.returncode}: {done.stdout[-300:]} {done.stderr[-500:]}")
        expect("101" in done.stdout and '"role":"administrator"' in done.stdout, done.stdout)
        expect("anna signed out" in daemon.log(), "the last example does not sign out")


@test("desk: signing in, wrong and unknown names cost the same, guessing is slowed down")
def signing_in():
    with desk(users=("olga", "otto")) as daemon:
        client = daemon.anybody()

        def attempt(user, password):
            return client.request("POST", "/api/v1/session", {"user": user, "password": password})

        status, headers, body = attempt("olga", PASSWORD)
        cookie = headers["Set-Cookie"]
        expect(status == 200, f"status {status}")
        expect(re.match(r"__Host-scrim=[\w-]{43}; ", cookie), cookie)
        for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            expect(word in cookie, f"{word} is missing in the cookie")
        expect(json.loads(body).keys() == {"user", "role", "csrf", "cameras", "groups"}, body)
        known = median([timed(lambda: attempt("otto", f"wrong {i}")) for i in range(3)])
        unknown = median([timed(lambda i=i: attempt(f"nobody-{i}", "wrong password")) for i in range(3)])
        expect(0.5 < known / unknown < 2, f"a wrong password takes {known:.3f} s, an unknown name {unknown:.3f} s")
        expect(attempt("olga", PASSWORD)[0] == 200, "others are not slowed down")
        statuses = [attempt("otto", "wrong again")[0] for _ in range(4)]
        expect(429 in statuses, f"otto: {statuses}")
        status, headers, _ = attempt("otto", PASSWORD)
        expect(status == 429 and int(headers["Retry-After"]) >= 1, "the right password must wait too")
        time.sleep(int(headers["Retry-After"]) + 0.1)
        expect(attempt("otto", PASSWORD)[0] == 200, "after the wait the right password is taken")
        statuses = [attempt(f"guess-{i}", "something")[0] for i in range(15)]
        expect(statuses[-1] == 429 and statuses[0] == 401, f"one address, many names: {statuses}")
        expect(PASSWORD not in daemon.log(), "a password is in the log")


@test("desk: what a sign-in refuses")
def bad_sign_in():
    with desk() as daemon:
        client = daemon.anybody()
        for body in (
            b"", b"{", b"[]", b"null", b'{"user":"olga"}', b'{"user":1,"password":"x"}',
            b'{"user":"olga","password":"x","more":1}', b'{"user":"olga","password":"x","password":"y"}',
            b'{"user":"olga","password":"' + b"x" * 300 + b'"}', b"\xff\xfe", b"[" * 60000,
        ):
            connection = http.client.HTTPSConnection("127.0.0.1", client.port, context=client._tls(), timeout=20)
            connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
            status = connection.getresponse().status
            connection.close()
            expect(status == 400, f"{body[:40]!r}: {status}")
        connection = http.client.HTTPSConnection("127.0.0.1", client.port, context=client._tls(), timeout=20)
        connection.request("POST", "/api/v1/session", b"user=olga", {"Content-Type": "application/x-www-form-urlencoded"})
        expect(connection.getresponse().status == 415, "a form of another site is not JSON")
        connection.close()


@test("desk: sessions end when told, follow the users, and outlive a restart")
def sessions():
    with desk(users=("olga", "otto")) as daemon:
        olga, otto = daemon.signed_in("olga"), daemon.signed_in("otto")
        before = olga.cookie
        olga.sign_in("olga", PASSWORD)
        expect(olga.cookie != before, "a sign-in must make a new session")
        stale = daemon.anybody()
        stale.cookie = before
        expect(stale.status("GET", "/api/v1/session") == 401, "the session before the sign-in still works")
        for cookie in ("__Host-scrim=", "__Host-scrim=" + "A" * 43, "__Host-scrim=" + "A" * 5000, "x=y", "=;=;;"):
            stale.cookie = cookie
            got = stale.status("GET", "/api/v1/session")
            expect(got in (401, 431), f"{cookie[:30]}: {got}")
        daemon.stop()
        daemon.start()
        expect(olga.status("GET", "/api/v1/session") == 200, "a restart signs people out")
        scrim_ok("user", "remove", daemon.site.dir, "otto")
        wait_for("otto's session to end", lambda: otto.status("GET", "/api/v1/session") == 401, 5)
        expect(olga.status("DELETE", "/api/v1/session") == 204, "sign-out")
        expect(olga.status("GET", "/api/v1/session") == 401, "signed out and still in")
        daemon.stop()
        daemon.start()
        expect(olga.status("GET", "/api/v1/session") == 401, "a restart brings an ended session back")


@test("desk: what changes something needs the token and the right origin")
def forgery():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        token, client.csrf = client.csrf, None
        origin = {"Origin": "https://evil.example"}
        for headers in ({}, {"X-CSRF": ""}, {"X-CSRF": "x" * 43}, {"X-CSRF": token[:-1]}, {"X-CSRF": token, **origin}):
            got = client.status("DELETE", "/api/v1/session", headers=headers)
            expect(got == 403, f"{headers}: {got}")
        body = {"user": "olga", "password": PASSWORD}
        expect(client.status("POST", "/api/v1/session", body, origin) == 403, "sign-in from another site")
        for bad in ("https://evil.example", "null", f"http://127.0.0.1:{client.port}", f"https://127.0.0.1:{client.port}.evil.example"):
            answer = daemon.raw(handshake(client, "quay", Origin=bad))
            expect(b" 403 " in answer.split(b"\r\n")[0], f"WebSocket from {bad}: {answer[:60]}")
        answer = daemon.raw(handshake(client, "quay"), seconds=1)
        expect(b" 101 " in answer.split(b"\r\n")[0], f"WebSocket from here: {answer[:60]}")
        good = {"X-CSRF": token, "Origin": f"https://127.0.0.1:{client.port}"}
        expect(client.status("DELETE", "/api/v1/session", headers=good) == 204, "the right token")


@test("desk: every route that changes something refuses a request without the token, and another site's")
def forgery_everywhere():
    with desk(users=(), roles={"anna": "administrator"}) as daemon:
        client = daemon.signed_in("anna")
        token, client.csrf = client.csrf, None
        others = ("https://evil.example", "null", f"http://127.0.0.1:{client.port}", f"https://127.0.0.1:{client.port + 1}")
        forged = [({"X-CSRF": token, "Origin": other}, "origin") for other in others]
        without = [({}, "csrf"), ({"X-CSRF": token[::-1]}, "csrf"), ({"X-CSRF": client.cookie.split("=")[1]}, "csrf")]
        for method, _, right, path, _ in ROUTES:
            body = None if method == "DELETE" else {}
            owed = right != "none" and "administrator" in RIGHTS[right]  # who may not at all is told that
            for headers, code in forged + without * owed if method != "GET" else ():
                got, _, answer = client.request(method, address(path), body, headers)
                expect((got, json.loads(answer)["error"]["code"]) == (403, code), f"{method} {path} {headers}: {got} {answer}")
        expect(client.status("GET", "/api/v1/session") == 200, "a forged request did something")


@test("desk: security headers on everything, nothing of the API in a cache")
def headers():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        for method, path in (("GET", "/"), ("GET", "/none"), ("GET", "/api/v1/site"), ("PUT", "/api/v1/site"), ("HEAD", "/api/v1/site")):
            status, got, body = client.request(method, path, {} if method == "PUT" else None)
            for name, value in SECURITY_HEADERS.items():
                expect(value in got.get(name, ""), f"{method} {path}: {name} is {got.get(name)}")
            # WebAssembly for the vault's worker; nothing else that is called unsafe, eval least of all.
            rest = got["Content-Security-Policy"].replace("script-src 'self' 'wasm-unsafe-eval';", "", 1)
            expect("unsafe" not in rest, "the policy allows what is unsafe")
            expect("frame-ancestors 'none'" in got["Content-Security-Policy"], "it may be framed")
            expect(path == "/" or got["Cache-Control"] == "no-store", f"{path}: {got['Cache-Control']}")
            expect(method != "HEAD" or (status == 200 and body == b"" and int(got["Content-Length"]) > 0), "HEAD")
        status, got, body = client.request("GET", "/")
        if status == 200:
            again = client.request("GET", "/", headers={"If-None-Match": got["ETag"]})
            expect(again[0] == 304 and again[2] == b"", "the page is sent again though it is known")


@test("desk: no path leads out of the page or the archive")
def traversal():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        secret = (daemon.site.dir / "state" / "keys" / "tls.key").read_bytes()[40:80]
        (daemon.site.dir / "veil" / "quay" / "2026-11-23").mkdir(parents=True)
        link = daemon.site.dir / "veil" / "quay" / "2026-11-23" / "120000.mp4"
        link.symlink_to(daemon.site.dir / "state" / "keys" / "tls.key")
        tails = [
            "/../state/keys/tls.key", "/..%2fstate/keys/tls.key", "/%2e%2e/%2e%2e/etc/passwd", "/....//etc/passwd",
            "//etc/passwd", "/assets/../../state/site.db", "/assets/..%5c..%5cx", "/index.html%00.mp4", "/./././",
            "/api/v1/cameras/quay/recordings/../../../../state/keys/tls.key",
            "/api/v1/cameras/quay/recordings/2026-11-23/..%2f..%2f..%2fstate%2fkeys%2ftls.key",
            "/api/v1/cameras/quay/recordings/..%2f..%2fstate/keys",
            "/api/v1/cameras/quay/recordings/2026-11-23/120000.mp4",
            "/api/v1/cameras/quay/recordings/2026-11-23/list",
            "/api/v1/cameras/quay/recordings/2026-02-30/120000.mp4",
            "/api/v1/cameras/quay/recordings/2026-11-23/120000.mp4%0a",
            "/api/v1/cameras/..%2fquay/recordings/2026-11-23/120000.mp4",
            "/api/v1/cameras/%2e%2e/recordings" + RANGE, "/api/v1/cameras/" + "q" * 400 + "/timeline" + RANGE,
        ]
        for path in tails:
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\nConnection: close\r\n\r\n"
            answer = daemon.raw(request.encode())
            status = int(answer.split()[1]) if answer else 0
            page = status == 200 and b"<!doctype html" in answer.lower()
            expect(page or status in (0, 400, 403, 404, 414), f"{path}: {answer[:80]}")
            expect(secret not in answer and b"root:" not in answer, f"{path} leaks a file")


@test("desk: whatever stands in an address where a name is expected, no route reads or touches a file by it")
def traversal_everywhere():
    names = [
        "..", ".", "%2e%2e", "..%2f..%2fstate%2fkeys%2ftls.key", "..%5c..%5cx", "%2fetc%2fpasswd", "quay%00", "%00", "a%0d%0aX-A:%20b",
        "%c0%ae%c0%ae%2f", "%ff", "~", "*", "A", "q" * 450, "0123456789abcdef%2f..%2f0123456789abcdef", "9" * 40, "-1",
    ]
    with desk(users=(), roles={"anna": "administrator", "karl": "keyholder"}) as daemon:
        anna, karl = daemon.signed_in("anna"), daemon.signed_in("karl")
        site, key = daemon.site.dir, daemon.site.dir / "state" / "keys" / "tls.key"
        secret = key.read_bytes()[40:80]
        baits = [("map", "tiles.pmtiles"), ("state/plans", "0123456789abcdef"), ("exports", "0123456789abcdef.mp4")]
        for folder, name in baits:
            (site / folder).mkdir(parents=True, exist_ok=True)
            (site / folder / name).symlink_to(key)
        before = sorted(site.rglob("*"))

        def ask(method, path, client=anna):
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\nX-CSRF: {client.csrf}\r\nConnection: close\r\n"
            body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            answer = daemon.raw((head + (body if method in ("POST", "PUT", "PATCH") else "\r\n")).encode())
            expect(secret not in answer and b"root:" not in answer and b"\nX-A:" not in answer, f"{method} {path} leaks a file")
            return int(answer.split()[1]) if answer else 0

        for method, route, right, path, _ in ROUTES:
            if route in ("/plans/{plan}/image", "/exports/{export}/film", "/map/tiles"):
                expect(ask("GET", address(path.replace("0" * 16, "0123456789abcdef"))) == 404, f"{route} follows a link")
            for name in names if "{" in route else ():
                client = karl if right == "decide" else anna
                got = ask(method, address(re.sub(r"\{\w+\}", lambda _, name=name: name, route)), client)
                resolved = method == "GET" and name in ("..", ".", "%2e%2e") and got == 200  # the list above it
                expect(resolved or got in (0, 400, 404, 405, 409, 410, 414, 426, 431), f"{method} {route} with {name}: {got}")
        expect(daemon.alive() and sorted(site.rglob("*")) == before, f"{set(site.rglob('*')) ^ set(before)}")


@test("desk: malformed requests get a 4xx or lose their connection, and nobody else notices")
def malformed():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        host, cookie = b"Host: x\r\n", b"Cookie: " + client.cookie.encode() + b"\r\n"
        post = b"POST /api/v1/session HTTP/1.1\r\nContent-Type: application/json\r\n" + host
        cases = {
            "nothing": b"\r\n\r\n",
            "noise": bytes(range(256)) * 8,
            "no version": b"GET /\r\n\r\n",
            "no host": b"GET /api/v1/site HTTP/1.1\r\n\r\n",
            "bare LF": b"GET / HTTP/1.1\n" + host + b"\n",
            "unknown method": b"FROB / HTTP/1.1\r\n" + host + b"\r\n",
            "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\n" + host + b"\r\n",
            "two methods": b"GET / HTTP/1.1\r\nPOST / HTTP/1.1\r\n" + host + b"\r\n",
            "absolute target": b"GET https://x/ HTTP/1.1\r\n" + host + b"\r\n",
            "star": b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n",
            "percent": b"GET /%zz HTTP/1.1\r\n" + host + b"\r\n",
            "half percent": b"GET /% HTTP/1.1\r\n" + host + b"\r\n",
            "header by the path": b"GET /api/v1/site%0aCookie:" + client.cookie.encode() + b"; HTTP/1.1\r\n" + host + b"\r\n",
            "header by the query": b"GET /api/v1/site?a=%0aCookie:" + client.cookie.encode() + b"; HTTP/1.1\r\n" + host + b"\r\n",
            "CR in path": b"GET /api/v1/site%0d HTTP/1.1\r\n" + host + cookie + b"\r\n",
            "CRLF in path": b"GET /%0d%0aX-A:b HTTP/1.1\r\n" + host + b"\r\n",
            "method by the path": b"GET /%0aPOST HTTP/1.1\r\n" + host + b"\r\n",
            "NUL in path": b"GET /\0 HTTP/1.1\r\n" + host + b"\r\n",
            "long path": b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n" + host + b"\r\n",
            "endless path": b"GET /" + b"a" * 100000,
            "long header": b"GET / HTTP/1.1\r\n" + host + b"Cookie: " + b"a" * 5000 + b"\r\n\r\n",
            "endless header": b"GET / HTTP/1.1\r\n" + host + b"X-A: " + b"a" * 100000,
            "many headers": b"GET / HTTP/1.1\r\n" + host + b"".join(b"X-%d: y\r\n" % i for i in range(2000)) + b"\r\n",
            "many arguments": b"GET /api/v1/site?" + b"a=b&" * 200 + b" HTTP/1.1\r\n" + host + cookie + b"\r\n",
            "endless arguments": b"GET /api/v1/site?" + b"a&" * 20000,
            "no length": post + b"\r\n{}",
            "chunked": post + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "two lengths": post + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
            "length and chunks": post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "negative length": post + b"Content-Length: -1\r\n\r\n",
            "huge length": post + b"Content-Length: 99999999999999999999\r\n\r\n",
            "large body": post + b"Content-Length: 70000\r\n\r\n" + b"x" * 70000,
            "pipelined after no body": post + b"Content-Length: 0\r\n\r\nGET / HTTP/1.1\r\n" + host + b"\r\n",
            "pipelined after a body": post + b"Content-Length: 2\r\n\r\n{}" + b"GET / HTTP/1.1\r\n" + host + b"\r\n" * 2,
            "body of a GET": b"GET /api/v1/site HTTP/1.1\r\n" + host + cookie + b"Content-Length: 3\r\n\r\nabc",
            "unknown upgrade": b"GET / HTTP/1.1\r\n" + host + b"Connection: Upgrade\r\nUpgrade: teapot\r\n\r\n",
            "h2c": b"GET / HTTP/1.1\r\n" + host + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
            "h2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
            "WebSocket by POST": handshake(client, "quay").replace(b"GET", b"POST", 1),
            "WebSocket without key": handshake(client, "quay", Sec_WebSocket_Key=None),
            "WebSocket of version 0": handshake(client, "quay", Sec_WebSocket_Version="x", Sec_WebSocket_Key="y" * 500),
            "WebSocket on a route": handshake(client, "quay").replace(b"/cameras/quay/live", b"/site"),
            "WebSocket nowhere": handshake(client, "quay").replace(b"/live", b"/lives"),
            "WebSocket without session": handshake(client, "quay", Cookie="a=b"),
            "subprotocol": handshake(client, "quay", Sec_WebSocket_Protocol="chat"),
            "upgrade without connection": handshake(client, "quay", Connection=None),
        }
        for name, data in cases.items():
            answer = daemon.raw(data, seconds=0.8)
            statuses = [int(s) for s in re.findall(rb"(?:^|\n)HTTP/1\.[01] (\d+) ", answer)]
            fine = name in ("bare LF", "subprotocol", "pipelined after a body", "absolute target", "NUL in path")
            expect(answer or name != "pipelined after no body", f"{name}: no answer")
            expect(all(400 <= s < 600 for s in statuses) or fine, f"{name}: {answer[:100]!r}")
            expect(daemon.alive() and client.status("GET", "/api/v1/session") == 200, f"{name} broke the server")
        for seed in range(60):  # half a request, and then nothing more
            whole = b"GET /api/v1/cameras HTTP/1.1\r\n" + host + cookie + b"\r\n"
            with daemon.tls() as connection:
                connection.sendall(whole[: 2 * seed])
        expect(daemon.alive() and client.status("GET", "/api/v1/session") == 200, "half requests broke the server")


@test("desk: an empty body is answered on every route that takes one")
def empty_body():
    with desk(users=(), roles={"anna": "administrator"}) as daemon:
        client = daemon.signed_in("anna")
        for method, _, _, path, _ in ROUTES:
            if method in ("POST", "PUT", "PATCH"):
                got = client.status(method, address(path), b"")
                expect(400 <= got < 500, f"{method} {path}: {got}")


@test("desk: too large a body is refused")
def large_body():
    with desk() as daemon:
        expect(b" 413 " in daemon.raw(SIGN_IN_HEAD % 65537)[:20], "a body over the ceiling")
        at_ceiling = daemon.raw(SIGN_IN_HEAD % 65536 + b"x" * 65536, wait_closed=False)
        expect(b" 400 " in at_ceiling[:20], "a body at the ceiling")


@test("desk: whoever dawdles is cut off, idle connections harm nobody, and a full house empties by itself")
def dawdling():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with desk(start=False) as daemon:
        daemon.start(files=1536)  # 1024 connections
        client = daemon.signed_in("olga")
        begun = time.monotonic()
        dawdlers = [daemon.tls() for _ in range(3)]
        dawdlers[0].sendall(b"GET / HT")  # a header that never ends
        dawdlers[1].sendall(SIGN_IN_HEAD % 10 + b"{")  # a body that never ends
        # The third says nothing at all, and these not even a TLS handshake.
        address = ("127.0.0.1", daemon.site.port)
        idlers = [socket.create_connection(address, 10) for _ in range(900)]
        slowest = max(timed(lambda: client.get("/cameras")) for _ in range(10))
        expect(slowest < 1, f"beside 900 idle connections an answer takes {slowest:.2f} s")
        idlers += [socket.create_connection(address, 10) for _ in range(300)]  # more than there is room for
        for dawdler in dawdlers:
            expect(ends(dawdler, 40), "whoever dawdles is borne")
        expect(time.monotonic() - begun < 30, f"cut off after {time.monotonic() - begun:.0f} s")

        def served():
            try:
                return client.status("GET", "/api/v1/session") == 200
            except OSError:
                return False

        wait_for("room for a request", served, 10)
        for connection in dawdlers + idlers:
            connection.close()


@test("desk: TLS 1.2 and later only, its own certificate, HTTP/1.1 over a connection that stays")
def tls():
    import ssl

    with desk() as daemon:
        for version, works in (("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
            context.set_alpn_protocols(["h2", "http/1.1"])
            try:
                with context.wrap_socket(socket.create_connection(("127.0.0.1", daemon.site.port), 10)) as connection:
                    expect(works, f"{version} is accepted")
                    expect(connection.selected_alpn_protocol() == "http/1.1", connection.selected_alpn_protocol())
            except (ssl.SSLError, OSError) as refused:
                expect(not works, f"{version} is refused: {refused}")
        context = ssl.create_default_context(cafile=str(daemon.site.dir / "state" / "keys" / "tls.crt"))
        for name in ("localhost", "127.0.0.1"):
            raw = socket.create_connection(("127.0.0.1", daemon.site.port), 10)
            context.wrap_socket(raw, server_hostname=name).close()
        client = daemon.signed_in("olga")
        connection = http.client.HTTPSConnection("127.0.0.1", client.port, context=client._tls(), timeout=20)
        connection.connect()
        first = connection.sock
        for _ in range(20):
            connection.request("GET", "/api/v1/cameras", headers={"Cookie": client.cookie})
            answer = connection.getresponse()
            expect(answer.status == 200 and len(json.loads(answer.read())) == len(CAMERAS), "cameras")
        expect(connection.sock is first, "the connection was not kept")
        connection.close()


@test("desk: one scrimd a site; a bad certificate, a taken port and a damaged user database say so")
def refusals():
    from desk_kit import scrimd_program

    def refused(daemon, *words):
        done = subprocess.run(
            [scrimd_program(), daemon.site.dir], capture_output=True, text=True, timeout=60,
            env={"ASAN_OPTIONS": "detect_leaks=0", "PATH": "/usr/bin"},
        )
        expect(done.returncode == 1, f"status {done.returncode}: {done.stderr[-500:]}")
        for word in words:
            expect(word in done.stderr, f"{word!r} is not said: {done.stderr[-500:]}")

    with desk() as daemon:
        refused(daemon, "scrimd.lock")
        port = daemon.site.port
        with desk(start=False) as other:
            text = (other.site.dir / "scrim.yaml").read_text()
            (other.site.dir / "scrim.yaml").write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text, count=1))
            refused(other, "cannot listen on", str(port))
        daemon.stop()
        keys = daemon.site.dir / "state" / "keys"
        certificate = (keys / "tls.crt").read_bytes()
        (keys / "tls.crt").write_bytes(b"no certificate")
        refused(daemon, "tls.crt", "certificate")
        (keys / "tls.crt").unlink()
        refused(daemon, "tls.crt")
        (keys / "tls.crt").write_bytes(certificate)
        for file in (daemon.site.dir / "state").glob("site.db*"):
            file.write_bytes(b"garbage" * 1000)
        refused(daemon, "site.db")
