"""Cameras at the desk: added, changed and taken away while the others record; addresses tested live, and what the test
says of each way in which one can be wrong; the history of their health."""

import contextlib
import json
import os
import signal
import socket
import stat
import threading
import time

import sitekit
from harness import CAMERA_PASSWORD, CAMERA_USER, expect, expect_failure, stage, test, wait_for

ADMIN, PASSWORD = "ada", "a very good password"


class Session:
    """Somebody signed in, who bears that the desk starts anew."""

    def __init__(self, staged, user=ADMIN):
        self.desk = sitekit.Desk(staged.site.port, staged.site.dir / "state" / "keys" / "tls.crt")
        wait_for("the desk", lambda: self.attempt(lambda: self.desk.sign_in(user, PASSWORD) or True))

    @staticmethod
    def attempt(call):
        try:
            return call()
        except (OSError, sitekit.Failure):
            return None

    def ask(self, method, path, body=None):
        """(status, answer), as soon as the desk is there and has time."""

        def answered():
            found = self.attempt(lambda: self.desk.request(method, f"/api/v1{path}", body))
            if not found:
                return None
            answer = json.loads(found[2]) if found[2] else None
            if found[0] == 503 and answer["error"]["code"] in ("no_keeper", "overload", "no_recorder"):
                return None  # somebody starts anew
            return found[0], answer

        return wait_for(f"an answer to {method} {path}", answered)

    def cameras(self):
        return {camera["id"]: camera for camera in self.ask("GET", "/cameras")[1]}

    def trial(self, **wish):
        """The last word on an address."""
        status, answer = self.ask("POST", "/cameras/try", wish)
        expect(status == 202, f"a test of {wish} was answered {status} {answer}")

        def over():
            trial = self.ask("GET", f"/cameras/try/{answer['id']}")[1]
            return trial if trial["state"] != "running" else None

        return wait_for("the end of the test", over, 25)


@contextlib.contextmanager
def desk(clips):
    with stage(clips, users={ADMIN: ("administrator", PASSWORD), "vera": ("viewer", PASSWORD)}) as staged:
        staged.site.up()
        staged.wait_until_recording(next(iter(clips)))
        yield staged, Session(staged)


def wish(staged, clip_name="people", **more):
    return {
        "id": "gate", "purpose": "Safety", "url": staged.cameras.url(clip_name), "user": CAMERA_USER,
        "password": CAMERA_PASSWORD, "expected_mbit": 0.001, **more,
    }


def gaps(staged, camera):
    return [record for record in staged.site.records(camera) if record["type"] == "gap"]


def shown_live(session, *names):
    """The veil starts anew with every change, and gets the streams of those that stay, too."""
    for name in names:
        wait_for(f"a live picture of {name}", lambda: session.cameras()[name]["veil"]["state"] == "live", 40)


@test("cameras: one is added, changed and taken away at the desk, and the others record without a gap")
def added_changed_removed():
    with desk({"people": "people"}) as (staged, session):
        directory = staged.site.dir / "cameras.d"
        status, answer = session.ask("POST", "/cameras", wish(staged, legal_basis="Art. 6"))
        expect(status == 201 and answer["has_password"] and "password" not in answer, f"{status}: {answer}")
        wait_for("the camera at the desk", lambda: "gate" in session.cameras())
        shown_live(session, "people", "gate")
        listed = session.cameras()
        expect(listed["people"]["fixed"] and not listed["gate"]["fixed"], f"fixed: {listed}")
        expect(listed["gate"]["legal_basis"] == "Art. 6", f"the legal basis is {listed['gate']['legal_basis']}")
        staged.wait_until_recording("gate")
        password = directory / "gate.password"
        expect(stat.S_IMODE(password.stat().st_mode) == 0o600, "the password's file can be read by others")
        expect(password.read_text() == CAMERA_PASSWORD, "another password was written")

        before = len(gaps(staged, "gate"))
        expect(session.ask("PATCH", "/cameras/gate", {"name": "Gate"})[0] == 200, "the name is not changed")
        wait_for("the new name", lambda: session.cameras()["gate"]["name"] == "Gate")
        staged.wait_until_recording("gate")
        expect(len(gaps(staged, "gate")) == before, f"a new name cut the camera: {gaps(staged, 'gate')}")

        expect(session.ask("DELETE", "/cameras/gate")[0] == 204, "the camera is not taken away")
        wait_for("one camera", lambda: list(session.cameras()) == ["people"])
        shown_live(session, "people")
        expect(sorted(f.name for f in directory.iterdir()) == [".changed"], f"left: {list(directory.iterdir())}")
        expect(list((staged.site.dir / "store" / "gate").glob("*/*.age")), "its recordings went with it")
        staged.wait_until_recording("people")
        expect(gaps(staged, "people") == [], f"the other camera was cut: {gaps(staged, 'people')}")
        expect(CAMERA_PASSWORD not in staged.log(), "the password is in the log")
        acts = [act["what"] for act in session.ask("GET", "/acts")[1] if act.get("camera") == "gate"]
        expect(acts[::-1] == ["camera.add", "camera.change", "camera.remove"], f"logged: {acts}")


