"""Who may do what: users, groups of cameras, invitations, sessions, tokens, preferences, the site's words."""

import contextlib
import json
import sqlite3
import threading
import time

from desk_kit import PASSWORD, Keeper, Picture, Veil, desk, ends, handshake, text, until
from harness import expect, test, wait_for
from sitekit import scrim, scrim_ok

API = "/api/v1"
OTHER = "another very good password"
ADMIN = {"anna": "administrator"}


def call(client, method, path, body=None, wanted=None, headers=None):
    """The answer as JSON (None without one); `wanted` is its status, any below 300 if not given."""
    status, _, content = client.request(method, API + path, body, headers)
    expect(status == wanted if wanted else status < 300, f"{method} {path} {body}: {status} {content[:300]}")
    return json.loads(content) if content else None


def code(client, method, path, body=None, wanted=None, headers=None):
    return call(client, method, path, body, wanted, headers)["error"]["code"]


def enter(daemon, token, password=OTHER):
    """A client that came in with an invitation."""
    client = daemon.anybody()
    status, headers, body = client.request("POST", API + "/invitations/accept", {"token": token, "password": password})
    expect(status == 200, f"accept: {status} {body}")
    client.cookie, client.csrf = headers["Set-Cookie"].split(";")[0], json.loads(body)["csrf"]
    return client


def bearer(daemon, token):
    client = daemon.anybody()
    client.header = {"Authorization": f"Bearer {token}"}
    return client


def later(ms):
    return int(time.time() * 1000) + ms


def database(daemon):
    return sqlite3.connect(daemon.site.dir / "state" / "site.db", timeout=10)


