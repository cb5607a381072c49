"""A scrimd of its own, and peers for it: a made-up veil and recorder that speak the link protocol (src/link/link.h).

The daemon is the real one, the sanitizer build where `make check` has made it; only who talks to it is ours.
"""

import contextlib
import os
import shutil
import socket
import ssl
import struct
import tempfile
import time
from pathlib import Path

import harness
import openapi_kit
import sitekit
from harness import expect, ffmpeg, wait_for

SANITIZED = harness.ROOT / "build" / "check" / "sanitize" / "src" / "desk" / "scrimd"
PASSWORD = "a very good password"
ROLES = ("viewer", "operator", "keyholder", "auditor", "administrator")
CAMERAS = ("quay", "gate")

HELLO, INIT, FRAME, VEIL_STATE, OBSERVATION, CAMERA_STATE, STORAGE, DISKS = 1, 5, 6, 7, 8, 9, 14, 21
THIN_WANTED = 26
CAUSES = ("camera", "network", "disk", "overload", "operator", "clock", "crash")
KEY, OPAQUE, THIN = 1, 2, 4
LIVE, IS_OPAQUE, WAITING = 1, 2, 3


def scrimd_program():
    override = os.environ.get("SCRIM_SCRIMD")
    if override:
        return override
    return str(SANITIZED) if SANITIZED.exists() else sitekit.program("scrimd")


def boxes(data):
    """(type, bytes) of the top-level boxes."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        expect(8 <= size <= len(data) - at, f"box {kind} of {size} bytes at {at} of {len(data)}")
        yield kind.decode(), data[at : at + size]
        at += size


def tfdt_of(fragment):
    at = fragment.index(b"tfdt")
    expect(fragment[at + 4] == 1, "a tfdt of version 1")
    return struct.unpack_from(">Q", fragment, at + 8)[0]


class Picture:
    """A redacted picture as a veil makes it: an init segment, and fragments of one frame for ever."""

    FPS, GOP, TIMESCALE = 10, 10, 10240

    def __init__(self, noise=False):
        def make(path):
            ffmpeg(
                "-f", "lavfi", "-i", f"testsrc2=s=320x240:r={self.FPS}:d=4",
                *(["-vf", "noise=alls=60:allf=t"] if noise else []),
                "-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p", "-bf", "0", "-g", self.GOP,
                "-sc_threshold", 0, *(["-qp", 12] if noise else []), "-video_track_timescale", self.TIMESCALE,
                "-movflags", "frag_every_frame+empty_moov+default_base_moof", "-f", "mp4", path,
            )

        path = harness.footage(f"desk-picture-{'noise' if noise else 'plain'}.mp4", make)
        self.read(path)
        expect(len(self.parts) == 4 * self.FPS, f"{len(self.parts)} fragments")

    def read(self, path):
        listed = list(boxes(path.read_bytes()))
        self.init = b"".join(b for k, b in listed if k in ("ftyp", "moov"))
        moofs = [b for k, b in listed if k == "moof"]
        mdats = [b for k, b in listed if k == "mdat"]
        self.parts = [m + d for m, d in zip(moofs, mdats)]
        config = self.init.index(b"avcC") + 4
        self.mime = 'video/mp4; codecs="avc1.%02x%02x%02x"' % tuple(self.init[config + 1 : config + 4])

    def key(self, n):
        return n % self.GOP == 0

    def pts_us(self, n):
        return n * 1_000_000 // self.FPS

    def fragment(self, n):
        part = bytearray(self.parts[n % len(self.parts)])
        at = part.index(b"tfdt")
        struct.pack_into(">Q", part, at + 8, n * self.TIMESCALE // self.FPS)
        return bytes(part)


class Peer:
    """A connection to run/desk.sock."""

    def __init__(self, daemon, hello=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(daemon.site.dir / "run" / "desk.sock"))
        self.socket.settimeout(20)
        if hello:
            self.send(HELLO, 0, "", struct.pack(">HHH", *hello))

    def send(self, kind, flags, camera, body):
        head = struct.pack(">IBBH32s", 36 + len(body), kind, flags, 0, camera.encode())
        self.socket.sendall(head + body)

    def receive(self, seconds=10):
        """(kind, camera, body) of the next message."""
        self.socket.settimeout(seconds)

        def exactly(count):
            data = b""
            while len(data) < count:
                more = self.socket.recv(count - len(data))
                expect(more, "the desk cut the connection")
                data += more
            return data

        length, kind, _, _, camera = struct.unpack(">IBBH32s", exactly(40))
        return kind, camera.rstrip(b"\0").decode(), exactly(length - 36)

    def silent(self, seconds):
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1)
        except TimeoutError:
            return True
        return False

    def cut_off(self, seconds=10):
        """Whether the desk ends the connection, whatever it said before."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()


