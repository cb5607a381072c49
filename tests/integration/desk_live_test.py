"""scrimd's live fan-out: what a veil sends reaches every viewer, from a key frame on, and slow ones harm nobody."""

import contextlib
import json
import secrets
import socket
import struct
import time

from desk_kit import (
    CAMERA_STATE, FRAME, HELLO, INIT, IS_OPAQUE, LIVE, VEIL_STATE, WAITING, Peer, Picture, Recorder, Veil, boxes, desk,
    ends, handshake, text, tfdt_of, until,
)
from harness import expect, ffmpeg, test, wait_for
from sitekit import scrim_ok


def is_state(state):
    return lambda message: text(message)["type"] == "state" and text(message)["state"] == state


def veil_of(client, camera):
    return client.camera(camera)["veil"]


@test("desk: live begins with state and init, a late joiner starts at a key frame, what arrives plays")
def late_joiner():
    picture = Picture()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        first = client.live("quay")
        expect(is_state("down")(next(first)), "without a veil the state is down")
        veil = Veil(daemon)
        until(first, is_state("waiting"))
        veil.init("quay", picture)
        veil.state("quay", LIVE)
        for n in range(25):
            veil.frame("quay", picture, n)
        got = until(first, lambda m: isinstance(m, bytes) and m == picture.fragment(24))
        kinds = [text(m)["type"] for m in got]
        expect(kinds.index("init") < kinds.index("binary"), f"order {kinds}")
        binary = [m for m in got if isinstance(m, bytes)]
        expect(binary[0] == picture.init, "the first binary message is the init segment")
        expect(binary[1:] == [picture.fragment(n) for n in range(25)], "a frame was lost or changed")
        init = next(text(m) for m in got if text(m)["type"] == "init")
        expect((init["mime"], init["width"], init["height"]) == (picture.mime, 320, 240), init)
        clock = next(text(m) for m in got if text(m)["type"] == "clock")
        expect(clock["utc_ms"] - clock["pts_ms"] == 1_700_000_000_000, clock)

        late = client.live("quay")
        got = until(late, lambda m: m == picture.fragment(24))
        expect(is_state("live")(got[0]), f"first came {got[0]}")
        binary = [m for m in got if isinstance(m, bytes)]
        expect(binary == [picture.init] + [picture.fragment(n) for n in range(20, 25)], "not from the last key frame on")
        veil.frame("quay", picture, 25)
        expect(until(late, lambda m: isinstance(m, bytes))[-1] == picture.fragment(25), "the next frame")
        file = daemon.site.dir / "played.mp4"
        file.write_bytes(b"".join(binary))
        ffmpeg("-xerror", "-i", file, "-f", "null", "-")
        live = {"state": "live", "reason": "", "width": 320, "height": 240}
        expect(veil_of(client, "quay") == live, veil_of(client, "quay"))
        expect(client.get("/health")["veil"] == [{"worker": 0, "connected": True}], client.get("/health"))
        first.close()
        late.close()
        veil.close()


@test("desk: opaque says why, a veil that goes blanks the picture, its successor begins with a new init")
def restarts():
    picture = Picture()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        viewer = client.live("quay")
        veil = Veil(daemon)
        veil.init("quay", picture)
        veil.state("quay", IS_OPAQUE, "warming up")
        got = until(viewer, is_state("opaque"))
        expect(text(got[-1])["reason"] == "warming up", got[-1])
        veil.frame("quay", picture, 0)
        until(viewer, lambda m: m == picture.fragment(0))
        veil.close()
        got = until(viewer, is_state("down"))
        expect(text(got[-1])["reason"] == "the veil restarts", got[-1])
        fresh = client.live("quay")
        expect(is_state("down")(next(fresh)), "a new viewer hears that the veil is down")
        expect(client.get("/health")["veil"][0]["connected"] is False, "health")
        again = Veil(daemon)
        again.state("quay", WAITING, "no stream")
        again.init("quay", picture)
        again.state("quay", LIVE)
        again.frame("quay", picture, 30)
        for ws in (viewer, fresh):
            got = until(ws, lambda m: m == picture.fragment(30))
            binary = [m for m in got if isinstance(m, bytes)]
            expect(binary == [picture.init, picture.fragment(30)], f"{len(binary)} binary messages after the restart")
        usurper = Veil(daemon)  # the worker came back before its old connection was seen to be dead
        expect(again.cut_off(), "two workers with one number")
        usurper.close()
        for ws in (viewer, fresh):
            ws.close()