@test("people: groups of cameras bound what somebody sees, at once and everywhere")
def groups():
    with desk(roles=ADMIN) as daemon:
        anna, olga = daemon.signed_in("anna"), daemon.signed_in("olga")
        picture, veil = Picture(), Veil(daemon)
        for camera in ("quay", "gate"):
            veil.init(camera, picture)
            veil.frame(camera, picture, 0)
        expect(call(olga, "GET", "/session")["cameras"] is None, "without a group one sees all")
        call(anna, "PUT", "/groups/north", {"title": "North side", "cameras": ["quay"]})
        call(anna, "PUT", "/groups/nothing", {"title": "Nothing yet", "cameras": []})
        expect(len(call(olga, "GET", "/groups")) == 2, "who sees all cameras sees all groups")
        watched = {camera: olga.live(camera) for camera in ("quay", "gate")}
        for viewer in watched.values():
            until(viewer, lambda m: isinstance(m, bytes))

        user = call(anna, "PATCH", "/users/olga", {"groups": ["north"]})
        expect(user["groups"] == ["north"] and user["role"] == "operator", user)
        expect(ends(watched["gate"].socket), "the picture of a camera that she sees no longer goes on")
        session = call(olga, "GET", "/session")
        expect(session["cameras"] == ["quay"] and session["groups"] == ["north"], session)
        listed = [(c["id"], c["groups"]) for c in call(olga, "GET", "/cameras")]
        expect(listed == [("quay", ["north"])], f"the list shows others' cameras: {listed}")
        expect(call(olga, "GET", "/groups") == [{"name": "north", "title": "North side", "cameras": ["quay"]}], "groups")
        span = "?from=1700000000000&to=1700000060000"
        unseen, unknown = (
            olga.request("GET", f"{API}/cameras/{c}/timeline{span}")[::2] for c in ("gate", "nosuch")
        )
        expect(unseen == unknown and unseen[0] == 404, f"{unseen} is not {unknown}")
        for path in (f"recordings{span}", "recordings/2026-11-23/120000.mp4", "areas", "live"):
            expect(olga.status("GET", f"{API}/cameras/gate/{path}") == 404, f"gate/{path} is there for her")
        expect(b" 404 " in daemon.raw(handshake(olga, "gate")).split(b"\r\n")[0], "a WebSocket of gate opens")
        expect(olga.status("GET", f"{API}/cameras/quay/areas") == 200, "her own camera is not there")
        with contextlib.closing(Keeper(daemon)) as keeper:
            keeper.storage()
            wait_for("the keeper to be heard", lambda: anna.status("GET", f"{API}/storage") == 200)
            expect([c["id"] for c in call(olga, "GET", "/storage")["cameras"]] == ["quay"], "the storage of others' cameras")
            expect(len(call(anna, "GET", "/storage")["cameras"]) == 2, "an administrator sees all")
        veil.frame("quay", picture, 1)
        until(watched["quay"], lambda m: isinstance(m, bytes))

        daemon.stop()
        daemon.start()
        expect(call(olga, "GET", "/session")["cameras"] == ["quay"], "a restart gives her all cameras")
        expect(code(anna, "DELETE", "/groups/north", wanted=409) == "in_use", "a group that somebody is in")
        call(anna, "PATCH", "/users/olga", {"groups": ["nothing"]})
        expect(call(olga, "GET", "/cameras") == [], "an empty group shows nothing")
        call(anna, "PUT", "/groups/nothing", {"title": "Gate", "cameras": ["gate"]})
        expect([c["id"] for c in call(olga, "GET", "/cameras")] == ["gate"], "who is in a group follows it")
        call(anna, "DELETE", "/groups/north", wanted=204)
        call(anna, "DELETE", "/groups/north", wanted=404)
        call(anna, "PATCH", "/users/olga", {"groups": []})
        expect(len(call(olga, "GET", "/cameras")) == 2, "without a group one sees all again")

        for body in (
            {"title": "x", "cameras": ["nosuch"]}, {"title": "", "cameras": []}, {"title": "x" * 81, "cameras": []},
            {"title": "x"}, {"title": "x", "cameras": "quay"}, {"title": "x", "cameras": ["quay", "quay"]},
            {"title": "a\nb", "cameras": []}, {"title": "x", "cameras": [1]}, {"title": "x", "cameras": [], "more": 1}, [], "x",
        ):
            call(anna, "PUT", "/groups/bad", body, 400)
        call(anna, "PUT", "/groups/Bad_Name", {"title": "x", "cameras": []}, 400)
        call(anna, "PATCH", "/users/olga", {"groups": ["bad"]}, 400)
        call(anna, "PATCH", "/users/anna", {"groups": ["nothing"]}, 400)  # administrators see all
        expect(olga.status("PUT", f"{API}/groups/north", {"title": "x", "cameras": []}) == 403, "olga makes groups")