class Veil(Peer):
    def __init__(self, daemon, worker=0, workers=1):
        super().__init__(daemon, (1, worker, workers))

    def init(self, camera, picture, flags=0):
        mime = picture.mime.encode()
        self.send(INIT, flags, camera, struct.pack(">HHH", 320, 240, len(mime)) + mime + picture.init)

    def frame(self, camera, picture, n, start_us=None, flags=0):
        start_us = start_us if start_us is not None else 1_700_000_000_000_000
        pts = picture.pts_us(n)
        head = struct.pack(">qqHB", start_us + pts, pts, 100, 0)
        flags |= KEY if picture.key(n) else 0
        self.send(FRAME, flags, camera, head + picture.fragment(n))

    def state(self, camera, state, reason=""):
        self.send(VEIL_STATE, 0, camera, bytes([state]) + reason.encode())


class Recorder(Peer):
    STATUS = {
        "state": "recording", "cause": None, "detail": "", "since_us": 1_700_000_000_000_000, "codec": "h264",
        "width": 1920, "height": 1080, "bitrate": 4_000_000, "fps": 25.0, "frames": 7, "reconnects": 0, "gaps": 0,
        "gaps_by": {cause: 0 for cause in CAUSES}, "lost": 0, "veil_drops": 0,
    }

    def __init__(self, daemon):
        super().__init__(daemon, (1, 0, 0))

    def status(self, camera, **changes):
        self.send(CAMERA_STATE, 0, camera, sitekit.json.dumps({**self.STATUS, **changes}).encode())


class Keeper(Peer):
    DISK = {"path": "/srv", "total": 10**12, "free": 10**11, "reserve": 10**9, "state": "ok",
            "written_per_hour": 10**9, "fills_at_us": None, "oldest_us": None}
    STORAGE = {
        "v": 1, "at_us": 1_700_000_000_000_000, "loading": False, "disks": [{"id": "", **DISK}],
        "cameras": [{"id": c, "bytes": 1, "rate": 2, "basis": "measured", "retention_hours": 72, "needed_bytes": 144,
                     "oldest_us": 1_700_000_000_000_000, "holds": 0} for c in CAMERAS],
        "admission": {"needed": 288, "funded": 10**12, "ok": True, "text": "it fits"},
    }

    def __init__(self, daemon):
        super().__init__(daemon, (1, 1, 0))

    def storage(self, **changes):
        self.send(STORAGE, 0, "", sitekit.json.dumps({**self.STORAGE, **changes}).encode())


