#!/usr/bin/python3
"""What watching costs: fifty viewers, each with sixteen cameras, for five minutes; and what an operator waits for.

    BENCH_SECONDS=300 BENCH_VIEWERS=50 bench/desk.py

The desk is the real scrimd with a month of journals of 42 cameras, over TLS; a made-up veil sends sixteen of them, ten
pictures and 0.25 Mbit a second each, as the real one does. Beside it, in the same minutes, a program of OpenSSL and sockets alone sends as many bytes in as many
pieces to as many connections (bench/tls_send.c): no desk can cost less. Chromium then says how long the page takes.
Result: build/bench/desk.json.
"""

import gzip
import http.client
import json
import multiprocessing
import os
import selectors
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchkit import ROOT, cpu_seconds, save

sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "integration")]

import desk_kit  # noqa: E402
import sitekit  # noqa: E402
from sitekit import Failure, Site, program, wait_for  # noqa: E402

SECONDS = int(os.environ.get("BENCH_SECONDS", "300"))
VIEWERS = int(os.environ.get("BENCH_VIEWERS", "50"))
TOOLS = Path(os.environ.get("BENCH_TOOLS", ROOT / "build" / "meson" / "bench"))
CAMERAS = [f"camera-{n:02}" for n in range(1, 43)]
WATCHED = CAMERAS[:16]
SESSIONS = 30  # of one user; the desk keeps 32
FPS, GOP, KEY_BYTES, OTHER_BYTES = 10, 20, 16_000, 2_500  # 0.25 Mbit/s
MONTH_RECORDS = 30 * 1440 * len(CAMERAS)
USER, PASSWORD = "olga", "a password for the bench"


def rss_kb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Reader:
    """One TLS connection of which only the bytes, and the moments at which frames are whole, are of interest."""

    def __init__(self, connection, begin=None):
        self.connection, self.begin = connection, begin
        self.buffer, self.bytes, self.delays = bytearray(), 0, []
        if begin:
            connection.sendall(begin)
        connection.setblocking(False)

    def read(self):
        """False at the end of the connection."""
        try:
            while more := self.connection.recv(1 << 18):
                self.bytes += len(more)
                if self.begin:
                    self.buffer += more
                    self.note_frames()
        except ssl.SSLWantReadError:
            return True
        except OSError:
            pass
        return False

    def note_frames(self):
        """A frame carries the moment at which the veil sent it."""
        now = time.monotonic_ns()
        while len(self.buffer) >= 4:
            if self.buffer[:4] == b"HTTP":
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                del self.buffer[: end + 4]
                continue
            opcode, length, head = self.buffer[0] & 15, self.buffer[1], 2
            if length == 126:
                length, head = struct.unpack_from(">H", self.buffer, 2)[0], 4
            elif length == 127:
                if len(self.buffer) < 10:
                    return
                length, head = struct.unpack_from(">Q", self.buffer, 2)[0], 10
            if len(self.buffer) < head + length:
                return
            if opcode == 9:  # a ping, answered with a mask of zeros
                self.connection.send(bytes([0x8A, 0x80 | length, 0, 0, 0, 0]) + self.buffer[head : head + length])
            elif opcode == 2 and length in (KEY_BYTES, OTHER_BYTES):
                self.delays.append(now - struct.unpack_from(">Q", self.buffer, head)[0])
            del self.buffer[: head + length]


def read_all(readers, done):
    """Until `done` is set, or all connections have ended."""
    selector = selectors.DefaultSelector()
    for reader in readers:
        selector.register(reader.connection, selectors.EVENT_READ, reader)
    while not done.is_set() and selector.get_map():
        for key, _ in selector.select(0.5):
            if not key.data.read():
                selector.unregister(key.fileobj)


