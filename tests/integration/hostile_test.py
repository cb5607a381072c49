"""Cameras that mean harm cost their own stream and nothing else."""

import os
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

from harness import clip, expect, ffmpeg, footage, stage, test, wait_for
from loadkit import Load, account, cost, ledger_of, tree

USERS = {"anna": ("administrator", "a good password")}
SECONDS = 12  # of hostility, at least
CONNECTIONS_MAX = 20  # a camera may have caused in that time: 10,000 a minute would be 3,000
ATTEMPT = {"redirect-for-ever": 4}  # connections that one attempt takes: SCRIM_RTSP_REDIRECTS_MAX and the first
MEMORY_MAX = 300 << 20  # of the recorder with all of them

SDP = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"
    "sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\na=control:t\r\n"
)


class Peer:
    """A camera's side of a connection, as far as it has to be polite."""

    def __init__(self, connection):
        self.connection = connection
        self.input = connection.makefile("rb")

    def request(self):
        """(method, CSeq); interleaved packets of the client are passed over."""
        while True:
            first = self.input.read(1)
            if not first:
                raise ConnectionError
            if first == b"$":
                _, length = struct.unpack(">BH", self.input.read(3))
                self.input.read(length)
                continue
            lines = [first + self.input.readline()]
            while lines[-1].strip():
                lines.append(self.input.readline())
                if not lines[-1]:
                    raise ConnectionError
            cseq = next((l.split(b":")[1].strip() for l in lines if l.lower().startswith(b"cseq:")), b"0")
            return lines[0].split()[0].decode(), cseq.decode()

    def send(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode())

    def answer(self, cseq, headers="", body=""):
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.send(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nSession: 1\r\n{headers}{length}\r\n{body}")

    def until(self, wanted):
        """Answers properly until the client asks for `wanted`; returns its CSeq."""
        headers = {
            "DESCRIBE": ("Content-Type: application/sdp\r\n", SDP),
            "SETUP": ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", ""),
        }
        while True:
            method, cseq = self.request()
            if method == wanted:
                return cseq
            self.answer(cseq, *headers.get(method, ("", "")))

    def play(self):
        self.answer(self.until("PLAY"))

    def packet(self, sequence, payload, channel=0):
        rtp = struct.pack(">BBHII", 0x80, 96, sequence & 0xFFFF, sequence * 3600 & 0xFFFFFFFF, 7) + payload
        self.send(struct.pack(">BBH", 0x24, channel, len(rtp)) + rtp)


def endless_headers(peer):
    _, cseq = peer.request()
    peer.send(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n")
    while True:
        peer.send(b"X-More: of the same\r\n" * 1000)


def endless_line(peer):
    peer.request()
    peer.send(b"RTSP/1.0 200 ")
    while True:
        peer.send(b"O" * 65536)


def gigantic_description(peer):
    cseq = peer.until("DESCRIBE")
    peer.answer(cseq, "Content-Type: application/sdp\r\n", SDP + "a=x:y\r\n" * 4_000_000)
    peer.request()


def gigantic_length(peer):
    cseq = peer.until("DESCRIBE")
    peer.send(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: 4294967296\r\n\r\n")
    while True:
        peer.send(b"v=0\r\n" * 10000)


def many_media(peer):
    cseq = peer.until("DESCRIBE")
    peer.answer(cseq, "Content-Type: application/sdp\r\n", SDP + "m=video 0 RTP/AVP 96\r\n" * 2500)
    peer.request()


def interleaved_garbage(peer):
    peer.play()
    while True:
        peer.send(b"$" + os.urandom(65536))


def compressed_garbage(peer):
    peer.play()
    sequence = 0
    while True:
        peer.packet(sequence, os.urandom(1200))
        sequence += 1
        time.sleep(0.002)


def endless_fragments(peer):
    peer.play()
    peer.packet(0, b"\x7c\x85" + os.urandom(1000))  # FU-A, start of an IDR picture
    sequence = 1
    while True:
        rtp = struct.pack(">BBHII", 0x80, 96, sequence & 0xFFFF, 0, 7) + b"\x7c\x05" + b"\x55" * 60000
        peer.send(struct.pack(">BBH", 0x24, 0, len(rtp)) + rtp)
        sequence += 1


def slow_drip(peer):
    _, cseq = peer.request()
    for byte in f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nPublic: {'DESCRIBE, ' * 1000}\r\n\r\n":
        peer.send(byte)
        time.sleep(1)


def drip_after_play(peer):
    peer.play()
    for byte in b"$\0\xff\xff" + bytes(1000):
        peer.send(bytes([byte]))
        time.sleep(1)


def silence(peer):
    peer.input.read()


def hang_up(peer):
    pass


def junk(peer):
    block = os.urandom(1 << 20)
    while True:
        peer.send(block)


def redirect_for_ever(peer):
    while True:
        _, cseq = peer.request()
        port = peer.connection.getsockname()[1]
        peer.send(f"RTSP/1.0 302 Found\r\nCSeq: {cseq}\r\nLocation: rtsp://127.0.0.1:{port}/x\r\n\r\n")


# Random bytes in well-formed packets are what this camera films, for all that a recorder can tell: it may be recorded.
MAY_RECORD = {"compressed-garbage"}

BEHAVIOURS = (
    endless_headers, endless_line, gigantic_description, gigantic_length, many_media, interleaved_garbage,
    compressed_garbage, endless_fragments, slow_drip, drip_after_play, silence, hang_up, junk, redirect_for_ever,
)


class Hostile:
    """A server that behaves in one way to everybody."""

    def __init__(self, behave):
        self.name, self.behave, self.connections = behave.__name__.replace("_", "-"), behave, 0
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                self.open.add(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with suppress(OSError, ValueError), connection:
            self.behave(Peer(connection))
        self.open.discard(connection)

    def close(self):
        self.listener.close()
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def hostile_cameras():
    servers = [Hostile(behave) for behave in BEHAVIOURS]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()


@contextmanager
def good_camera(work):
    source = footage("people.h264", lambda path: ffmpeg("-i", clip("people"), "-c", "copy", "-f", "h264", path))
    load = Load([source], 1, ledger=work / "ledger")
    try:
        yield load
    finally:
        load.stop()


def recorder_memory(site):
    """Bytes of the recorder and all its processes, what they share counted once."""
    roots = [pid for pid, name in site.pids().items() if name == "scrim-recorder"]
    return cost(tree(*roots)).pss


@test("hostile cameras cost their own stream only: the good one loses nothing, memory stays bounded, each says why")
def hostile():
    with stage({"unused": "people"}, users=USERS) as staged, hostile_cameras() as servers, \
            good_camera(staged.dir) as load:
        site = staged.site
        entries = [{"id": "good", "main": load.url(0), "purpose": "test", "transport": "tcp"}]
        entries += [
            {"id": s.name, "main": f"rtsp://127.0.0.1:{s.port}/x", "purpose": "test", "transport": "tcp"} for s in servers
        ]
        site.configure(entries)
        site.up()
        staged.wait_until_recording("good")
        desk = site.desk()
        wait_for("the desk", desk.answers)
        desk.sign_in("anna", "a good password")
        begun, most, said = time.monotonic(), 0, {}

        def all_said():
            nonlocal most
            most = max(most, recorder_memory(site))
            for camera in desk.get("/cameras"):
                recorded = camera["state"] == "recording"
                if camera["id"] != "good" and (camera["id"] in MAY_RECORD if recorded else camera["detail"]):
                    said[camera["id"]] = camera["detail"]
            return len(said) == len(servers) and time.monotonic() - begun >= SECONDS

        try:
            wait_for("a sentence of every hostile camera", all_said, SECONDS + 15)
        except Exception as failure:
            mute = sorted({s.name for s in servers} - set(said))
            raise AssertionError(f"{failure}: nothing is said of {', '.join(mute)}") from None
        seconds = time.monotonic() - begun
        for server in servers:
            few = CONNECTIONS_MAX * seconds / SECONDS * ATTEMPT.get(server.name, 1)
            expect(server.connections <= few, f"{server.name}: {server.connections} connections in {seconds:.0f} s")
        expect(most < MEMORY_MAX, f"the recorder used {most >> 20} MiB")
        expect(desk.camera("good")["state"] == "recording", "the good camera does not record")
        site.down()
        load.stop()
        result = account(site, "good", 0, ledger_of(load.ledger)[0])
        expect(not site.gaps("good"), f"the good camera has gaps: {site.gaps('good')}")
        expect(not result.unaccounted and result.sealed > 10 * SECONDS, f"the good camera's pictures: {result}")
        expect(not site.check()["findings"], f"scrim check: {site.check()['findings']}")
        print(f"  {len(servers)} hostile cameras for {seconds:.0f} s: {most >> 20} MiB; good: {result.sealed} pictures sealed")
