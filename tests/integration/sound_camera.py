"""A camera with sound, in Python: RTSP over TCP, H.264 and AAC or G.711 as RTP, in real time, from a clip.

It notes what it was asked for, so that a test can say what never was.
"""

import random
import socket
import struct
import subprocess
import threading
import time
from contextlib import suppress

PACKET = 1300  # bytes of payload


def dump(clip, *arguments):
    return subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, *arguments, "-"], check=True, capture_output=True
    ).stdout


def units(clip):
    """The access units of a clip, each a list of NAL units."""
    stream = dump(clip, "-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert", "-f", "h264")
    found = []
    for nal in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        if nal[0] & 31 == 9:
            found.append([])
        else:
            found[-1].append(nal)
    return found


def aac_frames(clip):
    """The access units of AAC, without their ADTS headers."""
    stream, found = dump(clip, "-map", "0:a", "-c", "copy", "-f", "adts"), []
    while stream:
        length = (stream[3] & 3) << 11 | stream[4] << 3 | stream[5] >> 5
        found.append(stream[7:length])
        stream = stream[length:]
    return found


def mulaw_frames(clip):
    stream = dump(clip, "-map", "0:a", "-c", "copy", "-f", "mulaw")
    return [stream[at : at + 160] for at in range(0, len(stream) - 159, 160)]


class Track:
    """RTP of one track: (seconds since the clip began, payload, marker), and its clock."""

    def __init__(self, payload_type, rate):
        self.payload_type, self.rate = payload_type, rate
        self.packets = []

    def add(self, due, time_stamp, payload, marker):
        self.packets.append((due, time_stamp, payload, marker))


def video_track(clip, fps):
    track = Track(96, 90000)
    for number, unit in enumerate(units(clip)):
        payloads = []
        for nal in unit:
            if len(nal) <= PACKET:
                payloads.append(nal)
                continue
            pieces = [nal[at : at + PACKET] for at in range(1, len(nal), PACKET)]  # FU-A (RFC 6184, 5.8)
            for i, piece in enumerate(pieces):
                bits = (0x80 if i == 0 else 0) | (0x40 if i == len(pieces) - 1 else 0)
                payloads.append(bytes([nal[0] & 0x60 | 28, nal[0] & 31 | bits]) + piece)
        for i, payload in enumerate(payloads):
            track.add(number / fps, number * 90000 // fps, payload, i == len(payloads) - 1)
    return track


def aac_track(clip, rate, together):
    """`together`: access units of a packet (RFC 3640, 3.2.1). It is sent when the last one is complete."""
    track, frames = Track(97, rate), aac_frames(clip)
    for at in range(0, len(frames), together):
        some = frames[at : at + together]
        headers = b"".join(struct.pack(">H", len(frame) << 3) for frame in some)
        payload = struct.pack(">H", 16 * len(some)) + headers + b"".join(some)
        track.add((at + len(some)) * 1024 / rate, at * 1024, payload, True)
    return track


def mulaw_track(clip):
    track = Track(0, 8000)
    for at, frame in enumerate(mulaw_frames(clip)):
        track.add((at + 1) * 0.02, at * 160, frame, at == 0)
    return track


class SoundCamera:
    """Serves a clip to one client at a time, from its beginning. `udp`: it takes no interleaving."""

    def __init__(self, clip, fps, sound=None, rate=16000, together=1, udp=False):
        self.udp, self.sound, self.rate = udp, sound, rate
        self.tracks = [video_track(clip, fps)]
        if sound == "aac":
            self.tracks.append(aac_track(clip, rate, together))
        elif sound == "mulaw":
            self.tracks.append(mulaw_track(clip))
        self.requests = []  # (method, last part of the URL)
        self.sent = 0  # pictures
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listener.getsockname()[1]}/live"
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, suppress(OSError, ConnectionError):
                Conversation(self, client).run()

    def setups(self):
        return [url for method, url in self.requests if method == "SETUP"]

    def description(self):
        text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n"
        text += "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:t0\r\n"
        if self.sound == "aac":
            index = {16000: 8, 8000: 11}[self.rate]
            config = 2 << 11 | index << 7 | 1 << 3
            text += (
                f"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/{self.rate}/1\r\na=fmtp:97 streamtype=5;mode=AAC-hbr;"
                f"sizelength=13;indexlength=3;indexdeltalength=3;config={config:04x}\r\na=control:t1\r\n"
            )
        elif self.sound == "mulaw":
            text += "m=audio 0 RTP/AVP 0\r\na=control:t1\r\n"
        return text


