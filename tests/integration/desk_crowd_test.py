"""A crowd at the desk's door: thousands of connections that ask for a picture and then say nothing."""

import contextlib
import os
import resource
import selectors
import ssl
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from desk_kit import LIVE, PASSWORD, Picture, Veil, desk, ends, handshake, timed
from harness import expect, test, wait_for

SESSION_MAX = 128  # WebSockets (src/desk/live.h)
USERS = ("olga", "pia", "quirin")


def resident_kb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def watch(daemon, client):
    """A WebSocket that was granted, or None."""
    connection = daemon.tls()
    connection.sendall(handshake(client, "quay"))
    connection.settimeout(30)
    answer = connection.recv(12)
    if answer == b"HTTP/1.1 101":
        return connection
    connection.close()
    return None


class Crowd:
    """Watchers that read what comes and answer pings (RFC 6455 §5.5.2), as an idle browser does."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def add(self, connection):
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ)

    def run(self):
        while not self.leaving.is_set():
            for key, _ in self.selector.select(0.2):
                self.answer(key.fileobj)

    def answer(self, connection):
        try:
            while data := connection.recv(65536):
                if data[0] == 0x89:
                    connection.send(bytes([0x8A, 0x80 | data[1], 0, 0, 0, 0]) + data[2 : 2 + data[1]])
        except ssl.SSLWantReadError:
            return
        except OSError:
            pass
        self.selector.unregister(connection)

    def leave(self):
        self.leaving.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def crowd(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with desk(users=USERS) as daemon, ThreadPoolExecutor(8) as pool, contextlib.ExitStack() as stack:
        veil = Veil(daemon)
        picture = Picture()
        veil.init("quay", picture)
        veil.state("quay", LIVE)
        operator = daemon.signed_in("olga")
        before = resident_kb(daemon.process.pid)
        sessions = [daemon.signed_in(USERS[n % len(USERS)]) for n in range(-(-count // SESSION_MAX))]
        idle = Crowd()
        stack.callback(idle.leave)
        for watcher in pool.map(lambda n: watch(daemon, sessions[n // SESSION_MAX]), range(count)):
            expect(watcher, "somebody was turned away")
            idle.add(watcher)
        watching = wait_for("all to be counted", lambda: operator.get("/health")["desk"]["viewers"], 30)
        expect(watching == count, f"{watching} of {count} are still there")
        each = (resident_kb(daemon.process.pid) - before) / count
        print(f"# {count} idle WebSockets: {each:.0f} kB each in scrimd")
        calm = statistics.median(timed(lambda: operator.get("/cameras")) for _ in range(20))
        expect(calm < 1, f"an answer takes {calm:.2f} s beside them")
        veil.frame("quay", picture, 0)  # a picture for all
        expect(operator.status("GET", "/api/v1/session") == 200, "the desk answers no more")
        idle.leave()
        wait_for("all to be forgotten", lambda: operator.get("/health")["desk"]["viewers"] == 0, 60)


@test("desk: a thousand idle WebSockets hold nobody up, and are forgotten when they go")
def thousand():
    crowd(1000)


@test("desk: ten thousand idle WebSockets hold nobody up, and are forgotten when they go", soak=True)
def ten_thousand():
    crowd(10_000)


@test("desk: a viewer who answers pings stays, one who does not is gone after 35 s")
def pings():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        there, gone = Crowd(), watch(daemon, client)
        try:
            there.add(watch(daemon, client))
            expect(ends(gone, 45), "somebody who is silent is kept")
            expect(client.get("/health")["desk"]["viewers"] == 1, "who answers was cut off")
        finally:
            there.leave()


@test("desk: one session watches at most 128 pictures; another one is not held up by it")
def one_session():
    with desk(users=("olga", "pia")) as daemon:
        greedy, other = daemon.signed_in("olga"), daemon.signed_in("pia")
        held = [watch(daemon, greedy) for _ in range(SESSION_MAX)]
        expect(all(held), "fewer than a large wall needs")
        with daemon.tls() as one_more:
            one_more.sendall(handshake(greedy, "quay"))
            one_more.settimeout(10)
            answer = b""
            while more := one_more.recv(4096):
                answer += more
        expect(b"\x88\x02\x03\xf5" in answer, f"it is not closed with 1013: {answer[-20:]}")
        expect(watch(daemon, other), "another session is turned away")
        for connection in held:
            connection.close()


@test("desk: a session that a browser was given before signing in is worth nothing after it (fixation)")
def fixation():
    with desk(roles={"ada": "administrator"}) as daemon:
        planted = daemon.signed_in("olga")  # the attacker's own session, planted in the victim's browser
        victim = daemon.anybody()
        victim.cookie = planted.cookie
        victim.sign_in("ada", PASSWORD)
        expect(victim.cookie != planted.cookie, "signing in kept the cookie")
        expect(planted.status("GET", "/api/v1/session") == 401, "the planted session lives on")
        for forged in ("__Host-scrim=" + "A" * 43, "__Host-scrim=", "__Host-scrim=../../x"):
            stranger = daemon.anybody()
            stranger.cookie = forged
            expect(stranger.status("GET", "/api/v1/session") == 401, f"{forged!r} is a session")
            stranger.sign_in("olga", PASSWORD)
            expect(stranger.cookie.split("=")[1] not in forged, "a session took the name it was offered")