class Daemon:
    def __init__(self, directory, retention_hours):
        self.log_path = directory / "scrimd.log"
        self.site = sitekit.Site(directory / "site")
        self.process = None
        self.log_path.touch()
        cameras = [
            {"id": c, "name": f"Camera {c}", "main": "rtsp://127.0.0.1:9/x", "purpose": "Test",
             "retention_hours": retention_hours}
            for c in CAMERAS
        ]
        self.site.create(cameras, veil_workers=1)

    def start(self, files=None):
        """`files`: how many descriptors it may have."""
        environment = {
            **os.environ,
            # LeakSanitizer wants ptrace, which scrimd gives up.
            "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        }
        environment.setdefault("SCRIM_WEB", str(harness.ROOT / "build" / "web"))
        bound = ["prlimit", f"--nofile={files}"] if files else []
        with open(self.log_path, "a") as log:
            self.process = sitekit.start([*bound, scrimd_program(), self.site.dir], stderr=log, env=environment)
        wait_for("scrimd to answer", lambda: self.alive() and self.anybody().answers_api(), 30)

    def alive(self):
        if self.process.poll() is not None:
            raise sitekit.Failure(f"scrimd ended with status {self.process.returncode}: {self.log()[-2000:]}")
        return True

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            status = sitekit.stop(self.process)
            expect(status == 0, f"scrimd ended with status {status}")
        log = self.log()
        for trouble in ("AddressSanitizer", "ThreadSanitizer", "runtime error:"):
            expect(trouble not in log, log[max(0, log.find(trouble) - 200) :][:4000])

    def add_user(self, name, role):
        self.site.add_user(name, role, PASSWORD)

    def anybody(self):
        return Client(self.site.port, self.site.dir / "state" / "keys" / "tls.crt")

    def signed_in(self, name):
        client = self.anybody()
        client.sign_in(name, PASSWORD)
        return client

    def raw(self, data, seconds=10, wait_closed=True):
        """What the server says to these bytes, until it closes or `seconds` have passed."""
        with self.tls() as connection:
            connection.settimeout(seconds)
            answer = b""
            with contextlib.suppress(OSError):
                connection.sendall(data)
            try:
                while wait_closed or b"\r\n\r\n" not in answer:
                    more = connection.recv(65536)
                    if not more:
                        break
                    answer += more
            except OSError:
                pass
            return answer

    def tls(self):
        context = self.anybody()._tls()
        raw = socket.create_connection(("127.0.0.1", self.site.port), 20)
        return context.wrap_socket(raw, suppress_ragged_eofs=True)


class Client(sitekit.Desk):
    """Whatever it is answered is held against the API's description of itself."""

    def request(self, method, path, body=None, headers=None):
        answer = super().request(method, path, body, headers)
        openapi_kit.check(self, method, path, body, answer)
        return answer

    def answers_api(self):
        try:
            return self.request("GET", "/api/v1/session")[0] == 401
        except (OSError, ssl.SSLError):
            return False

    def status(self, method, path, body=None, headers=None):
        return self.request(method, path, body, headers)[0]


@contextlib.contextmanager
def desk(users=("olga",), roles=None, retention_hours=72, start=True):
    """A running scrimd. Each of `users` is an operator; `roles` maps further names to roles."""
    work = Path(tempfile.mkdtemp(prefix="scrim-", dir=os.environ.get("TMPDIR", "/tmp")))
    daemon = Daemon(work, retention_hours)
    try:
        for name, role in {**{u: "operator" for u in users}, **(roles or {})}.items():
            daemon.add_user(name, role)
        if start:
            daemon.start()
        yield daemon
        daemon.stop()
    except BaseException:
        print("".join(f"  log: {line}\n" for line in daemon.log().splitlines()[-25:]), end="")
        raise
    finally:
        if daemon.process and daemon.process.poll() is None:
            daemon.kill()
        shutil.rmtree(work, ignore_errors=True)


def handshake(client, camera, query="", **changes):
    """The bytes of a WebSocket upgrade; a header set to None is left out."""
    headers = {
        "Host": f"127.0.0.1:{client.port}", "Origin": f"https://127.0.0.1:{client.port}", "Cookie": client.cookie,
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    lines = [f"GET /api/v1/cameras/{camera}/live{query} HTTP/1.1"]
    lines += [f"{k}: {v}" for k, v in headers.items() if v is not None]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def ends(connection, seconds=15):
    """Whether the server ends the connection; it waits a while for the answer to its close frame."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def until(viewer, condition, limit=2000):
    """Reads messages until one fulfils the condition; returns all that were read."""
    read = []
    for message in viewer:
        read.append(message)
        if condition(message):
            return read
        expect(len(read) < limit, f"{limit} messages and not the one awaited")
    raise AssertionError(f"the connection ended after {len(read)} messages: {read[-3:]}")


def text(message):
    return sitekit.json.loads(message) if isinstance(message, str) else {"type": "binary"}


def median(values):
    return sorted(values)[len(values) // 2]


def timed(function):
    begun = time.monotonic()
    function()
    return time.monotonic() - begun