@test("cameras: what cannot be is refused beside the field that it is about, and nobody but an administrator asks")
def refused():
    with desk({"people": "people"}) as (staged, session):
        base = wish(staged)
        for change, field in (
            ({"id": "Gate"}, "id"), ({"url": "http://x"}, "url"), ({"url": "rtsp://x:0/"}, "url"),
            ({"url": "rtsp://ada:secret@x/"}, "url"), ({"purpose": ""}, "purpose"),
            ({"retention_hours": 200}, "retention_hours"), ({"retention_hours": "x"}, "retention_hours"),
            ({"transport": "pigeon"}, "transport"), ({"user": None}, "password"), ({"record": "faces"}, "record"),
            ({"tls_fingerprint": "ab" * 32}, "tls_fingerprint"), ({"audio_reason": "because"}, "audio_reason"),
            ({"sub": "x"}, "sub"), ({"masks": []}, "masks"), ({"password": "x" * 300}, "password"),
        ):
            status, answer = session.ask("POST", "/cameras", {**base, **change})
            expect(status == 400 and answer["error"]["field"] == field, f"{change}: {status} {answer}")
        status, answer = session.ask("POST", "/cameras", {**base, "id": "people"})
        expect((status, answer["error"]["code"]) == (409, "exists"), f"the same id: {status} {answer}")
        status, answer = session.ask("PATCH", "/cameras/people", {"name": "x"})
        expect((status, answer["error"]["code"]) == (409, "fixed"), f"of scrim.yaml: {status} {answer}")
        expect(session.ask("DELETE", "/cameras/nobody")[0] == 404, "a camera that is none was taken away")
        greedy = {"retention_hours": 87600, "retention_reason": "for ever", "expected_mbit": 900}
        status, answer = session.ask("POST", "/cameras", {**base, **greedy})
        expect((status, answer["error"]["code"]) == (409, "no_room"), f"without room: {status} {answer}")
        expect("needed" in answer["error"]["text"], f"the keeper's words: {answer}")
        expect(not list((staged.site.dir / "cameras.d").glob("*.yaml")), "something was written")
        viewer = Session(staged, "vera")
        for method, path in (("POST", "/cameras"), ("POST", "/cameras/try"), ("DELETE", "/cameras/people")):
            expect(viewer.ask(method, path, base if method == "POST" else None)[0] == 403, f"{method} {path} as a viewer")


@test("cameras: a live test says what is wrong with an address in words, and records nothing")
def trials():
    with desk({"people": "people", "modern": "people-265"}) as (staged, session):
        login = {"user": CAMERA_USER, "password": CAMERA_PASSWORD}
        port = staged.cameras.port
        for address, more, step, words in (
            ("rtsp://nobody.invalid/x", {}, "name", "nobody knows"),
            ("rtsp://127.0.0.1:1/x", {}, "connect", "nothing listens"),
            (staged.cameras.url("people"), {}, "sign-in", "wants a user name"),
            (staged.cameras.url("people"), {"user": "a", "password": "b"}, "sign-in", "refuses"),
            (staged.cameras.url("nothing"), login, "describe", "no stream of this name"),
            (f"rtsps://127.0.0.1:{staged.site.port}/", {}, "tls", "not trusted"),
            (f"rtsps://127.0.0.1:{port}/people", {}, "tls", "does not speak tls"),
        ):
            trial = session.trial(url=address, **more)
            last = trial["steps"][-1]
            expect(trial["state"] == "bad" and last["step"] == step and words in last["words"].lower(),
                   f"{address}: {trial}")
            expect(all(done["ok"] for done in trial["steps"][:-1]), f"{address}: {trial['steps']}")
            expect((trial["tls_fingerprint"] is not None) == ("not trusted" in words), f"{address}: a fingerprint?")
        good = session.trial(url=staged.cameras.url("people"), **login)
        expect(good["state"] == "good" and (good["width"], good["height"]) == (768, 432), f"a good one: {good}")
        expect(8 < good["fps"] < 12 and 0.8 < good["keyframe_s"] < 1.2 and good["bitrate"] > 1e5, f"figures: {good}")
        modern = session.trial(url=staged.cameras.url("modern"), **login)
        expect(modern["codec"] == "h265" and any("H.265" in text for text in modern["advice"]), f"H.265: {modern}")
        expect(CAMERA_PASSWORD not in staged.log(), "the password is in the log")
        expect(gaps(staged, "people") == [], "a test cut a camera that records")


