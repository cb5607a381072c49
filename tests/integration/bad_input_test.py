"""Everything that is wrong gets a sentence that says so, and costs nothing that was right."""

import ctypes
import http.server
import os
import random
import socket
import subprocess
import threading
from contextlib import contextmanager

from harness import Skip, covered, expect, expect_failure, packets, recorded, stage, test, wait_for
from sitekit import program, scrim, scrim_ok, write_secret

USERS = {"anna": ("administrator", "a good password")}


@contextmanager
def web_server():
    """Speaks HTTP where RTSP is expected."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def closed_port():
    """A port that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@test("cameras that are wrong in every way say which, and the right one beside them records on")
def bad_cameras():
    clips = {"good": "people", "nosdp": "people", "novideo": "people", "nocodec": "people", "refused": "people"}
    with stage(clips, users=USERS) as staged, web_server() as web, closed_port() as closed:
        write_secret(staged.site.dir / "secrets" / "wrong", "not the password")
        entries = [
            staged.entry("good"),
            staged.entry("nosdp"),
            staged.entry("novideo"),
            staged.entry("nocodec"),
            staged.entry("refused"),
            staged.entry("wrongpass", main=staged.cameras.url("good"), password_file="secrets/wrong"),
            staged.entry("nothere", main=f"rtsp://127.0.0.1:{closed}/x"),
            staged.entry("nohost", main="rtsp://camera.invalid/x"),
            staged.entry("notrtsp", main=f"rtsp://127.0.0.1:{web}/x"),
            staged.entry("nopath", main=f"rtsp://127.0.0.1:{staged.cameras.port}/nosuch"),
        ]
        staged.site.configure(entries)
        for command in ("badsdp nosdp 1", "novideo novideo 1", "badcodec nocodec 1", "fail refused 503"):
            staged.cameras.command(command)
        staged.site.up()
        desk = staged.site.desk()
        wait_for("the desk", desk.answers)
        desk.sign_in("anna", "a good password")
        reasons = {
            "nosdp": ("description",),
            "novideo": ("no video",),
            "nocodec": ("codec",),
            "refused": ("503",),
            "wrongpass": ("password",),
            "nothere": ("refused",),
            "nohost": ("camera.invalid",),
            "notrtsp": ("rtsp",),
            "nopath": ("404",),
        }
        for camera, words in reasons.items():

            def said():
                detail = (desk.camera(camera)["detail"] or "").lower()
                return all(word in detail for word in words)

            try:
                wait_for(f"a reason with {words}", said, 40)
            except Exception as failure:
                raise AssertionError(f"{camera}: {failure}; it says {desk.camera(camera)}") from None
        wait_for("the good camera to record", lambda: desk.camera("good")["state"] == "recording")
        for command in ("badsdp nosdp 0", "novideo novideo 0", "badcodec nocodec 0", "fail refused 0"):
            staged.cameras.command(command)
        for camera in ("nosdp", "novideo", "nocodec", "refused"):
            wait_for(f"{camera}, now healed", lambda: desk.camera(camera)["state"] == "recording", 60)
        expect("not the password" not in staged.log(), "a password is in the log")
        staged.site.down()
        expect(not staged.site.gaps("good"), "the good camera has gaps")
        expect(not staged.site.check()["findings"], "scrim check has findings")


@test("faults in the stream: a dropped, a frozen and a jumping camera come back, each gap journalled")
def bad_streams():
    with stage({"quay": "people"}, transport="tcp") as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        staged.cameras.command("drop quay")
        wait_for("the gap", lambda: len(site.gaps("quay")) == 1, 20)
        staged.wait_until_recording("quay")
        staged.cameras.command("freeze quay 1")
        wait_for("the second gap, or the end of the segment", lambda: len(site.segments("quay")) >= 2, 40)
        staged.cameras.command("freeze quay 0")
        wait_for("the second gap", lambda: len(site.gaps("quay")) >= 2, 40)
        staged.wait_until_recording("quay")
        for command in ("tsjump quay -60000", "tsjump quay 3600000", "seqgap quay 500", "garbage quay 50"):
            staged.cameras.command(command)
            staged.wait_until_recording("quay", 40)
        site.down()
        expect(not site.check()["findings"], f"scrim check: {site.check()['findings']}")
        for gap in site.gaps("quay"):
            expect(gap["cause"] in ("camera", "network"), f"a gap with another cause: {gap}")
        start, end = covered(site, "quay")
        out = staged.dir / "opened.mp4"
        result = site.unseal("quay", start, end, out)
        expect(result.status == 0, result.err.strip())
        films = [out, *sorted(staged.dir.glob("opened-*.mp4"))]  # garbage may have changed the picture size
        opened = sum(packets(film) for film in films)
        journalled = sum(s["frames"] for s in site.segments("quay"))
        expect(opened == journalled, f"{opened} pictures opened, {journalled} journalled: {result.out}")


