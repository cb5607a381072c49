"""The recorder's processes: what each may, what the death of one costs the others, and how cameras come and go."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

from harness import CAMERA_PASSWORD, covered, expect, frame_hashes, clip, stage, test, wait_for
from rights_test import can_inspect, open_files, status_of

CLIPS = {"quay": "people", "gate": "people"}


RECORDER = ("scrim-recorder", "scrim-sealer", "scrim-dialer", "scrim-ingest")


def recorder_processes(site):
    """{name: [pid]} of the recorder and the processes that it started."""
    found = {}
    for pid, name in site.processes().items():
        if name in RECORDER:
            found.setdefault(name, []).append(pid)
    return found


def inodes(pid):
    return {target[8:-1] for target, _ in open_files(pid).values() if target.startswith("socket:[")}


@test("each process of the recorder holds what it needs: a stream's parser two sockets and its camera, no key, no file")
def least_privilege():
    with stage(CLIPS) as staged:
        site = staged.site
        by_variable = staged.entry("gate", id="gate-env", password_file=None, password_env="GATE_PASSWORD")
        site.configure([staged.entry("quay"), staged.entry("gate"), by_variable])
        site.up({"GATE_PASSWORD": CAMERA_PASSWORD})
        for camera in (*CLIPS, "gate-env"):
            staged.wait_until_recording(camera)
        found = recorder_processes(site)
        expect(sorted(found) == ["scrim-dialer", "scrim-ingest", "scrim-recorder", "scrim-sealer"], f"running: {found}")
        expect(len(found["scrim-ingest"]) == 3, f"{len(found['scrim-ingest'])} processes for three streams")
        can_inspect(found["scrim-recorder"][0])
        for name, pids in found.items():
            for pid in pids:
                status = status_of(pid)
                expect(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{name} is not locked in")
        seen = []
        for pid in found["scrim-ingest"]:
            files = {fd: target for fd, (target, _) in open_files(pid).items() if fd > 2}
            expect(all(t.startswith("socket:[") for t in files.values()), f"a stream's process holds {files}")
            expect(len(files) == 3, f"a stream's process holds {len(files)} sockets: {files}")
            seen.append(inodes(pid))
        expect(len(set.union(*seen)) == sum(map(len, seen)), "two streams' processes share a socket")
        sealer = found["scrim-sealer"][0]
        tcp = {line.split()[9] for line in Path(f"/proc/{sealer}/net/tcp").read_text().splitlines()[1:]}
        expect(not inodes(sealer) & tcp, "the sealer holds a network socket")
        locked = status_of(sealer)["VmLck"]
        expect(os.geteuid() != 0 or int(locked.split()[0]) > 0, f"the sealer has locked {locked} of its memory")
        secret = CAMERA_PASSWORD.encode()  # of every camera, from a file and from the environment
        for name in ("scrim-sealer", "scrim-dialer"):
            expect(secret not in readable_memory(found[name][0]), f"a camera's password is in the memory of {name}")
        for pid, name in site.processes().items():
            expect(secret not in Path(f"/proc/{pid}/environ").read_bytes(), f"{name} has a password in its environment")


def readable_memory(pid):
    """All of a process's anonymous memory."""
    content = bytearray()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_, inode = line.split()[:5]
            if not rights.startswith("rw") or inode != "0":
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            with contextlib.suppress(OSError, ValueError, OverflowError):
                memory.seek(start)
                content += memory.read(min(end - start, 64 << 20))
    return bytes(content)


@test("a stream's process is killed: it is back within two seconds, the gap says crash, the other camera loses nothing")
def kill_ingest():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        for camera in CLIPS:
            staged.wait_until_recording(camera)
        before = recorder_processes(site)["scrim-ingest"]
        os.kill(before[0], signal.SIGKILL)
        wait_for("a gap record", lambda: site.gaps("quay") or site.gaps("gate"))
        site.down()
        gaps = {camera: site.gaps(camera) for camera in CLIPS}
        hit = [camera for camera in CLIPS if gaps[camera]]
        expect(len(hit) == 1, f"gaps of both cameras: {gaps}")
        gap = gaps[hit[0]][0]
        expect(gap["cause"] == "crash", f"the gap's cause is {gap}")
        expect(gap["end_us"] - gap["start_us"] < 3_000_000, f"away for {(gap['end_us'] - gap['start_us']) / 1e6:.1f} s")
        expect(not site.check()["findings"], f"scrim check: {site.check()['findings']}")