class Answering:
    """A server that says `greeting` to whoever connects, and then nothing."""

    def __init__(self, greeting=b""):
        self.greeting, self.socket, self.open = greeting, socket.create_server(("127.0.0.1", 0)), []
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.open.append(connection)
                connection.sendall(self.greeting)

    def close(self):
        for each in (self.socket, *self.open):
            each.close()


@test("cameras: a live test of what hangs, or is a web server, ends; a third one at a time is refused")
def hanging_trials():
    with desk({"people": "people"}) as (staged, session):
        silent, web = Answering(), Answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        started = time.monotonic()
        running = [session.ask("POST", "/cameras/try", {"url": f"rtsp://127.0.0.1:{silent.port}/"}) for _ in range(2)]
        expect([status for status, _ in running] == [202, 202], f"two tests: {running}")
        status, answer = session.ask("POST", "/cameras/try", {"url": "rtsp://127.0.0.1:1/"})
        expect((status, answer["error"]["code"]) == (429, "busy"), f"a third: {status} {answer}")
        for _, answer in running:
            def over(trial=answer["id"]):
                told = session.ask("GET", f"/cameras/try/{trial}")[1]
                return told if told["state"] == "bad" else None

            told = wait_for("the end of a test that hangs", over, 25)
            expect("does not answer in RTSP" in told["steps"][-1]["words"], f"it hangs: {told}")
        expect(time.monotonic() - started < 20, "a test that hangs took longer than 20 s")
        told = session.trial(url=f"rtsp://127.0.0.1:{web.port}/")
        expect("web server" in told["steps"][-1]["words"], f"a web server: {told}")
        expect("Bad Request" not in json.dumps(told), "what answered is echoed")
        silent.close()
        web.close()
        expect(gaps(staged, "people") == [], "a test cut a camera that records")


@test("cameras: a damaged file in cameras.d leaves its own camera out, is told everywhere, and no other stops")
def damaged():
    with desk({"people": "people"}) as (staged, session):
        directory = staged.site.dir / "cameras.d"
        for name, text in (
            ("empty.yaml", ""), ("binary.yaml", "\0\1\2"), ("other.yaml", "id: another\nmain: rtsp://x/\npurpose: x\n"),
            ("people.yaml", f"id: people\nmain: {staged.cameras.url('people')}\npurpose: x\n"),
            ("line.yaml", "id: line\nmain: rtsp://x/\npurpose: x\ntransport: pigeon\n"), ("README", "x"),
            ("gone.password", "x"), ("half.yaml.new12", "id: half"),
        ):
            (directory / name).write_text(text)
        (directory / "folder.yaml").mkdir()
        session.ask("POST", "/cameras", wish(staged, expected_mbit=0.001))
        wait_for("the sound camera", lambda: "gate" in session.cameras())
        staged.wait_until_recording("gate")
        left_out = session.ask("GET", "/health")[1]["left_out"]
        texts = " ".join(fault["text"] for fault in left_out)
        expect(len(left_out) == 7, f"left out: {left_out}")
        for words in ("line.yaml:4", "empty.yaml:1", "scrim.yaml", "README", "folder.yaml", "differ"):
            expect(words in texts, f"{words} is not named: {texts}")
        status = sitekit.scrim("status", staged.site.dir)
        expect("line.yaml:4" in status.out, f"scrim status does not tell: {status.out}")
        viewer = Session(staged, "vera").ask("GET", "/health")[1]["left_out"]
        expect(len(viewer) == 7 and "line.yaml" not in json.dumps(viewer), f"a viewer reads paths: {viewer}")
        expect(gaps(staged, "people") == [], f"another camera was cut: {gaps(staged, 'people')}")