def view(port, certificate, requests, joined, done, result):
    """The viewers, in a process of their own: one WebSocket a request."""
    client = sitekit.Desk(port, certificate)
    context = client._tls()

    def connect():
        return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20))

    readers = [Reader(connect(), request) for request in requests]
    joined.set()
    read_all(readers, done)
    delays = sorted(delay for reader in readers for delay in reader.delays)
    result.put({
        "bytes": sum(reader.bytes for reader in readers),
        "frames": [len(reader.delays) for reader in readers],
        "p50_ms": delays[len(delays) // 2] / 1e6,
        "p99_ms": delays[len(delays) * 99 // 100] / 1e6,
    })  # fmt: skip


def drain(port, certificate, count):
    """Whoever takes what tls_send sends."""
    context = sitekit.Desk(port, certificate)._tls()
    connections = [context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(count)]
    read_all([Reader(connection) for connection in connections], threading.Event())


class Desk:
    """scrimd alone, with a month behind it."""

    def __init__(self, work):
        self.log_path = work / "scrimd.log"
        self.site = Site(work / "site")
        self.site.create(
            [{"id": c, "main": "rtsp://127.0.0.1:9/x", "purpose": "Benchmark", "retention_hours": 800,
              "retention_reason": "Benchmark"} for c in CAMERAS],
            veil_workers=1,
        )
        self.site.make_vault(work / "shares")
        for user in range(1 + VIEWERS // SESSIONS):
            self.site.add_user(f"{USER}{user or ''}", "operator", PASSWORD)
        subprocess.run([TOOLS / "journals", "write", self.site.dir, str(MONTH_RECORDS)], check=True)
        with open(self.log_path, "w") as log:
            self.process = sitekit.start([program("scrimd"), self.site.dir], stderr=log)
        self.certificate = self.site.dir / "state" / "keys" / "tls.crt"
        wait_for("scrimd", self.answers, 60)

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(self.log_path.read_text()[-1000:])
        return self.site.desk().answers()

    def client(self, user=0):
        client = self.site.desk()
        client.sign_in(f"{USER}{user or ''}", PASSWORD)
        return client


def feed(veil, frames, make):
    """Sends `frames` of every camera, FPS a second; make(n) is the fragment."""
    begun = time.monotonic()
    for n in range(frames):
        time.sleep(max(0, begun + n / FPS - time.monotonic()))
        for camera in WATCHED:
            head = struct.pack(">qqHB", time.time_ns() // 1000, n * 1_000_000 // FPS, 100, 0)
            veil.send(desk_kit.FRAME, desk_kit.KEY if n % GOP == 0 else 0, camera, head + make(n))


def random_frame(n):
    size = KEY_BYTES if n % GOP == 0 else OTHER_BYTES
    return struct.pack(">Q", time.monotonic_ns()) + bytes(size - 8)


def watch(desk, veil):
    """The minute, with both senders in it."""
    client, pid = desk.client(), desk.process.pid
    viewers = [desk.client(n // SESSIONS) for n in range(VIEWERS)]
    requests = [desk_kit.handshake(viewer, camera) for viewer in viewers for camera in WATCHED]
    frames = SECONDS * FPS
    key = desk.site.dir / "state" / "keys" / "tls.key"
    limit = sitekit.start(
        [TOOLS / "tls_send", desk.certificate, key, len(requests), frames, GOP, KEY_BYTES, OTHER_BYTES],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    port = int(limit.stdout.readline().split()[1])
    joined, done, result = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
    rss_before = rss_kb(pid)
    watching = multiprocessing.Process(
        target=view, args=(desk.site.port, desk.certificate, requests, joined, done, result)
    )
    watching.start()
    joined.wait(60)
    wait_for("all viewers", lambda: client.get("/health")["desk"]["viewers"] == len(requests), 60)
    drainer = multiprocessing.Process(target=drain, args=(port, desk.certificate, len(requests)))
    drainer.start()

    cpu, begun = cpu_seconds(pid), time.monotonic()
    feed(veil, frames // 6, random_frame)
    rss_early = rss_kb(pid)
    feed(veil, frames - frames // 6, random_frame)
    seconds, cpu = time.monotonic() - begun, cpu_seconds(pid) - cpu
    rss_late = rss_kb(pid)
    limit_cpu = float(limit.stdout.readline())
    time.sleep(0.5)  # what is still under way
    done.set()
    seen = result.get(timeout=60)
    watching.join()
    drainer.join()
    if limit.wait() != 0:
        raise Failure("tls_send failed")
    dropped = client.get("/health")["desk"]["frames_dropped"]
    if dropped or min(seen["frames"]) < frames:
        raise Failure(f"{dropped} frames dropped; a viewer got {min(seen['frames'])} of {frames}")
    return {
        "viewers": VIEWERS,
        "streams": len(requests),
        "seconds": round(seconds, 1),
        "mbit_per_s": round(seen["bytes"] * 8 / seconds / 1e6, 1),
        "viewer_cpu_pct": round(100 * cpu / seconds / VIEWERS, 3),
        "tls_send_cpu_pct": round(100 * limit_cpu / seconds / VIEWERS, 3),
        "cpu_ratio_vs_tls_send": round(cpu / limit_cpu, 2),
        "viewer_rss_kb": round((rss_late - rss_before) / VIEWERS),
        "rss_growth_kb": rss_late - rss_early,
        "frame_delay_p50_ms": round(seen["p50_ms"], 1),
        "frame_delay_p99_ms": round(seen["p99_ms"], 1),
    }


def browse(desk, veil):
    """What Chromium measures, while the veil sends something that it can show."""
    picture = desk_kit.Picture()
    ended = threading.Event()
    renditions = (0, desk_kit.THIN)  # small tiles ask for the thin one

    def send():
        for camera in WATCHED:
            for rendition in renditions:
                veil.init(camera, picture, flags=rendition)
            veil.state(camera, desk_kit.LIVE)
        n = 0
        while not ended.wait(1 / picture.FPS):
            start_us = time.time_ns() // 1000 - picture.pts_us(n)
            for camera in WATCHED:
                if picture.key(n):  # whoever comes to the thin one finds it forgotten
                    veil.init(camera, picture, flags=desk_kit.THIN)
                for rendition in renditions:
                    veil.frame(camera, picture, n, start_us=start_us, flags=rendition)
            n += 1

    recorder = desk_kit.Recorder(desk)
    for camera in CAMERAS:
        recorder.status(camera)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        return {**chromium(desk, "desk.mjs"), **chromium(desk, "review.mjs")}
    finally:
        ended.set()
        sender.join()
        recorder.close()


def chromium(desk, script):
    shown = subprocess.run(
        ["node", ROOT / "bench" / script], check=True, stdout=subprocess.PIPE, text=True, timeout=300,
        env={**os.environ, "SCRIM_URL": f"https://127.0.0.1:{desk.site.port}/", "SCRIM_USER": USER,
             "SCRIM_PASSWORD": PASSWORD},
    )  # fmt: skip
    return json.loads(shown.stdout)


LARGE = {"map_gzip_kb": ("engine-", "maplibre"), "sodium_gzip_kb": ("libsodium", "worker-")}  # loaded only where they serve


def bundle():
    """What the page is, as a server that compresses would send it, the two large libraries apart."""
    sizes = dict.fromkeys(["bundle_gzip_kb", *LARGE], 0)
    for file in (ROOT / "build" / "web").rglob("*"):
        if file.suffix in (".html", ".js", ".css", ".svg"):
            kinds = [kind for kind, starts in LARGE.items() if file.name.startswith(starts)]
            sizes[kinds[0] if kinds else "bundle_gzip_kb"] += len(gzip.compress(file.read_bytes(), 9)) / 1000
    return {kind: round(kb, 1) for kind, kb in sizes.items()}


def month_ms(desk):
    """What the API takes for a month of one camera: the median of 21."""
    client, now = desk.client(), int(time.time() * 1000)
    path = f"/api/v1/cameras/{CAMERAS[0]}/timeline?from={now - 30 * 86400_000}&to={now}"
    connection = http.client.HTTPSConnection("127.0.0.1", desk.site.port, context=client._tls(), timeout=20)
    times = []
    for _ in range(21):
        begun = time.monotonic()
        connection.request("GET", path, headers={"Cookie": client.cookie})
        answer = connection.getresponse()
        if answer.status != 200 or len(json.loads(answer.read())["gaps"]) < 50:
            raise Failure("the timeline of a month lacks its gaps")
        times.append(time.monotonic() - begun)
    connection.close()
    return round(sorted(times)[10] * 1000, 1)


def measure(work):
    desk = Desk(work)
    try:
        wait_for("the journals to be read", lambda: desk.client().camera(CAMERAS[0]) and month_ready(desk), 120)
        result = {"timeline_month_ms": month_ms(desk), **bundle()}
        veil = desk_kit.Veil(desk)
        result.update(browse(desk, veil))
        picture = desk_kit.Picture()
        for camera in WATCHED:
            veil.init(camera, picture)
        result.update(watch(desk, veil))
        veil.close()
    finally:
        sitekit.stop(desk.process)
    return result


def month_ready(desk):
    now = int(time.time() * 1000)
    status, _, body = desk.client().request("GET", f"/api/v1/cameras/{CAMERAS[0]}/timeline?from={now - 29 * 86400_000}&to={now}")
    return status == 200 and len(json.loads(body)["gaps"]) >= 50


def main():
    try:
        with tempfile.TemporaryDirectory(prefix="scrim-bench-") as work:
            result = measure(Path(work))
    except Failure as failure:
        print(f"desk: {failure}", file=sys.stderr)
        return 1
    save("desk", result, f"{VIEWERS} viewers of {len(WATCHED)} cameras each")
    return 1 if result["axe_violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