@test("people: an invitation opens once, for who has it, for a while")
def invitations():
    with desk(roles=ADMIN) as daemon:
        anna, nobody = daemon.signed_in("anna"), daemon.anybody()
        call(anna, "PUT", "/groups/north", {"title": "North", "cameras": ["quay"]})
        made = call(anna, "POST", "/invitations", {"name": "otto", "role": "viewer", "groups": ["north"]}, 201)
        token = made["token"]
        expect(len(token) == 43 and made["expires_ms"] > later(71 * 3600_000), made)
        listed = call(anna, "GET", "/invitations")
        expect(len(listed) == 1 and "token" not in listed[0] and listed[0]["groups"] == ["north"], listed)
        store = (daemon.site.dir / "state" / "site.db").read_bytes() + daemon.log().encode()
        store += (daemon.site.dir / "state" / "site.db-wal").read_bytes()
        expect(token.encode() not in store, "the token itself is kept")
        look = call(nobody, "POST", "/invitations/look", {"token": token})
        expect((look["name"], look["role"]) == ("otto", "viewer") and look["site"], look)
        daemon.stop()
        daemon.start()
        for password in ("short", "otto-otto-1", "aaaaaaaaaaaa"):
            call(nobody, "POST", "/invitations/accept", {"token": token, "password": password}, 400)
        otto = enter(daemon, token)
        session = call(otto, "GET", "/session")
        expect((session["user"], session["role"], session["cameras"]) == ("otto", "viewer", ["quay"]), session)
        expect(call(anna, "GET", "/invitations") == [], "a used invitation is still open")
        for path, body in (("look", {}), ("accept", {"password": OTHER})):
            call(nobody, "POST", f"/invitations/{path}", {"token": token, **body}, 404)
        daemon.anybody().sign_in("otto", OTHER)

        expect(code(anna, "POST", "/invitations", {"name": "otto", "role": "viewer"}, 409) == "exists", "otto is there")
        first = call(anna, "POST", "/invitations", {"name": "ida", "role": "auditor", "groups": []})["token"]
        second = call(anna, "POST", "/invitations", {"name": "ida", "role": "operator"})
        call(nobody, "POST", "/invitations/look", {"token": first}, 404)  # the new one took its place
        altered = ("A" if second["token"][0] != "A" else "B") + second["token"][1:]
        for wrong in (altered, "", "x", second["token"] + "A", second["token"][:-1], " " * 43):
            status = nobody.status("POST", f"{API}/invitations/look", {"token": wrong})
            expect(status in (400, 404), f"token {wrong!r}: {status}")
        call(anna, "DELETE", f"/invitations/{second['id']}", wanted=204)
        call(anna, "DELETE", f"/invitations/{second['id']}", wanted=404)
        call(anna, "DELETE", "/invitations/1x", wanted=404)
        call(nobody, "POST", "/invitations/look", {"token": second["token"]}, 404)

        over = call(anna, "POST", "/invitations", {"name": "ida", "role": "operator"})
        with database(daemon) as db:
            db.execute("UPDATE invitations SET expires_us = ?", (int(time.time() * 1e6) - 1,))
        call(nobody, "POST", "/invitations/accept", {"token": over["token"], "password": OTHER}, 404)
        wait_for("the list to forget it", lambda: call(anna, "GET", "/invitations") == [])
        for body in (
            {"name": "Ida", "role": "viewer"}, {"name": "ida", "role": "boss"}, {"name": "", "role": "viewer"}, {"name": "ida"},
            {"name": "ida", "role": "administrator", "groups": ["north"]}, {"name": "ida", "role": "viewer", "groups": ["x"]},
            {"name": "i" * 33, "role": "viewer"}, {"name": 1, "role": "viewer"}, {"name": "ida", "role": "viewer", "x": 1}, [],
        ):
            call(anna, "POST", "/invitations", body, 400)
        expect(call(anna, "GET", "/invitations") == [], "a refused invitation is listed")


@test("people: guessing invitations is slowed down")
def guessing():
    with desk(roles=ADMIN) as daemon:
        nobody = daemon.anybody()
        statuses = [
            nobody.status("POST", f"{API}/invitations/accept", {"token": "A" * 43, "password": OTHER}) for _ in range(20)
        ]
        expect(404 in statuses and statuses[-1] == 429, statuses)
        expect(statuses.index(429) <= 13, statuses)


@test("people: of two who use an invitation at once, one comes in")
def invitation_race():
    with desk(roles=ADMIN) as daemon:
        anna = daemon.signed_in("anna")
        token = call(anna, "POST", "/invitations", {"name": "ida", "role": "viewer"})["token"]
        statuses = at_once(
            4,
            lambda _: daemon.anybody().status(
                "POST", f"{API}/invitations/accept", {"token": token, "password": OTHER}
            ),
        )
        expect(sorted(statuses) == [200, 404, 404, 404], statuses)


