"""The redacted archive: what a veil sends becomes files that are listed, served, survive a crash and expire."""

import os
import re
import time

from desk_kit import LIVE, Picture, Veil, boxes, desk
from harness import expect, ffmpeg, frame_hashes, test, wait_for

SECOND = 1_000_000
HOUR_MS = 3_600_000


def noon_us(days=0):
    """Noon (UTC) of today or some day before, so that nothing crosses midnight unasked."""
    return (int(time.time()) // 86400 - days) * 86400 * SECOND + 12 * 3600 * SECOND


def send(veil, picture, first, count, start_us):
    for n in range(first, first + count):
        veil.frame("quay", picture, n, start_us=start_us)


def begin(daemon, picture):
    veil = Veil(daemon)
    veil.init("quay", picture)
    veil.state("quay", LIVE)
    return veil


def ask(client, what, around_us):
    return client.get(f"/cameras/quay/{what}?from={around_us // 1000 - HOUR_MS}&to={around_us // 1000 + HOUR_MS}")


def listed(client, around_us, count, settled=True):
    """The files around a time, as soon as there are so many and (`settled`) none grows any more."""

    def found():
        files = ask(client, "recordings", around_us)
        growing = settled and any(f.get("growing") for f in files)
        return files if len(files) >= count and not growing else None

    return wait_for(f"{count} files", found)


def day_dir(daemon, at_us):
    return daemon.site.dir / "veil" / "quay" / time.strftime("%Y-%m-%d", time.gmtime(at_us // SECOND))


@test("desk archive: files of a minute, cut on key frames; together they hold every frame once")
def minutes():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        count = 3 * 60 * picture.FPS + 5
        send(veil, picture, 3, count, start_us)  # it joins in the middle of a group of pictures
        veil.close()
        files = listed(client, start_us, 3)
        expect(len(files) == 3 or len(files) == 4, f"{len(files)} files")
        frames = 0
        for n, file in enumerate(files):
            status, headers, body = client.request("GET", file["url"])
            expect(status == 200 and headers["Content-Type"] == "video/mp4" and len(body) == file["bytes"], f"{n}: {status}")
            expect(file["mime"] == picture.mime, file["mime"])
            kinds = [kind for kind, _ in boxes(body)]
            expect(kinds[:3] == ["ftyp", "moov", "prft"] and set(kinds[3:]) == {"moof", "mdat"}, kinds[:6])
            first = file["first_pts_ms"] * picture.FPS // 1000
            expect(picture.key(first), f"file {n} begins with frame {first}")
            expect(file["start_ms"] == start_us // 1000 + file["first_pts_ms"], file)
            here = kinds.count("moof")
            expect(file["end_ms"] - file["start_ms"] == here * 1000 // picture.FPS, f"{here} frames, {file}")
            expect(first == 10 + frames, f"file {n} begins with frame {first} after {frames}")
            frames += here
            path = daemon.site.dir / "played.mp4"
            path.write_bytes(body)
            expect(len(frame_hashes(path)) == here, f"file {n} plays otherwise")
        expect(frames == count - 7, f"{frames} of {count - 7} frames")
        expect(all(f["bytes"] and f["end_ms"] - f["start_ms"] == 60_000 for f in files[:-1]), "no minutes")
        timeline = ask(client, "timeline", start_us)
        expect(timeline["redacted"] == [[files[0]["start_ms"], files[-1]["end_ms"]]], timeline)
        expect((timeline["recorded"], timeline["gaps"], timeline["unknown"]) == ([], [], []), timeline)


@test("desk archive: a jump of the clock, midnight, and a new picture each begin a new file")
def cuts():
    picture = Picture()
    start_us = noon_us()
    midnight_us = start_us + 12 * 3600 * SECOND
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 20, start_us)
        send(veil, picture, 20, 20, start_us + 600 * SECOND)  # the clock was set
        veil.init("quay", picture)
        send(veil, picture, 40, 20, start_us + 600 * SECOND)
        send(veil, picture, 60, 40, midnight_us - 12 * 3600 * SECOND * 2 - 8 * SECOND)  # last midnight
        veil.close()
        files = listed(client, start_us, 3)
        spans = [(f["first_pts_ms"], f["end_ms"] - f["start_ms"]) for f in files]
        expect(spans == [(0, 2000), (2000, 2000), (4000, 2000)], f"{files}")
        around = listed(client, midnight_us - 24 * 3600 * SECOND, 2)
        days = [re.search(r"recordings/([\d-]+)/(\d+)", f["url"]).groups() for f in around]
        expect(len(days) == 2 and days[0][0] < days[1][0] and days[1][1] == "000000", f"{around}")


@test("desk archive: Range, ETag and If-Range, as RFC 9110 says")
def ranges():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 100, start_us)
        veil.close()
        (file,) = listed(client, start_us, 1)
        url, size = file["url"], file["bytes"]
        _, headers, whole = client.request("GET", url)
        etag = headers["ETag"]
        expect(headers["Accept-Ranges"] == "bytes" and len(whole) == size, "the whole file")
        last = size - 1
        cases = [
            ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=100-", 100, last), ("bytes=-1", last, last),
            ("BYTES=5-5", 5, 5), (f"bytes=-{2 * size}", 0, last), (f"bytes={last}-{10 * size}", last, last),
            (f"bytes=0-{2**64}", 0, last), ("bytes=40000-90000", 40000, 90000),
        ]
        for header, first, end in cases:
            status, got, body = client.request("GET", url, headers={"Range": header})
            expect(status == 206 and body == whole[first : end + 1], f"{header}: {status}, {len(body)} bytes")
            expect(got["Content-Range"] == f"bytes {first}-{end}/{size}", got["Content-Range"])
        for header in ("bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "bytes=0-1,5-6", "items=0-1", "bytes 0-1", "bytes=0-1x"):
            status, _, body = client.request("GET", url, headers={"Range": header})
            expect(status == 200 and body == whole, f"{header}: {status}")
        for header in (f"bytes={size}-", "bytes=-0", f"bytes={2**64}-{2**65}"):
            status, got, _ = client.request("GET", url, headers={"Range": header})
            expect(status == 416 and got["Content-Range"] == f"bytes */{size}", f"{header}: {status}")
        expect(client.status("GET", url, headers={"Range": "bytes=0-9", "If-Range": etag}) == 206, "If-Range")
        expect(client.status("GET", url, headers={"Range": "bytes=0-9", "If-Range": '"old"'}) == 200, "an older If-Range")
        expect(client.status("GET", url, headers={"If-None-Match": etag}) == 304, "If-None-Match")
        status, got, body = client.request("HEAD", url)
        expect(status == 200 and body == b"" and int(got["Content-Length"]) == size, f"HEAD: {status}")
        (day_dir(daemon, start_us) / url.split("/")[-1]).unlink()
        expect(client.status("GET", url) == 404, "a file that is gone")


@test("desk archive: after kill -9 the file that was being written is cut to whole frames and listed")
def crash():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        viewer = client.live("quay")
        send(veil, picture, 0, 50, start_us)
        for message in viewer:
            if message == picture.fragment(49):
                break

        def written():
            files = list(day_dir(daemon, start_us).glob("*.mp4"))
            return files and files[0].read_bytes().count(b"moof") == 50 and files[0]

        path = wait_for("50 frames on the disk", written)
        daemon.kill()
        veil.close()
        viewer.close()
        whole = path.read_bytes()
        os.truncate(path, len(whole) - 7)  # as a power cut leaves it
        garbage = path.with_name("115959.mp4")
        garbage.write_bytes(b"\0\0\0\x08free" * 100)
        daemon.start()
        (file,) = listed(client, start_us, 1)
        expect((file["start_ms"], file["first_pts_ms"]) == (start_us // 1000, 0), file)
        body = client.request("GET", file["url"])[2]
        expect(body == whole[: len(body)] and body.count(b"moof") == 49 and len(body) == file["bytes"], "its whole frames")
        (daemon.site.dir / "played.mp4").write_bytes(body)
        ffmpeg("-xerror", "-i", daemon.site.dir / "played.mp4", "-f", "null", "-")
        veil = begin(daemon, picture)  # in the same second again: the file there is left alone
        send(veil, picture, 0, 20, start_us + 1000)
        veil.close()
        files = listed(client, start_us, 2)
        expect(len({f["url"] for f in files}) == 2, f"{files}")
        expect(client.request("GET", file["url"])[2] == body, "a file was written over")


@test("desk archive: what is older than the retention goes, file by file; the rest stays")
def retention():
    picture = Picture()
    now_us = int(time.time()) * SECOND
    with desk(retention_hours=2) as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 20, now_us - 3 * 3600 * SECOND)
        send(veil, picture, 20, 20, now_us - 3600 * SECOND)
        veil.close()

        def left():
            return sorted(f.name for f in (daemon.site.dir / "veil" / "quay").glob("*/*.mp4"))

        listed(client, now_us - 3600 * SECOND, 1)
        wait_for("both files", lambda: len(left()) == 2 or "retention" in daemon.log())
        daemon.stop()
        daemon.start()  # the first sweep comes at once
        wait_for("the old file to go", lambda: len(left()) == 1)
        (kept,) = listed(client, now_us - 3600 * SECOND, 1)
        expect(kept["url"].endswith(left()[0]), f"{kept} of {left()}")
        expect(ask(client, "recordings", now_us - 3 * 3600 * SECOND) == [], "it is still listed")
        expect(client.status("GET", kept["url"]) == 200, "the newer one")
        expect("1 redacted files deleted" in daemon.log(), "the log does not say it")


@test("desk archive: a disk that takes nothing costs the archive alone, and is said")
def full_disk():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        (daemon.site.dir / "veil" / "quay").write_text("a file where the folder should be")
        veil = begin(daemon, picture)
        viewer = client.live("quay")
        send(veil, picture, 0, 30, start_us)
        for message in viewer:
            if message == picture.fragment(29):
                break
        wait_for("the complaint", lambda: "is not archived" in daemon.log())
        expect(daemon.log().count("is not archived") == 1, "it complains with every frame")
        expect(ask(client, "recordings", start_us) == [], "there is a file")
        viewer.close()
        veil.close()