@test("desk: the recorder's states, and none without a recorder")
def recorder_states():
    with desk() as daemon:
        client = daemon.signed_in("olga")
        before = client.camera("quay")
        expect((before["state"], before["detail"]) == ("unknown", "the recorder is not running"), before)
        recorder = Recorder(daemon)
        recorder.status("quay")
        recorder.status("gate", state="waiting", cause="network", detail="no answer: \"x\" <b>", fps=0, bitrate=0)
        wait_for("both states", lambda: client.camera("gate")["state"] == "waiting")
        quay, gate = client.camera("quay"), client.camera("gate")
        expect((quay["state"], quay["cause"], quay["fps"], quay["bitrate"]) == ("recording", None, 25.0, 4_000_000), quay)
        expect(quay["since_ms"] == 1_700_000_000_000 and quay["name"] == "Camera quay", quay)
        expect((gate["cause"], gate["detail"]) == ("network", 'no answer: "x" <b>'), gate)
        expect(client.get("/health")["recorder"]["connected"] is True, "health")
        recorder.close()
        wait_for("the loss to show", lambda: client.camera("quay")["state"] == "unknown")
        expect(client.get("/health")["recorder"]["connected"] is False, "health")


@test("desk: a peer that breaks the rules is cut off, and nobody else")
def hostile_peers():
    picture = Picture()
    mime = picture.mime.encode()
    head = struct.pack(">qqHB", 1_700_000_000_000_000, 0, 100, 0)
    init = struct.pack(">HHH", 320, 240, len(mime)) + mime + picture.init
    status = dict(Recorder.STATUS)
    veil_cases = {
        "no such camera": (INIT, "nobody", init),
        "a camera's state": (CAMERA_STATE, "quay", json.dumps(status).encode()),
        "a second hello": (HELLO, "", struct.pack(">HHH", 1, 0, 1)),
        "frame before init": (FRAME, "quay", head + picture.fragment(0)),
        "empty init": (INIT, "quay", b""),
        "init without segment": (INIT, "quay", init[: 6 + len(mime)]),
        "mime with quotes": (INIT, "quay", struct.pack(">HHH", 1, 1, 30) + b'video/mp4; codecs="a"; x="b"  ' + b"x"),
        "mime of 0 bytes": (INIT, "quay", struct.pack(">HHH", 1, 1, 0) + b"x"),
        "mime of 60000 bytes": (INIT, "quay", struct.pack(">HHH", 1, 1, 60000) + b"x"),
        "no width": (INIT, "quay", struct.pack(">HHH", 0, 240, len(mime)) + mime + b"x"),
        "short frame": (FRAME, "quay", head[:10]),
        "negative time": (FRAME, "quay", struct.pack(">qqHB", -1, 0, 1, 0) + b"x"),
        "distant time": (FRAME, "quay", struct.pack(">qqHB", 2**62, 0, 1, 0) + b"x"),
        "more than all masked": (FRAME, "quay", struct.pack(">qqHB", 1, 0, 1001, 0) + b"x"),
        "state 0": (VEIL_STATE, "quay", b"\0"),
        "state 9": (VEIL_STATE, "quay", b"\x09why"),
        "reason not UTF-8": (VEIL_STATE, "quay", b"\x01\xff\xff"),
        "reason with a line break": (VEIL_STATE, "quay", b"\x01a\nb"),
        "endless reason": (VEIL_STATE, "quay", b"\x01" + b"x" * 5000),
        "kind 77": (77, "quay", b""),
    }
    bad_json = ["", "[]", "{}", "null", "[" * 5000, '{"state":"recording","state":"waiting"}'] + [
        json.dumps({**status, **change}) for change in (
            {"state": "fine"}, {"cause": "weather"}, {"detail": 7}, {"detail": "x" * 600}, {"detail": "a\0b"},
            {"since_us": -1}, {"since_us": 1e99}, {"width": 70000}, {"fps": -1}, {"fps": "25"}, {"bitrate": 2**60},
        )
    ]
    with desk() as daemon:
        client = daemon.signed_in("olga")
        good = Veil(daemon, 1, 2)  # "gate" is its camera
        good.init("gate", picture)
        viewer = client.live("gate")
        for name, (kind, camera, body) in veil_cases.items():
            peer = Veil(daemon, 0, 2)
            peer.send(kind, 0, camera, body)
            expect(peer.cut_off(), f"{name} is borne")
            peer.close()
        stranger = Veil(daemon, 0, 2)
        stranger.init("gate", picture)
        expect(stranger.cut_off(), "a worker may send another one's camera")
        for body in bad_json:
            peer = Recorder(daemon)
            peer.send(CAMERA_STATE, 0, "quay", body.encode())
            expect(peer.cut_off(), f"{body[:60]!r} is borne")
            peer.close()
        for hello in ((2, 0, 1), (1, 1, 1), (1, 5, 0), (1, 0, 60000)):
            expect(Peer(daemon, hello).cut_off(), f"hello {hello} is borne")
        for noise in (b"\0\0\0\0", b"\xff" * 64, b"GET / HTTP/1.1\r\n\r\n", struct.pack(">IBBH32s", 36, 1, 0, 7, b"")):
            peer = Peer(daemon)
            peer.socket.sendall(noise)
            expect(peer.cut_off(), f"{noise[:20]} is borne")
        for n in range(200):
            peer = Peer(daemon)
            peer.socket.sendall(secrets.token_bytes(n))
            peer.close()
        good.frame("gate", picture, 0)
        until(viewer, lambda m: m == picture.fragment(0))
        expect(daemon.alive(), "alive")
        viewer.close()


