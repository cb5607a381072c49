"""A site with simulated cameras, for the demo, the integration tests and the benchmarks.

Standard library only. Everything started here ends with this process, whatever ends it, and waits are
for a condition with a deadline, never for a time.
"""

import base64
import contextlib
import ctypes
import http.client
import json
import os
import secrets
import signal
import socket
import ssl
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(os.environ.get("SCRIM_PROGRAMS", ROOT / "build" / "bin"))

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """Something the site should have done and did not; the text says what."""


def program(name):
    return str(PROGRAMS / name)


def wait_for(what, condition, seconds=20.0):
    """Returns the first true value of condition(); Failure naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_or_free(port):
    """The port, or any free one if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            return free_port()


def write_secret(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    return path


def start(arguments, **options):
    """A child in a process group of its own (Ctrl-C reaches only us), told to end when we end."""

    def in_child():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return subprocess.Popen(
        [str(a) for a in arguments],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=in_child,
        **options,
    )


def stop(process, seconds=20):
    """SIGTERM, and SIGKILL if that is not enough. Returns the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"{process.args[0]} did not end {seconds} s after SIGTERM") from None
    return process.returncode


@dataclass
class Result:
    status: int
    out: str
    err: str


def scrim(*arguments, stdin=None, seconds=120, env=None):
    """Runs one `scrim` command to its end."""
    done = subprocess.run(
        [program("scrim"), *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=seconds,
        env=env,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def scrim_ok(*arguments, **options):
    result = scrim(*arguments, **options)
    if result.status != 0:
        shown = " ".join(map(str, arguments))
        raise Failure(f"scrim {shown}: status {result.status}: {result.err.strip()}")
    return result


class Cameras:
    """A running scrim-camsim. `clips` maps camera names to video files."""

    def __init__(self, clips, user=None, password_file=None, port=0, transport=None, log=None):
        arguments = [program("scrim-camsim"), "--port", port, "--control", 0]
        if user:
            arguments += ["--user", user, "--password-file", password_file]
        if transport:
            arguments += ["--transport", transport]
        arguments += [f"{name}={file}" for name, file in clips.items()]
        self.process = start(arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        words = self.process.stdout.readline().split()  # "ready rtsp=PORT control=PORT"
        if len(words) != 3:
            raise Failure(f"scrim-camsim did not start (status {self.process.wait()})")
        self.port, self.control = (int(word.split("=")[1]) for word in words[1:])

    def url(self, camera):
        return f"rtsp://127.0.0.1:{self.port}/{camera}"

    def command(self, line):
        """Sends one line to the control port (sim/control.h); Failure if it is refused."""
        with socket.create_connection(("127.0.0.1", self.control), 10) as control:
            control.sendall(line.encode() + b"\n")
            answer = control.makefile().readline().strip()
        if not answer or answer.startswith("error"):
            raise Failure(f"camsim: {line}: {answer}")
        return answer

    def stat(self, camera):
        return json.loads(self.command(f"stat {camera}"))

    def stop(self):
        return stop(self.process)


def yaml_text(value):
    return json.dumps(value, ensure_ascii=False)  # a JSON string is a YAML one


class Site:
    """A site directory and, between up() and down(), its running programs."""

    def __init__(self, directory, log=None):
        self.dir = Path(directory)
        self.shares = []
        self.port = None
        self.process = None
        self.log = log  # file object for what `scrim up` says

    def create(self, cameras, port=None, site_id="test", name="Test site", veil_workers=0):
        """`cameras`: dicts with the keys of scrim.yaml."""
        scrim_ok("init", self.dir)
        self.configure(cameras, port, site_id, name, veil_workers)

    def configure(self, cameras, port=None, site_id="test", name="Test site", veil_workers=0):
        self.port = port or self.port or free_port()
        lines = [
            f"id: {site_id}",
            f"name: {yaml_text(name)}",
            f"listen: 127.0.0.1:{self.port}",
            f"veil_workers: {veil_workers}",
            "cameras:" if cameras else "cameras: []",
        ]
        for camera in cameras:
            prefix = "  - "
            # What a test records is not worth the disk that its retention would need.
            for key, value in {"expected_mbit": 0.001, **camera}.items():
                lines.append(f"{prefix}{key}: {value if isinstance(value, (int, float)) else yaml_text(value)}")
                prefix = "    "
        (self.dir / "scrim.yaml").write_text("\n".join(lines) + "\n")

    def make_vault(self, shares_dir, threshold=2, holders=("ada", "ben", "cem"), passphrase_file=None):
        """Without a passphrase file the shares are unprotected."""
        arguments = ["vault", "init", self.dir, "-k", threshold]
        for holder in holders:
            arguments += ["--holder", holder]
        protection = ["--passphrase-file", passphrase_file] if passphrase_file else ["--unprotected"]
        scrim_ok(*arguments, "--out", shares_dir, *protection)
        self.find_shares(shares_dir)

    def find_shares(self, shares_dir):
        self.shares = sorted(Path(shares_dir).glob("share-*.json"))

    def add_user(self, name, role, password):
        file = write_secret(self.dir / "secrets" / f".password-{name}", password)
        try:
            scrim_ok("user", "add", self.dir, name, "--role", role, "--password-file", file)
        finally:
            file.unlink()

    def up(self, environment=None):
        """`environment`: variables beside our own."""
        self.process = start(
            [program("scrim"), "up", self.dir], stdout=self.log, stderr=self.log or subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )

    def down(self):
        if self.process:
            status, self.process = stop(self.process), None
            return status
        return 0

    def unseal(self, camera, start_us, end_us, out, shares=2, reason="test", more=()):
        """`shares`: how many of the site's own, or a list of files."""
        arguments = ["unseal", self.dir, "--camera", camera]
        arguments += ["--from", utc_text(start_us), "--to", utc_text(end_us)]
        for share in self.shares[:shares] if isinstance(shares, int) else shares:
            arguments += ["--share", share]
        return scrim(*arguments, "--reason", reason, "--out", out, *more)

    def check(self):
        """What `scrim check --json` says; Failure if it could not run."""
        result = scrim("check", self.dir, "--json")
        try:
            return json.loads(result.out)
        except ValueError:
            raise Failure(f"scrim check: status {result.status}: {result.err.strip()}") from None

    def records(self, camera):
        """The journal records of a camera, oldest first (signatures are not checked here)."""
        found = []
        for journal in sorted((self.dir / "store" / camera).glob("*/journal")):
            for line in journal.read_text().splitlines():
                found.append(json.loads(line.rsplit(" ", 1)[0]))
        return found

    def segments(self, camera):
        return [r for r in self.records(camera) if r["type"] == "segment"]

    def gaps(self, camera):
        return [r for r in self.records(camera) if r["type"] == "gap"]

    def pids(self):
        """The programs that `scrim up` runs: {pid: name}."""
        return {pid: name for pid, (name, parent) in processes().items() if self.process and parent == self.process.pid}

    def processes(self):
        """All processes of the site but `scrim up` itself: {pid: name}."""
        found, all_of_them = {}, processes()
        wanted = {self.process.pid} if self.process else set()
        while wanted:
            children = {pid: name for pid, (name, parent) in all_of_them.items() if parent in wanted}
            found |= children
            wanted = set(children)
        return found

    def desk(self):
        return Desk(self.port, self.dir / "state" / "keys" / "tls.crt")


def processes():
    """{pid: (name, parent)} of all processes that run."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            stat = (entry / "stat").read_text()
            rest = stat[stat.rindex(")") + 1 :].split()
            if rest[0] != "Z":
                found[int(entry.name)] = stat[stat.index("(") + 1 : stat.rindex(")")], int(rest[1])
    return found


def utc_text(utc_us):
    seconds, us = divmod(int(utc_us), 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{us:06d}Z"


class Desk:
    """A client of the desk's API that trusts exactly the site's own certificate."""

    def __init__(self, port, certificate):
        self.port = port
        self.certificate = certificate
        self.cookie = None
        self.csrf = None

    def _tls(self):
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False  # reached by address
        return context

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body as bytes). Bytes go as they are, all else as JSON."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self._tls(), timeout=20)
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.csrf and method != "GET":
            headers["X-CSRF"] = self.csrf
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.request("GET", "/")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def sign_in(self, user, password):
        status, headers, body = self.request(
            "POST", "/api/v1/session", {"user": user, "password": password}
        )
        if status != 200:
            raise Failure(f"sign-in of {user}: status {status}: {body[:200]!r}")
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.csrf = json.loads(body)["csrf"]

    def get(self, path):
        status, _, body = self.request("GET", "/api/v1" + path)
        if status != 200:
            raise Failure(f"GET {path}: status {status}: {body[:200]!r}")
        return json.loads(body)

    def camera(self, camera):
        return next(c for c in self.get("/cameras") if c["id"] == camera)

    def live(self, camera, rendition=None):
        return Live(self, camera, rendition)


class Live:
    """The live WebSocket of a camera (RFC 6455, as a client), an iterator of text and bytes."""

    def __init__(self, desk, camera, rendition=None):
        raw = socket.create_connection(("127.0.0.1", desk.port), 20)
        query = f"?rendition={rendition}" if rendition else ""
        self.socket = desk._tls().wrap_socket(raw)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall(
            (
                f"GET /api/v1/cameras/{camera}/live{query} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n"
                f"Origin: https://127.0.0.1:{desk.port}\r\nCookie: {desk.cookie}\r\n"
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        if b" 101 " not in status:
            raise Failure(f"live {camera}: {status.decode(errors='replace').strip()}")
        while self.stream.readline().strip():
            pass

    def __iter__(self):
        return self

    def __next__(self):
        message = b""
        while True:
            head = self.stream.read(2)
            if len(head) < 2:
                raise StopIteration
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.stream.read(8))
            payload = self.stream.read(length)
            opcode = head[0] & 0x0F
            if opcode == 8:
                raise StopIteration
            if opcode == 9:
                self._send(0xA, payload)
            if opcode >= 8:
                continue
            kind = opcode or kind  # 0 continues the message before it
            message += payload
            if head[0] & 0x80:
                return message.decode() if kind == 1 else message

    def _send(self, opcode, payload):
        mask = secrets.token_bytes(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    def close(self):
        self.stream.close()
        self.socket.close()