def at_once(count, function):
    results = [None] * count
    barrier = threading.Barrier(count)

    def run(i):
        barrier.wait()
        results[i] = function(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@test("people: the last administrator stays, whoever asks and however many at once")
def last_administrator():
    with desk(roles={"anna": "administrator", "berta": "administrator"}) as daemon:
        anna, berta = daemon.signed_in("anna"), daemon.signed_in("berta")
        for round in range(6):
            clients = {"anna": anna, "berta": berta}
            others = {"anna": "berta", "berta": "anna"}
            names = sorted(clients)
            statuses = at_once(
                2,
                lambda i: clients[names[i]].status("DELETE", f"{API}/users/{others[names[i]]}")
                if round % 2 == 0
                else clients[names[i]].status("PATCH", f"{API}/users/{others[names[i]]}", {"role": "viewer"}),
            )
            # The second is refused: as no administrator any more, or for the last one.
            expect(sorted(s < 300 for s in statuses) == [False, True], statuses)
            expect(max(statuses) in (401, 403, 409), statuses)
            left = [u["name"] for u in administrators(anna, berta)]
            expect(len(left) == 1, left)
            loser = others[left[0]]
            keeper = clients[left[0]]
            expect(clients[loser].status("GET", f"{API}/session") == 401, f"{loser} is still signed in")
            expect(code(keeper, "DELETE", f"/users/{left[0]}", wanted=409) == "last_administrator", "removes themself")
            expect(code(keeper, "PATCH", f"/users/{left[0]}", {"role": "auditor"}, 409) == "last_administrator", "demotes")
            refused = scrim("user", "remove", daemon.site.dir, left[0])
            expect(refused.status != 0 and "last administrator" in refused.err, refused.err)
            if round % 2 == 0:
                token = call(keeper, "POST", "/invitations", {"name": loser, "role": "administrator"})["token"]
                enter(daemon, token, PASSWORD)
            else:
                call(keeper, "PATCH", f"/users/{loser}", {"role": "administrator"})
            fresh = daemon.signed_in(loser)
            anna, berta = (fresh, keeper) if loser == "anna" else (keeper, fresh)


def administrators(*clients):
    for client in clients:
        if client.status("GET", f"{API}/users") == 200:
            return [u for u in call(client, "GET", "/users") if u["role"] == "administrator"]
    raise AssertionError("no administrator is left")


@test("people: no session outlives its user or their role, and no invitation its inviter")
def demotion():
    with desk(roles={"anna": "administrator", "berta": "administrator"}) as daemon:
        anna, berta, olga = (daemon.signed_in(n) for n in ("anna", "berta", "olga"))
        token = call(berta, "POST", "/invitations", {"name": "mole", "role": "administrator"})["token"]
        made = call(berta, "POST", "/tokens", {"name": "back door", "rights": ["cameras"], "expires_ms": later(3600_000)})
        program = bearer(daemon, made["token"])
        expect(program.status("GET", f"{API}/site", None, program.header) == 200, "the token does not work")
        change = {"title": "x", "cameras": []}
        expect(program.status("PUT", f"{API}/groups/a", change, program.header) == 200, "the token may not change groups")
        call(anna, "PATCH", "/users/berta", {"role": "viewer"})
        expect(berta.status("GET", f"{API}/session") == 401, "a demoted administrator's session goes on")
        call(daemon.anybody(), "POST", "/invitations/look", {"token": token}, 404)
        expect(program.status("PUT", f"{API}/groups/a", change, program.header) == 403, "a token keeps its maker's rights")
        call(anna, "PATCH", "/users/olga", {"role": "operator"})  # the same: nothing ends
        expect(olga.status("GET", f"{API}/session") == 200, "a change that is none ends a session")
        call(anna, "DELETE", "/users/olga", wanted=204)
        expect(olga.status("GET", f"{API}/session") == 401, "a removed user's session goes on")
        call(anna, "DELETE", "/users/olga", wanted=404)
        call(anna, "PATCH", "/users/olga", {"role": "viewer"}, 404)
        call(anna, "DELETE", "/users/berta", wanted=204)
        expect(program.status("GET", f"{API}/site", None, program.header) == 401, "a token outlives its maker")
        expect(call(anna, "GET", "/tokens") == [], "it is listed")
        daemon.stop()
        daemon.start()
        for client in (berta, olga):
            expect(client.status("GET", f"{API}/session") == 401, "a restart brings a session back")
        for body in ({"role": "boss"}, {"role": None}, {"groups": "x"}, {"groups": [""]}, {"groups": ["x" * 33]}, {"name": "x"}, []):
            call(anna, "PATCH", "/users/anna", body, 400)


@test("people: sessions are listed and ended, one's own and, for administrators, others'")
def sessions():
    with desk(roles=ADMIN) as daemon:
        anna = daemon.signed_in("anna")
        first = daemon.anybody()
        status, headers, body = first.request(
            "POST", API + "/session", {"user": "olga", "password": PASSWORD}, {"User-Agent": "Desk/1 <b>\"é" + "x" * 300}
        )
        first.cookie, first.csrf = headers["Set-Cookie"].split(";")[0], json.loads(body)["csrf"]
        second = daemon.signed_in("olga")
        listed = call(first, "GET", "/me/sessions")
        expect([s["current"] for s in listed] == [True, False], listed)
        expect(listed[0]["address"] == "127.0.0.1" and listed[0]["agent"].startswith('Desk/1 <b>"') , listed)
        expect(len(listed[0]["agent"]) == 160 and listed[0]["agent"].isascii(), "the agent is too long, or odd")
        secret = first.cookie.split("=")[1]
        expect(all(s["id"] not in secret for s in listed), "the id tells of the token")
        daemon.stop()
        daemon.start()
        other = next(s for s in call(first, "GET", "/me/sessions") if not s["current"])
        expect(other["address"] == "127.0.0.1", "a restart forgets where sessions came from")
        call(anna, "DELETE", f"/me/sessions/{other['id']}", wanted=404)  # not hers
        call(first, "DELETE", f"/me/sessions/{other['id']}", wanted=204)
        call(first, "DELETE", f"/me/sessions/{other['id']}", wanted=404)
        expect(second.status("GET", f"{API}/session") == 401, "the ended session goes on")
        expect(first.status("GET", f"{API}/users/olga/sessions") == 403, "an operator lists others' sessions")
        expect(len(call(anna, "GET", "/users/olga/sessions")) == 1, "an administrator sees them")
        call(anna, "GET", "/users/nosuch/sessions", wanted=404)
        seen = next(u for u in call(anna, "GET", "/users") if u["name"] == "olga")
        expect(seen["seen_ms"] > later(-60_000) and seen["factors"]["password"], seen)
        watching = Veil(daemon), Picture()
        watching[0].init("quay", watching[1])
        viewer = first.live("quay")
        until(viewer, lambda m: text(m)["type"] == "init")
        call(anna, "DELETE", "/users/olga/sessions", wanted=204)
        expect(ends(viewer.socket), "her live picture goes on")
        expect(first.status("GET", f"{API}/session") == 401, "her session goes on")
        daemon.kill()
        daemon.start()
        expect(first.status("GET", f"{API}/session") == 401, "a crash brings it back")


@test("people: a new password wants the old one, and ends the other sessions")
def password():
    with desk() as daemon:
        olga, other = daemon.signed_in("olga"), daemon.signed_in("olga")
        expect(code(olga, "POST", "/me/password", {"old": "wrong password", "new": OTHER}, 403) == "password", "the code")
        call(olga, "POST", "/me/password", {"old": PASSWORD, "new": "short"}, 400)
        call(olga, "POST", "/me/password", {"old": PASSWORD}, 400)
        call(olga, "POST", "/me/password", {"old": PASSWORD, "new": OTHER}, 204)
        expect(olga.status("GET", f"{API}/session") == 200, "her own session ended")
        expect(other.status("GET", f"{API}/session") == 401, "her other session goes on")
        expect(daemon.anybody().status("POST", f"{API}/session", {"user": "olga", "password": PASSWORD}) == 401, "the old one")
        daemon.anybody().sign_in("olga", OTHER)
        statuses = [
            olga.status("POST", f"{API}/me/password", {"old": f"guess number {i}", "new": PASSWORD}) for i in range(8)
        ]
        expect(429 in statuses, f"whoever has her session may guess on: {statuses}")


@test("people: a token has its rights, its cameras, its time, and nothing of a person's")
def tokens():
    with desk(roles=ADMIN) as daemon:
        anna = daemon.signed_in("anna")
        call(anna, "PUT", "/groups/north", {"title": "North", "cameras": ["quay"]})
        wish = {"name": "Wall of the harbour master", "rights": ["live", "past"], "groups": ["north"], "expires_ms": later(3600_000)}
        made = call(anna, "POST", "/tokens", wish, 201)
        expect(made["token"].startswith("scrim_") and len(made["token"]) == 49, made)
        listed = call(anna, "GET", "/tokens")
        expect(len(listed) == 1 and listed[0]["used_ms"] is None and "token" not in listed[0], listed)
        store = (daemon.site.dir / "state" / "site.db").read_bytes() + daemon.log().encode()
        store += (daemon.site.dir / "state" / "site.db-wal").read_bytes()
        expect(made["token"][6:].encode() not in store, "the token itself is kept")
        program = bearer(daemon, made["token"])

        def status(method, path, body=None, **more):
            return program.status(method, API + path, body, {**program.header, **more})

        span = "?from=1700000000000&to=1700000060000"
        wanted = {
            ("GET", "/site"): 200, ("GET", "/cameras"): 200, (f"GET", f"/cameras/quay/recordings{span}"): 200,
            ("GET", f"/cameras/gate/recordings{span}"): 404, ("GET", "/users"): 403, ("GET", "/tokens"): 403,
            ("GET", "/session"): 403, ("GET", "/me/sessions"): 403, ("GET", "/me/preferences/x"): 403,
            ("DELETE", "/session"): 403, ("DELETE", "/users/anna"): 403, ("DELETE", f"/tokens/{made['id']}"): 403,
            ("GET", "/invitations"): 403,
        }
        for (method, path), expected in wanted.items():
            got = status(method, path)
            expect(got == expected, f"{method} {path}: {got}, expected {expected}")
        expect(status("PUT", "/cameras/quay/areas/x", {}) == 403, "it may draw")
        expect(status("POST", "/tokens", wish) == 403, "it makes tokens")
        listed = json.loads(program.request("GET", f"{API}/cameras", None, program.header)[2])
        expect([c["id"] for c in listed] == ["quay"], listed)
        # A cookie beside it counts for nothing, and a bad token is not made good by one.
        anna_too = {"Cookie": anna.cookie}
        expect(status("GET", "/users", **anna_too) == 403, "the cookie counts beside a token")
        bad = {"Authorization": "Bearer scrim_" + "A" * 43, **anna_too}
        expect(program.status("GET", f"{API}/users", None, bad) == 401, "a cookie makes a bad token good")
        for wrong in ("scrim_", "scrim_x", made["token"] + "A", made["token"][:-1], made["token"][6:]):
            got = program.status("GET", f"{API}/site", None, {"Authorization": f"Bearer {wrong}"})
            expect(got == 401, f"{wrong!r}: {got}")
        wait_for("the last use to be listed", lambda: call(anna, "GET", "/tokens")[0]["used_ms"])

        # Live pictures by token end with it.
        picture, veil = Picture(), Veil(daemon)
        veil.init("quay", picture)
        with daemon.tls() as connection:
            header = program.header["Authorization"]
            connection.sendall(handshake(anna, "quay", Cookie=None, Authorization=header))
            connection.settimeout(10)
            expect(b" 101 " in connection.recv(4096).split(b"\r\n")[0], "a token opens no WebSocket")
            call(anna, "DELETE", f"/tokens/{made['id']}", wanted=204)
            expect(ends(connection), "the live picture of a revoked token goes on")
        expect(status("GET", "/site") == 401, "a revoked token works")
        call(anna, "DELETE", f"/tokens/{made['id']}", wanted=404)

        # A change by token wants no CSRF token, and is not for other sites' pages.
        drawer = call(anna, "POST", "/tokens", {"name": "masks", "rights": ["areas"], "expires_ms": later(3600_000)})
        program = bearer(daemon, drawer["token"])
        area = {"kind": "mask", "points": [[0, 0], [0.5, 0], [0.5, 0.5]]}
        expect(status("PUT", "/cameras/quay/areas/desk", area, Origin="https://elsewhere.example") == 403, "another site")
        expect(status("PUT", "/cameras/quay/areas/desk", area) == 200, "it may not draw")
        with database(daemon) as db:
            db.execute("UPDATE tokens SET expires_us = ?", (int(time.time() * 1e6) - 1,))
        wait_for("the token to run out", lambda: status("GET", "/site") == 401)
        daemon.stop()
        daemon.start()
        expect(status("GET", "/site") == 401, "a restart brings it back")
        good = {"name": "x", "rights": ["live"], "expires_ms": later(3600_000)}
        for change in (
            {"name": ""}, {"name": "x" * 65}, {"rights": []}, {"rights": ["users"]}, {"rights": ["self"]}, {"rights": ["none"]},
            {"rights": ["all"]}, {"rights": "live"}, {"rights": ["live", "live"]}, {"expires_ms": later(-1000)}, {"expires_ms": 1.5},
            {"expires_ms": later(3 * 366 * 86400_000)}, {"expires_ms": "soon"}, {"groups": ["nosuch"]}, {"groups": None},
            {"rights": ["cameras"], "groups": ["north"]}, {"more": 1},
        ):
            call(anna, "POST", "/tokens", {**good, **change}, 400)


@test("people: preferences are one's own")
def preferences():
    with desk(users=("olga", "otto")) as daemon:
        olga, otto = daemon.signed_in("olga"), daemon.signed_in("otto")
        expect(call(olga, "GET", "/me/preferences/wall-layouts") is None, "never set: null")
        value = {"a": [1, 2.5, None, True], "ü": "<script>"}
        call(olga, "PUT", "/me/preferences/wall-layouts", value, 204)
        expect(call(olga, "GET", "/me/preferences/wall-layouts") == value, "it reads otherwise")
        expect(call(otto, "GET", "/me/preferences/wall-layouts") is None, "otto reads olga's")
        for simple in (None, 1, "x", [], False):
            call(olga, "PUT", "/me/preferences/simple", json.dumps(simple).encode(), 204)
            expect(call(olga, "GET", "/me/preferences/simple") == simple, simple)
        call(olga, "PUT", "/me/preferences/large", "x" * 16382, 204)
        call(olga, "PUT", "/me/preferences/large", "x" * 16383, 413)
        for body in (b"{", b'{"a":1,"a":2}', b"\xff", b"nul", b"[" * 3000):
            call(olga, "PUT", "/me/preferences/x", body, 400)
        for key in ("A", "a_b", "a" * 33, "a1"):
            call(olga, "PUT", f"/me/preferences/{key}", {}, 404)
        names = [f"k{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(64)]
        statuses = [olga.status("PUT", f"{API}/me/preferences/{name}", {}) for name in names]
        expect(statuses.count(204) == 61 and set(statuses[61:]) == {409}, statuses)
        daemon.stop()
        daemon.start()
        expect(call(olga, "GET", "/me/preferences/wall-layouts") == value, "a restart forgets it")


@test("people: what administrators say of the site")
def site_words():
    with desk(roles=ADMIN) as daemon:
        anna, olga = daemon.signed_in("anna"), daemon.signed_in("olga")
        before = call(olga, "GET", "/site")
        expect(before["controller"] == "" and before["time_zone"], before)
        words = {"name": "Fähre <Nord>", "time_zone": "Europe/Berlin", "controller": "Hafen GmbH\nKai 1", "contact": "dpo@example.org"}
        after = call(anna, "PATCH", "/site", words)
        expect({k: after[k] for k in words} == words and after["address"] == "", after)
        daemon.stop()
        daemon.start()
        expect(call(olga, "GET", "/site")["time_zone"] == "Europe/Berlin", "a restart forgets it")
        call(anna, "PATCH", "/site", {"name": "", "controller": ""})
        expect(call(olga, "GET", "/site")["name"] == before["name"], "without a name it has scrim.yaml's")
        expect(call(anna, "PATCH", "/site", {"time_zone": "Asia/Kolkata"})["time_zone"] == "Asia/Kolkata", "a link of a zone")
        for body in (
            {"time_zone": "Europe/Nowhere"}, {"time_zone": "../../etc/passwd"}, {"time_zone": 1}, {"name": "x" * 201},
            {"name": "a\nb"}, {"address": "\u0007"}, {"id": "x"}, [],
        ):
            call(anna, "PATCH", "/site", body, 400)
        expect(olga.status("PATCH", f"{API}/site", {"name": "x"}) == 403, "an operator renames the site")


@test("people: the first administrator comes in by a link")
def first_run():
    with desk(users=()) as daemon:
        nobody = daemon.anybody()
        expect(call(nobody, "GET", "/session/ways")["first_run"] is True, "there is an administrator")
        said = scrim_ok("user", "invite", daemon.site.dir, "admin", "--role", "administrator")
        link = next(line.strip() for line in said.out.splitlines() if "#/setup/invitation/" in line)
        expect(link.startswith(f"https://127.0.0.1:{daemon.site.port}/#/setup/invitation/"), link)
        admin = enter(daemon, link.rsplit("/", 1)[1])
        expect(call(admin, "GET", "/session")["role"] == "administrator", "a lesser role")
        expect(call(nobody, "GET", "/session/ways")["first_run"] is False, "there is none still")
        listed = scrim_ok("user", "list", daemon.site.dir).out
        expect("admin" in listed and "all cameras" in listed, listed)
        refused = scrim("user", "invite", daemon.site.dir, "admin", "--role", "viewer")
        expect(refused.status != 0 and "already" in refused.err, refused.err)


@test("people: every change is an act, by whom and before it is done")
def acts():
    with desk(roles={"anna": "administrator", "aud": "auditor"}) as daemon:
        anna, auditor = daemon.signed_in("anna"), daemon.signed_in("aud")
        call(anna, "PUT", "/groups/north", {"title": "North", "cameras": ["quay"]})
        call(anna, "PATCH", "/users/olga", {"groups": ["north"], "role": "viewer"})
        call(anna, "DELETE", "/users/anna", wanted=409)
        call(anna, "POST", "/invitations", {"name": "ida", "role": "viewer"})
        call(anna, "POST", "/tokens", {"name": "x", "rights": ["live"], "expires_ms": later(3600_000)})
        call(anna, "PATCH", "/site", {"name": "Pier"})
        listed = call(auditor, "GET", "/acts")
        listed = listed["acts"] if isinstance(listed, dict) else listed
        what = [(a["who"], a["what"]) for a in reversed(listed) if a.get("what")]
        for name in ("group.put", "user.change", "user.remove", "invitation.make", "token.make", "site.change"):
            expect(("anna", name) in what, f"{name} is not in {what}")
        failed = [a for a in listed if a.get("outcome") == "failed"]
        expect(failed and "last administrator" in failed[0]["words"], listed)
        expect("password" not in json.dumps(listed), "a password in the acts")