def stall(client, camera, query=""):
    """A viewer with a small receive buffer that reads nothing."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", client.port))
    connection = client._tls().wrap_socket(raw)
    connection.sendall(handshake(client, camera, query))
    return connection


def drained(connection, quiet_s=0.5):
    """What there is to read until nothing comes for so long."""
    connection.settimeout(quiet_s)
    stream = b""
    with contextlib.suppress(TimeoutError):
        while more := connection.recv(1 << 20):
            stream += more
    return stream


def frames_in(stream):
    """(opcode, payload) of the WebSocket messages in the bytes of a connection, handshake included."""
    at = stream.index(b"\r\n\r\n") + 4
    while at + 2 <= len(stream):
        opcode, length, size = stream[at] & 15, stream[at + 1] & 127, 2
        if length == 126:
            length, size = struct.unpack_from(">H", stream, at + 2)[0], 4
        elif length == 127:
            length, size = struct.unpack_from(">Q", stream, at + 2)[0], 10
        if at + size + length > len(stream):
            return
        yield opcode, stream[at + size : at + size + length]
        at += size + length


@test("desk: a viewer who stalls loses frames up to a key frame, hears it, and costs the others nothing")
def slow_viewer():
    picture = Picture(noise=True)
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = Veil(daemon)
        veil.init("quay", picture)
        veil.state("quay", LIVE)
        veil.frame("quay", picture, 0)
        slow = stall(client, "quay")
        quick = client.live("quay")
        until(quick, lambda m: m == picture.fragment(0))
        size = len(picture.fragment(1))
        count = max(200, 8_000_000 // size)
        for n in range(1, count):
            veil.frame("quay", picture, n)
            expect(until(quick, lambda m: isinstance(m, bytes))[-1] == picture.fragment(n), f"frame {n} of the quick viewer")
        expect(client.get("/health")["desk"]["frames_dropped"] > 0, f"nothing was dropped after {count * size} bytes")
        stream = drained(slow)
        for n in range(count, count + 3 * picture.GOP):  # it reads again, as fast as frames come
            veil.frame("quay", picture, n)
            until(quick, lambda m: m == picture.fragment(n))
            stream += drained(slow, 0.05)
        stream += drained(slow)
        messages = list(frames_in(stream))
        texts = [json.loads(m) for opcode, m in messages if opcode == 1]
        states = [t["reason"] for t in texts if t["type"] == "state"]
        expect(["slow" in reason for reason in states] == [False, True, False], f"the slow viewer hears {states}")
        fragments = [m for opcode, m in messages if opcode == 2 and b"tfdt" in m]
        frames = [tfdt_of(m) * picture.FPS // picture.TIMESCALE for m in fragments]
        expect(fragments == [picture.fragment(n) for n in frames], "a frame was changed")
        jumps = [(a, b) for a, b in zip(frames, frames[1:]) if b != a + 1]
        expect(len(jumps) == 1 and picture.key(jumps[0][1]) and jumps[0][1] > jumps[0][0], f"jumps {jumps}")
        expect(frames[-1] == count + 3 * picture.GOP - 1, f"it ends with frame {frames[-1]}")
        slow.close()
        quick.close()


@test("desk: malformed WebSocket frames end that connection, and no other")
def bad_frames():
    picture = Picture()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = Veil(daemon)
        veil.init("quay", picture)

        def frame(first, second, payload=b"", mask=b"\1\2\3\4"):
            return bytes([first, second]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

        cases = {
            "text": frame(0x81, 0x82, b"hi"),
            "binary": frame(0x82, 0x82, b"hi"),
            "unmasked": b"\x81\x02hi",
            "reserved bits": frame(0xF1, 0x80),
            "unknown opcode": frame(0x83, 0x80),
            "continuation of nothing": frame(0x80, 0x82, b"hi"),
            "long ping": frame(0x89, 0xFE, b"\0\xff" + b"x" * 255),
            "fragmented ping": frame(0x09, 0x80),
            "length of 2^63": bytes([0x82, 0xFF]) + b"\xff" * 8 + b"\0\0\0\0",
            "wasteful length": bytes([0x82, 0xFE, 0, 1]) + b"\0\0\0\0x",
            "close with one byte": frame(0x88, 0x81, b"\3"),
            "close with a bad code": frame(0x88, 0x82, b"\0\1"),
            "noise": bytes(range(255, 0, -1)) * 20,
        }
        connections = {name: daemon.tls() for name in cases}
        for name, connection in connections.items():
            connection.sendall(handshake(client, "quay"))
            connection.sendall(cases[name])
        for name, connection in connections.items():
            expect(ends(connection), f"{name} keeps its connection")
            connection.close()
        expect(daemon.alive(), "alive")
        with daemon.tls() as connection:  # a ping is answered
            connection.sendall(handshake(client, "quay") + frame(0x89, 0x84, b"ping"))
            connection.settimeout(5)
            stream = b""
            while b"\x8a\x04ping" not in stream:
                more = connection.recv(65536)
                expect(more, "no pong")
                stream += more


@test("desk: whoever signs out, or is removed, watches no more")
def signed_out():
    picture = Picture()
    with desk() as daemon:
        veil = Veil(daemon)
        veil.init("quay", picture)
        veil.frame("quay", picture, 0)

        def sign_out(client):
            expect(client.status("DELETE", "/api/v1/session") == 204, "sign-out")

        def remove(client):
            scrim_ok("user", "remove", daemon.site.dir, "olga")

        for end in (sign_out, remove):
            client = daemon.signed_in("olga")
            watcher = client.live("quay")
            until(watcher, lambda m: m == picture.fragment(0))
            end(client)
            begun = time.monotonic()
            expect(all(isinstance(m, str) for m in watcher), "a picture after the end")
            expect(time.monotonic() - begun < 5, f"{end.__name__}: the stream goes on")
            watcher.close()