@test("the sealer and the dialer are killed: everything is back, and what was sealed is whole")
def kill_the_others():
    with stage(CLIPS) as staged:
        site = staged.site
        site.up()
        for name in ("scrim-sealer", "scrim-dialer"):
            for camera in CLIPS:
                staged.wait_until_recording(camera)
            pid = min(wait_for(f"a {name}", lambda: recorder_processes(site).get(name)))
            os.kill(pid, signal.SIGKILL)
            wait_for("the recorder to notice", lambda: not os.path.exists(f"/proc/{pid}"), 10)
        for camera in CLIPS:
            staged.wait_until_recording(camera)
        site.down()
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")
        causes = {gap["cause"] for camera in CLIPS for gap in site.gaps(camera)}
        expect(causes <= {"crash"}, f"causes of the gaps: {causes}")


def reload(site):
    os.kill(site.process.pid, signal.SIGHUP)


@test("cameras are added, changed and taken out while others record on without a cut")
def reload_site():
    with stage({"quay": "people", "gate": "people", "yard": "people"}) as staged:
        site = staged.site
        site.configure([staged.entry("quay"), staged.entry("gate")])
        site.up()
        for camera in ("quay", "gate"):
            staged.wait_until_recording(camera)

        site.configure([staged.entry("yard"), staged.entry("quay"), staged.entry("gate")])
        reload(site)
        staged.wait_until_recording("yard")

        site.configure([staged.entry("yard"), staged.entry("quay")])
        reload(site)
        wait_for("the end of the camera that was taken out",
                 lambda: [r for r in site.records("gate") if r["type"] == "stop"])
        staged.wait_until_recording("yard")

        (site.dir / "scrim.yaml").write_text("nonsense: [\n")
        reload(site)
        staged.wait_for_log("scrim.yaml is not taken over")
        staged.wait_until_recording("yard")

        site.configure([staged.entry("quay"), staged.entry("gate"), staged.entry("yard", main=staged.cameras.url("gate"))])
        reload(site)
        staged.wait_until_recording("gate")
        staged.wait_until_recording("yard")
        site.down()
        expect(len(site.segments("quay")) == 1 and not site.gaps("quay"), "the camera that stayed was disturbed: "
               f"{len(site.segments('quay'))} segments, gaps {site.gaps('quay')}")
        # A camera that is joined between two key frames has a gap of its own until the next; one that is new waits for its
        # keys while the keeper takes the new scrim.yaml over.
        for camera in ("gate", "yard"):
            causes = {g["cause"] for g in site.gaps(camera) if "key frame" not in g["detail"]}
            expect(causes == {"operator"}, f"gaps of {camera}: {[(g['cause'], g['detail']) for g in site.gaps(camera)]}")
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


# ---- RTSPS: a camera behind TLS, made of the simulator and a relay.


def certificate(directory, name, host="127.0.0.1"):
    key, cert = directory / f"{name}.key", directory / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
         cert, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{host}"],
        check=True, capture_output=True,
    )
    return key, cert


def fingerprint(cert):
    shown = subprocess.run(
        ["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True
    )
    return shown.stdout.strip().split("=")[1]


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relay(key, cert, port):
    """TLS on a port of its own, in front of the camera's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=handle, args=(client,), daemon=True).start()

    def handle(client):
        with contextlib.suppress(OSError, ssl.SSLError):
            inner = context.wrap_socket(client, server_side=True)
            camera = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=pump, args=(camera, inner), daemon=True).start()
            pump(inner, camera)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@test("rtsps: a camera that proves itself by authority or fingerprint is recorded, any other is refused in words")
def rtsps():
    with stage({"quay": "people"}) as staged:
        key, cert = certificate(staged.dir, "camera")
        _, other = certificate(staged.dir, "other")
        with relay(key, cert, staged.cameras.port) as port:
            path = staged.cameras.url("quay").split("/", 3)[3]
            url = f"rtsps://127.0.0.1:{port}/{path}"
            trusted = {"authority": {"tls_ca": str(cert)}, "pinned": {"tls_fingerprint": fingerprint(cert)}}
            refused = {"unknown": {}, "wrong-ca": {"tls_ca": str(other)},
                       "wrong-pin": {"tls_fingerprint": fingerprint(other)}}
            staged.site.configure(
                [staged.entry("quay") | {"id": name, "main": url, "transport": "tcp"} | trust
                 for name, trust in (trusted | refused).items()]
            )
            staged.site.up()
            for name in trusted:
                staged.wait_until_recording(name)
            staged.wait_for_log("the camera's certificate is not trusted")
            staged.wait_for_log("not the one of tls_fingerprint")
            staged.site.down()
            for name in refused:
                expect(not staged.site.segments(name), f"{name} was recorded")
        start, end = covered(staged.site, "pinned")
        out = staged.dir / "opened.mp4"
        result = staged.site.unseal("pinned", start, end, out)
        expect(result.status == 0, result.err.strip())
        strange = set(frame_hashes(out)) - set(frame_hashes(clip("people")))
        expect(not strange, f"{len(strange)} pictures are not the camera's")