class Conversation:
    def __init__(self, camera, client):
        self.camera, self.client = camera, client
        self.lock = threading.Lock()  # of what is sent
        self.ways = {}  # track: what sends one of its packets
        self.over = False

    def run(self):
        source = self.client.makefile("rb")
        try:
            while True:
                first = source.read(1)
                if not first:
                    return
                if first == b"$":  # a receiver report
                    _, length = struct.unpack(">BH", source.read(3))
                    source.read(length)
                    continue
                lines = [first + source.readline()]
                while lines[-1].strip():
                    lines.append(source.readline())
                    if not lines[-1]:
                        return
                self.answer([line.decode().strip() for line in lines])
        finally:
            self.over = True

    def answer(self, lines):
        method, url, _ = lines[0].split()
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        self.camera.requests.append((method, url.rsplit("/", 1)[-1]))
        status, headers, body = "200 OK", "", ""
        if method == "DESCRIBE":
            body = self.camera.description()
            headers = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            status, headers = self.set_up(int(url[-1]), fields["Transport"])
        head = f"RTSP/1.0 {status}\r\nCSeq: {fields['CSeq']}\r\nSession: 1\r\n{headers}\r\n{body}"
        self.send(head.encode())
        if method == "PLAY":
            threading.Thread(target=self.play, daemon=True).start()

    def send(self, data):
        with self.lock:
            self.client.sendall(data)

    def set_up(self, track, transport):
        if "interleaved" in transport:
            if self.camera.udp:
                return "461 Unsupported Transport", ""
            self.ways[track] = lambda rtp: self.send(struct.pack(">BBH", 0x24, 2 * track, len(rtp)) + rtp)
            return "200 OK", f"Transport: RTP/AVP/TCP;unicast;interleaved={2 * track}-{2 * track + 1}\r\n"
        ports = transport.split("client_port=")[1].split(";")[0]
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ours.bind(("127.0.0.1", 0))
        to = ("127.0.0.1", int(ports.split("-")[0]))
        self.ways[track] = lambda rtp: ours.sendto(rtp, to)
        port = ours.getsockname()[1]
        return "200 OK", f"Transport: RTP/AVP;unicast;client_port={ports};server_port={port}-{port + 1}\r\n"

    def play(self):
        """All packets in the order in which they are due, each track with numbers and times that begin anywhere."""
        begun, due = time.monotonic(), []
        for number, track in enumerate(self.camera.tracks):
            if number in self.ways:
                base = random.getrandbits(32)
                due += [(at, number, base + stamp, payload, mark) for at, stamp, payload, mark in track.packets]
        sequence = [random.getrandbits(16) for _ in self.camera.tracks]
        with suppress(OSError):
            for at, number, stamp, payload, mark in sorted(due, key=lambda packet: packet[:2]):
                time.sleep(max(0, begun + at - time.monotonic()))
                if self.over:
                    return
                kind = self.camera.tracks[number].payload_type | (0x80 if mark else 0)
                self.ways[number](
                    struct.pack(">BBHII", 0x80, kind, sequence[number] & 0xFFFF, stamp & 0xFFFFFFFF, number + 1) + payload
                )
                sequence[number] += 1
                self.camera.sent += number == 0 and mark