@test("a second scrim up, and a second recorder, on the same site are refused and harm nothing")
def second_instance():
    with stage({"quay": "people"}) as staged:
        staged.site.up()
        staged.wait_until_recording("quay")
        expect_failure(scrim("up", staged.site.dir, seconds=20), "site.lock")
        second = subprocess.run(
            [program("scrim-recorder"), staged.site.dir], capture_output=True, text=True, timeout=20
        )
        expect(second.returncode != 0 and second.stderr.strip(), "a second recorder ran")
        staged.wait_until_recording("quay")
        staged.site.down()
        expect(not staged.site.gaps("quay"), "the recording was disturbed")


@test("a store that cannot be written is said aloud; once mended, recording goes on, the gap journalled")
def unwritable_store():
    with stage({"quay": "people", "gate": "people"}) as staged:
        store = staged.site.dir / "store"
        store.mkdir(exist_ok=True)
        (store / "quay").write_text("a file where a directory should be")  # stops root too
        staged.site.up()
        staged.wait_for_log("store/quay", 30)
        (store / "quay").unlink()
        staged.wait_until_recording("quay", 60)
        staged.wait_until_recording("gate")


libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def small_disk(path, megabytes):
    path.mkdir(parents=True, exist_ok=True)
    if libc.mount(b"tmpfs", bytes(path), b"tmpfs", 0, f"size={megabytes}m".encode()) != 0:
        raise Skip(f"cannot mount a tmpfs: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        if libc.umount2(bytes(path), 2) != 0:  # MNT_DETACH
            raise OSError(ctypes.get_errno(), "umount", str(path))


@test("a full disk is journalled as a gap of cause disk, nothing sealed is damaged, and space heals it")
def full_disk():
    with stage({"quay": "people"}) as staged:
        with small_disk(staged.site.dir / "store", 8):
            ballast = staged.site.dir / "store" / "ballast"
            staged.site.up()
            staged.wait_until_recording("quay")
            with open(ballast, "wb") as file:  # fills what is left
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            staged.wait_for_log("no space", 40)
            ballast.unlink()
            wait_for(
                "a gap of cause disk", lambda: any(g["cause"] == "disk" for g in staged.site.gaps("quay")), 60
            )
            staged.wait_until_recording("quay", 60)
            staged.site.down()
            report = staged.site.check()
            expect(not report["findings"], f"scrim check: {report['findings']}")


@test("a damaged index is rebuilt from the journals")
def damaged_index():
    with recorded({"quay": "people"}, 4, users=USERS) as staged:
        site = staged.site
        index = site.dir / "state" / "index.db"
        expect(index.exists(), "there is no index")

        def damage(content):
            for log in site.dir.glob("state/index.db-*"):  # would make good for the file itself
                log.unlink()
            index.write_bytes(content)

        for content in (b"", b"garbage" * 1000, index.read_bytes()[:3000] + b"\xff" * 3000):
            damage(content)
            site.up()
            desk = site.desk()
            wait_for("the desk", desk.answers)
            desk.sign_in("anna", "a good password")
            start, end = covered(site, "quay")

            def known():
                asked = f"/cameras/quay/timeline?from={start // 1000}&to={end // 1000 + 1}"
                return desk.get(asked)["recorded"]

            wait_for("the timeline", known)
            site.down()
        damage(b"garbage" * 1000)
        expect(site.check()["findings"], "scrim check is content with a garbled index")
        scrim_ok("rebuild", site.dir)
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")


@test("garbage in the configuration is refused with file and line")
def bad_configuration():
    with stage({"quay": "people"}) as staged:
        path = staged.site.dir / "scrim.yaml"
        good = path.read_text()
        lines = good.count("\n")

        def is_refused(text, *words):
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            expect_failure(scrim("up", staged.site.dir, seconds=20), "scrim.yaml", *words)

        is_refused(good + "colour: blue\n", "colour", f"scrim.yaml:{lines + 1}")
        is_refused(good.replace("purpose:", "purpos:"), "purpos")
        is_refused(good.replace("id: test", "id: ../test"), "id")
        is_refused(good.replace("rtsp://", "http://"), "main")
        is_refused(good.replace("rtsp://", "rtsp://user:pw@"), "main")
        is_refused(good + "    retention_hours: many\n", "many", f"scrim.yaml:{lines + 1}")
        is_refused(good.replace("cameras:", "cameras: [["))
        is_refused("")
        is_refused(random.randbytes(2000))
        is_refused(b"a: " * 100_000)
        path.write_text(good)
        staged.site.up()
        staged.wait_until_recording("quay")
