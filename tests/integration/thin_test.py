"""The thin rendition: made while somebody watches it, within what a thin link takes, and of no harm to the full one."""

import json
import os
import threading
import time
from pathlib import Path

from desk_kit import LIVE, PASSWORD, THIN, THIN_WANTED, Client, Picture, Veil, desk, text, tfdt_of, until
from desk_live_test import drained, frames_in, stall
from harness import expect, ffmpeg, probe, stage, test, wait_for

SECONDS = 14
LINK = 64_000  # bits a second


def wanted(veil, *expected):
    """The wishes that the desk tells next; of areas it tells what it likes."""
    for wish in expected:
        while True:
            kind, camera, body = veil.receive()
            if kind == THIN_WANTED:
                break
        expect((camera, body) == ("quay", bytes([wish])), f"told {camera} {body}, not {wish}")


def binary(messages):
    return [m for m in messages if isinstance(m, bytes)]


@test("thin: the desk asks for it when the first viewer comes, for a key frame with each, and no more after the last")
def asked_for():
    picture = Picture()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = Veil(daemon)
        veil.init("quay", picture)
        veil.frame("quay", picture, 0)
        full = client.live("quay", "full")
        until(full, lambda m: m == picture.fragment(0))
        first = client.live("quay", "thin")
        wanted(veil, 1)
        veil.init("quay", picture, THIN)
        for n in range(3):
            veil.frame("quay", picture, n, flags=THIN)
        got = until(first, lambda m: m == picture.fragment(2))
        expect(binary(got) == [picture.init] + [picture.fragment(n) for n in range(3)], "the first viewer's pictures")
        soon = client.live("quay", "thin")  # the last key frame is near: no other is needed
        until(soon, lambda m: m == picture.fragment(2))
        for n in range(3, 10):
            veil.frame("quay", picture, n, flags=THIN)
            until(soon, lambda m: m == picture.fragment(n))
        # What came since the last key frame has grown too much for a thin link.
        for n in range(10, 20):
            veil.frame("quay", picture, n, flags=THIN)
            until(soon, lambda m: m == picture.fragment(n))
        late = client.live("quay", "thin")
        later = client.live("quay", "thin")
        wanted(veil, 1)  # one key frame for both
        veil.frame("quay", picture, 21, flags=THIN)
        veil.frame("quay", picture, 30, flags=THIN)
        for viewer in (late, later):
            got = binary(until(viewer, lambda m: m == picture.fragment(30)))
            expect(got == [picture.init, picture.fragment(30)], f"{len(got)} messages to a late viewer")
        veil.frame("quay", picture, 1)
        got = binary(until(full, lambda m: m == picture.fragment(1)))
        expect(got == [picture.fragment(1)], "the full rendition holds pictures of the thin one")
        for viewer in (first, soon, late, later):
            viewer.close()
        wanted(veil, 0)
        veil.frame("quay", picture, 31, flags=THIN)  # it was on its way
        veil.frame("quay", picture, 2)
        until(full, lambda m: m == picture.fragment(2))
        expect(daemon.alive(), "alive")
        again = client.live("quay", "thin")
        wanted(veil, 1)
        veil.close()
        until(again, lambda m: text(m).get("state") == "down")
        successor = Veil(daemon)
        wanted(successor, 1)
        again.close()
        wanted(successor, 0)
        odd = client.live("quay", "tiny")
        expect(list(odd) == [], "a rendition that there is not")
        files = list((daemon.site.dir / "veil" / "quay").rglob("*.mp4*"))
        full.close()
        expect(files, "no archive")
        whole = b"".join(f.read_bytes() for f in files)
        expect(picture.parts[0][-64:] in whole and picture.parts[15][-64:] not in whole, "the archive holds the thin one")