@test("cameras: kill -9 of everything between a camera's file and its reload loses nothing, and a password is optional")
def killed_between():
    with desk({"people": "people"}) as (staged, session):
        up = staged.site.process
        os.kill(up.pid, signal.SIGSTOP)  # it sees the change and does nothing about it
        try:
            status, _ = session.ask("POST", "/cameras", wish(staged))
            expect(status == 201, f"added: {status}")
        finally:
            os.kill(up.pid, signal.SIGKILL)
        up.wait()
        wait_for("the end of all of it", lambda: not session.attempt(lambda: session.desk.request("GET", "/api/v1/site")))
        (staged.site.dir / "cameras.d" / "gate.password").unlink()  # as if it had never been written
        staged.site.up()
        session = Session(staged)
        wait_for("the camera", lambda: "gate" in session.cameras())
        staged.wait_until_recording("people")
        staged.wait_for_log("password_file")
        session.ask("PATCH", "/cameras/gate", {"password": CAMERA_PASSWORD})
        staged.wait_until_recording("gate")


@test("scrim camera: tests, adds, lists and removes from the command line, while a site runs")
def command_line():
    with desk({"people": "people"}) as (staged, session):
        secret = sitekit.write_secret(staged.dir / "secret", CAMERA_PASSWORD)
        login = ("--user", CAMERA_USER, "--password-file", secret)
        tried = sitekit.scrim_ok("camera", "test", staged.cameras.url("people"), *login)
        expect("768×432" in tried.out, f"a good address: {tried.out}")
        bad = sitekit.scrim("camera", "test", "rtsp://127.0.0.1:1/x")
        expect(bad.status == 1 and "nothing listens" in bad.out, f"a bad one: {bad.out}")
        site = staged.site.dir
        sitekit.scrim_ok("camera", "add", site, "gate", "--url", staged.cameras.url("people"), "--purpose", "Safety",
                         "--expected-kbit", 1, *login)
        wait_for("the camera at the desk", lambda: "gate" in session.cameras())
        staged.wait_until_recording("gate")
        listed = sitekit.scrim_ok("camera", "list", site).out.split()
        expect(listed[0::3] == ["people", "gate"] and listed[1::3] == ["scrim.yaml", "cameras.d"], f"listed: {listed}")
        expect_failure(sitekit.scrim("camera", "remove", site, "people"), "scrim.yaml")
        expect_failure(sitekit.scrim("camera", "add", site, "gate", "--url", "rtsp://x/", "--purpose", "x"), "already")
        sitekit.scrim_ok("camera", "remove", site, "gate")
        wait_for("one camera", lambda: list(session.cameras()) == ["people"])
        shown_live(session, "people")


@test("cameras: the history of health is kept over a new start, and says nothing of what it does not know")
def history():
    with desk({"people": "people"}) as (staged, session):
        def figures():
            told = session.ask("GET", "/cameras/people/history")[1]
            return told if any(value and value > 8 for value in told["fps"]) else None

        told = wait_for("a whole sample", figures, 40)
        expect(told["step"] == 10000 and len({len(told[name]) for name in told if isinstance(told[name], list)}) == 1,
               f"shape: {told['step']}")
        expect(told["fps"][0] is None, "something is known of an hour ago")
        expect(any(value and value > 1e5 for value in told["bitrate"]), f"bit rate: {told['bitrate'][-5:]}")
        staged.site.down()
        staged.site.up()
        session = Session(staged)
        again = session.ask("GET", "/cameras/people/history")[1]
        expect(sum(value is not None for value in again["fps"]) >= 1, "nothing is left of before")
        month = session.ask("GET", f"/cameras/people/history?from={int(time.time() * 1000) - 30 * 86400000}")[1]
        expect(month["step"] % 300000 == 0 and len(month["fps"]) <= 2000, f"a month: {month['step']}")
        for query in ("from=x", "from=5&to=4", "from=-1", "step=x"):
            expect(session.ask("GET", f"/cameras/people/history?{query}")[0] == 400, f"{query} is taken")
