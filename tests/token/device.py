"""A token of ctap.py behind a pseudo-terminal that speaks CTAPHID (CTAP 2.1, 11.2). libfido2 opens its path as it opens
/dev/hidraw1: it takes any character device, and reads and writes reports of 64 bytes where the kernel knows no report
descriptor. So the program under test has no door for tests."""

import os
import pty
import struct
import termios
import threading
import tty

REPORT = 64
BROADCAST = 0xFFFFFFFF
PING, MSG, INIT, CBOR, CANCEL, ERROR, KEEPALIVE = 0x01, 0x03, 0x06, 0x10, 0x11, 0x3F, 0x3B
CAN_CBOR, NO_MSG = 0x04, 0x08
UP_NEEDED = 2
CHANNEL = 0x5C417001


class Device:
    """`with Device(token) as path:`; `unplug_at` names a CTAP command at which it is pulled out instead of answering."""

    def __init__(self, token, *, unplug_at=None):
        self.token, self.unplug_at = token, unplug_at
        self.master, self.slave = pty.openpty()
        self.path = os.ttyname(self.slave)
        tty.setraw(self.slave)
        mode = termios.tcgetattr(self.slave)
        mode[6][termios.VMIN] = REPORT  # readable when a whole report is there
        termios.tcsetattr(self.slave, termios.TCSANOW, mode)
        self.stop_read, self.stop_write = os.pipe()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self.path

    def __exit__(self, *_):
        os.write(self.stop_write, b"x")
        self.thread.join(10)
        for fd in (self.stop_read, self.stop_write, self.slave):
            os.close(fd)
        if self.master is not None:
            os.close(self.master)

    def _reports(self):
        """Reports as the client writes them: a report number, which is 0, and 64 bytes."""
        import select

        pending = b""
        while True:
            ready, _, _ = select.select([self.master, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            pending += os.read(self.master, 4096)
            while len(pending) > REPORT:
                yield pending[1 : REPORT + 1]
                pending = pending[REPORT + 1 :]

    def _messages(self):
        channel, command, length, payload = 0, 0, 0, b""
        for report in self._reports():
            number, kind = struct.unpack(">IB", report[:5])
            if kind & 0x80:
                channel, command = number, kind & 0x7F
                length, payload = struct.unpack(">H", report[5:7])[0], report[7:]
            else:
                payload += report[5:]
            if len(payload) >= length:
                yield channel, command, payload[:length]

    def _send(self, channel, command, payload):
        first, rest = payload[: REPORT - 7], payload[REPORT - 7 :]
        reports = [struct.pack(">IBH", channel, command | 0x80, len(payload)) + first]
        for number in range(0, (len(rest) + REPORT - 6) // (REPORT - 5)):
            reports.append(struct.pack(">IB", channel, number) + rest[number * (REPORT - 5) :][: REPORT - 5])
        for report in reports:
            os.write(self.master, report.ljust(REPORT, b"\0"))

    def _serve(self):
        for channel, command, payload in self._messages():
            if command == INIT:
                self._send(channel, INIT, payload[:8] + struct.pack(">IBBBBB", CHANNEL, 2, 1, 0, 0, CAN_CBOR | NO_MSG))
            elif command == CBOR:
                if payload[0] == self.unplug_at:
                    os.close(self.master)
                    self.master = None
                    return
                self._send(channel, KEEPALIVE, bytes([UP_NEEDED]))
                self._send(channel, CBOR, self.token.answer(payload))
            elif command != CANCEL:
                self._send(channel, ERROR, b"\x01")