@test("thin: who cannot take even that loses pictures within seconds of it, and begins again with a key frame of their own")
def too_slow():
    picture = Picture()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = Veil(daemon)
        slow = stall(client, "quay", "?rendition=thin")
        quick = client.live("quay", "thin")
        wanted(veil, 1)
        veil.init("quay", picture, THIN)
        sent = 0
        for n in range(400):
            if n % picture.GOP or n == 0:  # key frames as far apart as they are
                veil.frame("quay", picture, n, flags=THIN)
                until(quick, lambda m: m == picture.fragment(n))
                sent += len(picture.fragment(n))
            if client.get("/health")["desk"]["frames_dropped"] > 0:
                break
        expect(sent < 130_000, f"nothing was dropped before {sent} bytes: 20 s of 50 kbit/s")
        stream = drained(slow)
        veil.frame("quay", picture, n + 1 if (n + 1) % picture.GOP else n + 2, flags=THIN)
        wanted(veil, 1)
        key = (n // picture.GOP + 2) * picture.GOP
        veil.frame("quay", picture, key, flags=THIN)
        until(quick, lambda m: m == picture.fragment(key))
        stream += drained(slow)
        fragments = [m for opcode, m in frames_in(stream) if opcode == 2 and b"tfdt" in m]
        expect(fragments[-1] == picture.fragment(key), "it does not begin again")
        slow.close()
        quick.close()


class Watcher(threading.Thread):
    """Reads a live WebSocket and notes when what came."""

    def __init__(self, client, camera, rendition):
        super().__init__(daemon=True)
        self.live = client.live(camera, rendition)
        self.begun = time.monotonic()
        self.frames = []  # (seconds since the beginning, bytes)
        self.init = None
        self.start()

    def run(self):
        try:
            for message in self.live:
                if isinstance(message, str):
                    told = json.loads(message)
                    self.init = told if told["type"] == "init" else self.init
                else:
                    self.frames.append((time.monotonic() - self.begun, message))
        except (OSError, ValueError):
            pass  # closed

    def since(self, seconds):
        return [(at, data) for at, data in self.frames if at >= seconds and b"tfdt" in data]

    def save(self, path):
        path.write_bytes(b"".join(data for _, data in self.frames))
        return path


@test("thin: people walking for 14 s stay below 64 kbit/s, begin within 2 s for each viewer, and the full one goes on")
def stays_thin():
    users = {"olga": ("operator", PASSWORD)}
    with stage({"people": "people", "people-sub": "people-sub"}, users=users) as staged:
        staged.site.up()
        client = Client(staged.site.port, staged.site.dir / "state" / "keys" / "tls.crt")
        wait_for("the desk", client.answers_api, 30)
        client.sign_in("olga", PASSWORD)
        wait_for("a live picture", lambda: client.camera("people")["veil"]["state"] == "live", 60)
        full = Watcher(client, "people", "full")
        thin = Watcher(client, "people", "thin")
        wait_for("thin pictures", lambda: len(thin.frames) > 1, 10)
        late = None
        while time.monotonic() - thin.begun < SECONDS:
            if not late and time.monotonic() - thin.begun > SECONDS / 2:
                late = Watcher(client, "people", "thin")
            time.sleep(0.05)
        seconds = thin.frames[-1][0]
        bits = sum(8 * len(data) for _, data in thin.frames) / seconds
        rate = len(thin.since(0)) / seconds
        full_rate = len(full.since(1)) / (full.frames[-1][0] - 1)
        full_bits = sum(8 * len(data) for _, data in full.since(1)) / (full.frames[-1][0] - 1)
        print(f"  thin {bits / 1000:.1f} kbit/s, {rate:.1f} pictures/s, first after {thin.frames[1][0]:.2f} s and "
              f"{late.frames[1][0]:.2f} s; full {full_bits / 1000:.0f} kbit/s, {full_rate:.1f} pictures/s")
        expect(thin.init["width"] == 320 and thin.init["height"] == 240, thin.init)
        expect(full.init["width"] == 640 and full.init["height"] == 480, full.init)
        expect(bits < LINK, f"{bits:.0f} bit/s")
        expect(rate > 3, f"{rate:.1f} thin pictures a second")
        expect(full_rate > 8.5, f"{full_rate:.1f} full pictures a second")
        expect(thin.frames[1][0] < 2 and late.frames[1][0] < 2, "a viewer waits for more than two seconds")
        for watcher in (full, thin, late):
            watcher.live.close()
        where = Path(os.environ.get("SCRIM_THIN_DIR", staged.dir))
        for name, watcher in (("thin", thin), ("full", full)):
            path = watcher.save(where / f"{name}.mp4")
            ffmpeg("-xerror", "-i", path, "-f", "null", "-")
            expect(probe(path, "stream=codec_name") == "h264", "codec")
        ends = [tfdt_of(data) for _, data in thin.since(0)]
        expect(ends == sorted(set(ends)), "times do not rise")
