"""The past over the API: the timeline of all cameras, what happened, stills, the file that grows, exports, acts."""

import contextlib
import datetime
import hashlib
import json
import os
import struct
import subprocess
import time

from desk_archive_test import SECOND, begin, listed, noon_us, send
from desk_kit import INIT, IS_OPAQUE, LIVE, Picture, boxes, desk, timed
from harness import expect, frame_hashes, test, wait_for

HOUR_MS = 3_600_000


@test("desk past: the timeline of all cameras in one answer, as fine as its picture")
def timelines():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 100, start_us)
        send(veil, picture, 100, 100, start_us + 600 * SECOND)
        veil.close()
        listed(client, start_us, 2)
        around = f"from={start_us // 1000 - HOUR_MS}&to={start_us // 1000 + HOUR_MS}"
        fine = client.get(f"/timeline?{around}&width=7200")
        expect([c["id"] for c in fine["cameras"]] == ["quay", "gate"], f"{fine}")
        quay, gate = fine["cameras"]
        begin_ms = start_us // 1000
        expect(quay["redacted"] == [[begin_ms, begin_ms + 10_000], [begin_ms + 610_000, begin_ms + 620_000]], f"{quay}")
        expect(gate["redacted"] == gate["recorded"] == gate["gaps"] == [], f"{gate}")
        coarse = client.get(f"/timeline?{around}&width=10&cameras=quay")
        expect([c["redacted"] for c in coarse["cameras"]] == [[[begin_ms, begin_ms + 620_000]]], f"{coarse}")
        expect(client.get(f"/timeline?{around}&cameras=nobody,gat")["cameras"] == [], "cameras that there are not")
        for wrong in ("", "from=1&to=1", "from=2&to=1", "from=-1&to=5", "from=0&to=99999999999999", f"{around}&width=0",
                      f"{around}&width=9000", f"{around}&width=x"):
            expect(client.status("GET", f"/api/v1/timeline?{wrong}") == 400, wrong)


@test("desk past: acts are listed newest first, verified, and only to who may see them")
def acts():
    square = {"kind": "mask", "points": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
    with desk(roles={"ada": "administrator", "ulla": "auditor"}) as daemon:
        ada = daemon.signed_in("ada")
        for name in ("one", "two", "three"):
            expect(ada.status("PUT", f"/api/v1/cameras/quay/areas/{name}", square) == 200, name)
        ulla = daemon.signed_in("ulla")
        expect(daemon.signed_in("olga").status("GET", "/api/v1/acts") == 403, "an operator reads the log")

        def drawn(query=""):
            return [a["detail"]["name"] for a in ulla.get(f"/acts{query}") if a.get("what") == "area.draw"]

        listed_acts = ulla.get("/acts")
        expect(drawn() == ["three", "two", "one"], f"{listed_acts}")
        first = next(a for a in listed_acts if a.get("what") == "area.draw")
        expect(first["who"] == "ada" and first["camera"] == "quay" and first["reason"] is None, f"{first}")
        expect(abs(first["at"] - time.time() * 1000) < 60_000, f"{first}")
        expect(drawn(f"?before={first['id']}") == ["two", "one"], "before")
        expect(len(ulla.get("/acts?limit=1")) == 1, "limit")
        for wrong in ("before=0", "before=x", "limit=0", "limit=1001"):
            expect(ulla.status("GET", f"/api/v1/acts?{wrong}") == 400, wrong)
        log = daemon.site.dir / "state" / "acts" / "log"
        log.write_bytes(log.read_bytes().replace(b'"name":"two"', b'"name":"owt"'))
        status, _, body = ulla.request("GET", "/api/v1/acts")
        expect(status == 500 and json.loads(body)["error"]["code"] == "damaged", f"{status} {body}")


def around(start_us):
    return f"from={start_us // 1000 - HOUR_MS}&to={start_us // 1000 + HOUR_MS}"


@test("desk past: the file that is being written plays back, up to its last whole fragment")
def growing():
    picture = Picture()
    start_us = noon_us()
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 25, start_us)
        (file,) = wait_for("25 frames", lambda: (f := client.get(f"/cameras/quay/recordings?{around(start_us)}"))
                           and f[0]["end_ms"] == start_us // 1000 + 2500 and f)
        expect(file["growing"] is True, f"{file}")
        timeline = client.get(f"/timeline?{around(start_us)}&width=8000&cameras=quay")["cameras"][0]
        expect(timeline["redacted"] == [[start_us // 1000, start_us // 1000 + 2500]], f"{timeline}")
        path = daemon.site.dir / "veil" / file["url"].split("/cameras/")[1].replace("/recordings", "")
        with open(path, "ab") as torn:  # half a fragment that the disk has, and nobody may see
            torn.write(picture.fragment(25)[:700])
        status, headers, body = client.request("GET", file["url"])
        expect(status == 200 and len(body) == file["bytes"], f"{status} {len(body)} of {file['bytes']}")
        kinds = [kind for kind, _ in boxes(body)]
        expect(kinds.count("moof") == kinds.count("mdat") == 25, f"{kinds}")
        status, headers, part = client.request("GET", file["url"], headers={"Range": f"bytes=100-{file['bytes'] + 500}"})
        expect(status == 206 and part == body[100:], f"{status} {len(part)}")
        expect(headers["Content-Range"] == f"bytes 100-{file['bytes'] - 1}/{file['bytes']}", headers["Content-Range"])
        expect(client.status("GET", file["url"], headers={"Range": f"bytes={file['bytes']}-"}) == 416, "past its end")
        veil.close()


@test("desk past: a still is the key frame that shows the moment, from any file, also the one being written")
def stills():
    picture = Picture()
    start_us = noon_us()
    begin_ms = start_us // 1000
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 650, start_us)  # a minute and 5 s of the next
        listed(client, start_us, 2, settled=False)

        def still(at_ms):
            status, headers, body = client.request("GET", f"/api/v1/cameras/quay/still?at={at_ms}")
            return status, headers and headers.get("Scrim-At"), body

        for at, key in ((0, 0), (999, 0), (1000, 1000), (31_550, 31_000), (59_999, 59_000), (60_000, 60_000), (64_900, 64_000)):
            status, shown, body = still(begin_ms + at)
            expect(status == 200 and int(shown) == begin_ms + key, f"{at}: {status} {shown} {body[:200]}")
            expect([kind for kind, _ in boxes(body)] == ["ftyp", "moov", "moof", "mdat"], f"{at}")
            expect(body.endswith(picture.fragment(key // 100)), f"{at}: another fragment")
        path = daemon.site.dir / "still.mp4"
        path.write_bytes(still(begin_ms + 31_000)[2])
        expect(len(frame_hashes(path)) == 1, "it does not play")
        for at in (begin_ms - 1, begin_ms + 65_000, 0):
            expect(still(at)[0] == 404, f"{at}: a picture of a time of which there is none")
        for wrong in ("", "?at=x", "?at=-1", "?at=99999999999999999"):
            expect(client.status("GET", f"/api/v1/cameras/quay/still{wrong}") == 400, wrong)
        spent = sorted(timed(lambda: still(begin_ms + 59_500)) for _ in range(40))
        expect(spent[20] < 0.05, f"a still takes {spent[20] * 1000:.1f} ms")
        veil.close()


@test("desk past: events: opaque pictures, areas and exports; next and previous; of chosen kinds and cameras")
def events():
    picture = Picture()
    square = {"kind": "mask", "points": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
    with desk(roles={"ada": "administrator"}) as daemon:
        ada = daemon.signed_in("ada")
        begin_ms = int(time.time() * 1000)
        span = f"from={begin_ms - 1000}&to={begin_ms + HOUR_MS}"
        veil = begin(daemon, picture)
        veil.state("quay", IS_OPAQUE, "the camera has just begun")
        wait_for("opaque", lambda: len(ada.get(f"/events?{span}&kinds=opaque")) == 1)
        time.sleep(0.05)
        veil.state("quay", LIVE)
        veil.state("gate", IS_OPAQUE, "the picture jumps")
        wait_for("both", lambda: len(ada.get(f"/events?{span}&kinds=opaque")) == 2)
        expect(ada.status("PUT", "/api/v1/cameras/quay/areas/one", square) == 200, "an area")
        found = ada.get(f"/events?{span}")
        expect([(e["camera"], e["kind"]) for e in found] == [("quay", "opaque"), ("gate", "opaque"), ("quay", "areas")], f"{found}")
        quay, gate, area = found
        expect(quay["words"] == "the camera has just begun" and 0 < quay["to"] - quay["at"] < 5000, f"{quay}")
        expect(gate["to"] is None and area["words"] == "ada" and area["cause"] is None, f"{gate} {area}")
        expect(ada.get(f"/events?after={quay['at']}&limit=1") == [gate], "the next one")
        expect(ada.get(f"/events?before={area['at']}&limit=1") == [gate], "the one before")
        expect(ada.get(f"/events?before={quay['at']}&limit=5") == [], "nothing was before")
        expect(ada.get(f"/events?{span}&cameras=gate") == [gate], "of a camera")
        for wrong in ("", "after=1&before=2", "after=x", f"{span}&limit=0", f"{span}&limit=10001", "from=1"):
            expect(ada.status("GET", f"/api/v1/events?{wrong}") == 400, wrong)
        daemon.kill()  # what became of the picture is kept, also without the index
        for file in (daemon.site.dir / "state").glob("index.db*"):
            file.unlink()
        daemon.start()
        ada = daemon.signed_in("ada")
        again = wait_for("the index", lambda: len(e := ada.get(f"/events?{span}")) == 3 and e)
        expect(again[0] == quay and again[2] == area and again[1]["to"] is not None, f"{again}")
        veil.close()


ORDER = {"camera": "quay", "name": "Sturz am Kai – 1", "reason": "asked for by the insurer"}


def order(client, from_ms, to_ms, **changes):
    status, _, body = client.request("POST", "/api/v1/exports", {**ORDER, "from": from_ms, "to": to_ms, **changes})
    return status, json.loads(body)


def made(client, from_ms, to_ms):
    status, export = order(client, from_ms, to_ms)
    expect(status == 201 and export["state"] == "making", f"{status} {export}")
    return wait_for("the film", lambda: (e := client.get(f"/exports/{export['id']}"))["state"] != "making" and e, 30)


def probe(path):
    run = subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path],
                         capture_output=True, check=True)  # fmt: skip
    expect(not run.stderr, f"ffprobe: {run.stderr}")
    return json.loads(run.stdout)


@test("desk past: an export holds the archive's pictures, frame by frame, gaps kept in time, and says what it is")
def exports():
    picture = Picture()
    start_us = noon_us()
    begin_ms = start_us // 1000
    with desk(roles={"ulla": "auditor", "vera": "viewer"}) as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 700, start_us)
        send(veil, picture, 700, 300, start_us + 90 * SECOND)  # 90 s are missing
        veil.close()
        files = listed(client, start_us, 3)
        film = made(client, begin_ms + 55_500, begin_ms + 170_050)
        expect(film["state"] == "ready" and film["words"] is None and film["progress"] == 1, f"{film}")
        expect((film["from"], film["to"]) == (begin_ms + 55_000, begin_ms + 170_100), f"{film}")
        expect(film["gaps"] == [[begin_ms + 70_000, begin_ms + 160_000]], f"{film}")
        expect(film["frames"] == 150 + 101, f"{film['frames']} frames")
        status, headers, body = client.request("GET", film["url"])
        expect(status == 200 and hashlib.sha256(body).hexdigest() == film["sha256"], f"{status}")
        expect(len(body) == film["bytes"] and [k for k, _ in boxes(body)] == ["ftyp", "moov", "mdat"], "its boxes")
        expect(headers["Content-Disposition"].startswith("attachment;") and "%E2%80%93" in headers["Content-Disposition"],
               headers["Content-Disposition"])
        path, whole = daemon.site.dir / "film.mp4", daemon.site.dir / "whole.mp4"
        path.write_bytes(body)
        ours = [h for h in frame_hashes(path)]
        theirs = []
        for file in files:
            whole.write_bytes(client.request("GET", file["url"])[2])
            theirs += frame_hashes(whole)
        expect(ours == theirs[550:700] + theirs[700:801], f"{len(ours)} other pictures")
        said = probe(path)
        expect(abs(float(said["format"]["duration"]) - 115.1) < 0.01, said["format"]["duration"])
        tags = {k.lower(): v for k, v in said["format"]["tags"].items()}
        expect(tags["title"] == ORDER["name"] and tags["comment"].startswith("Redacted. Camera "), f"{tags}")
        stream = said["streams"][0]
        expect((stream["width"], stream["height"], stream["nb_frames"]) == (320, 240, "251"), f"{stream}")
        # Seeking goes to the key frame, also behind the gap.
        seek = subprocess.run(["ffmpeg", "-v", "error", "-ss", "108", "-i", path, "-frames:v", "1", "-f", "framemd5", "-"],
                              capture_output=True, check=True)  # fmt: skip
        expect(not seek.stderr, f"{seek.stderr}")
        # An act with its reason before it begins; what it became after it; and who took it.
        (intent, outcome) = [a for a in reversed(daemon.signed_in("ulla").get("/acts"))
                             if a.get("what") == "export.make" or "of" in a]
        expect(intent["who"] == "olga" and intent["reason"] == ORDER["reason"] and intent["camera"] == "quay", f"{intent}")
        expect(outcome["of"] == intent["id"] and outcome["detail"]["sha256"] == film["sha256"], f"{outcome}")
        wait_for("who took it", lambda: any(a.get("what") == "export.fetch" for a in daemon.signed_in("ulla").get("/acts")))
        expect(client.get("/exports")[0] == film, "the list")
        for name in ("ulla", "vera"):
            other = daemon.signed_in(name)
            expect(other.status("GET", film["url"]) == 403 and order(other, 1, 2)[0] == 403, f"{name} may export")
        for wrong in ({"reason": ""}, {"reason": "  \n"}, {"name": " "}, {"from": begin_ms + 170_050}, {"to": begin_ms - 1},
                      {"to": begin_ms + 86_500_000 + 55_500}, {"more": 1}, {"name": "x" * 241}):
            span = (wrong.pop("from", begin_ms + 55_500), wrong.pop("to", begin_ms + 170_050))
            expect(order(client, *span, **wrong)[0] == 400, f"{span} {wrong}")
        expect(order(client, begin_ms, begin_ms + 1000, camera="nobody")[0] == 404, "a camera that there is not")
        status, refused = order(client, begin_ms - 60_000, begin_ms - 1000)
        expect(status == 409 and refused["error"]["code"] == "empty", f"{status} {refused}")
        expect(len(client.get("/exports")) == 1, "what was refused is in the list")


@test("desk past: exports that cannot be made say why: another picture, no room, recordings that are gone")
def refused_exports():
    picture = Picture()
    start_us = noon_us()
    begin_ms = start_us // 1000
    with desk() as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 100, start_us)
        other, at = picture.init, picture.init.index(b"avcC") + 4
        veil.send(INIT, 0, "quay", struct.pack(">HHH", 320, 240, len(picture.mime)) + picture.mime.encode()
                  + other[: at + 2] + bytes([other[at + 2] ^ 1]) + other[at + 3 :])  # fmt: skip
        send(veil, picture, 100, 100, start_us)
        veil.close()
        files = listed(client, start_us, 2)
        status, answer = order(client, begin_ms, begin_ms + 20_000)
        expect(status == 409 and answer["error"]["code"] == "picture_changed", f"{status} {answer}")
        middle = time.strftime("%Y-%m-%dT%H:%M:10Z", time.gmtime(begin_ms // 1000))
        expect(answer["error"]["text"].count(middle) == 3, f"{answer}")
        expect(made(client, begin_ms, begin_ms + 10_000)["frames"] == 100, "the first of the two films")
        with mounted("tmpfs", daemon.site.dir / "exports", "size=300M"):
            status, answer = order(client, begin_ms, begin_ms + 10_000)
        expect(status == 409 and answer["error"]["code"] == "room" and "MB" in answer["error"]["text"], f"{answer}")
        (daemon.site.dir / "veil" / files[0]["url"].split("/cameras/")[1].replace("/recordings", "")).unlink()
        status, answer = order(client, begin_ms, begin_ms + 10_000)
        expect(status == 409 and "retention" in answer["error"]["text"], f"{status} {answer}")
        expect(len(client.get("/exports")) == 1, "what was refused is in the list")


@contextlib.contextmanager
def mounted(kind, place, options):
    subprocess.run(["mount", "-t", kind, "-o", options, kind, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


@test("desk past: kill -9 at any moment of an export leaves it whole or failed, said, and nothing lying about")
def killed_exports():
    picture = Picture(noise=True)
    start_us = noon_us()
    begin_ms = start_us // 1000
    with desk(roles={"ulla": "auditor"}) as daemon:
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 600, start_us)
        veil.close()
        listed(client, start_us, 1)
        seen = set()
        for wait_ms in (0, 1, 3, 6, 12, 25, 50, 100, 200, 400, 3000):
            status, export = order(client, begin_ms, begin_ms + 60_000)
            expect(status == 201, f"{status} {export}")
            time.sleep(wait_ms / 1000)
            daemon.kill()
            daemon.start()
            client = daemon.signed_in("olga")
            found = client.request("GET", f"/api/v1/exports/{export['id']}")
            film = daemon.site.dir / "exports" / f"{export['id']}.mp4"
            after = json.loads(found[2])
            seen.add(after["state"])
            expect(film.exists() == (after["state"] == "ready"), f"{wait_ms} ms: {after}")
            if after["state"] == "ready":
                expect(hashlib.sha256(film.read_bytes()).hexdigest() == after["sha256"], f"{wait_ms} ms: {after}")
            else:
                expect(after["state"] == "failed" and "ended while" in after["words"], f"{wait_ms} ms: {after}")
        expect(seen == {"failed", "ready"}, f"{seen}")
        acts = daemon.signed_in("ulla").get("/acts?limit=1000")
        expect(sum(a.get("what") == "export.make" for a in acts) == 11, "an order is not in the log")
        daemon.stop()
        expect(not daemon.site.check()["findings"], "the log of acts is damaged")


@test("desk past: over the hour that a day in autumn has twice, an export is as long as it was")
def autumn():
    picture = Picture()
    last_sunday = max(d for d in range(25, 32) if datetime.date(2025, 10, d).weekday() == 6)
    start = datetime.datetime(2025, 10, last_sunday, 0, 59, 55, tzinfo=datetime.timezone.utc)  # 02:59:55 summer time
    start_us = int(start.timestamp()) * SECOND
    with desk(start=False) as daemon:
        yaml = daemon.site.dir / "scrim.yaml"
        yaml.write_text(yaml.read_text().replace("retention_hours: 72", "retention_hours: 20000\n    retention_reason: a test"))
        os.environ["TZ"] = "Europe/Berlin"
        try:
            daemon.start()
        finally:
            del os.environ["TZ"]
        client = daemon.signed_in("olga")
        veil = begin(daemon, picture)
        send(veil, picture, 0, 100, start_us)
        veil.close()
        listed(client, start_us, 1)
        film = made(client, start_us // 1000, start_us // 1000 + 10_000)
        expect((film["to"] - film["from"], film["frames"]) == (10_000, 100), f"{film}")
        path = daemon.site.dir / "film.mp4"
        path.write_bytes(client.request("GET", film["url"])[2])
        said = probe(path)["format"]
        expect(abs(float(said["duration"]) - 10) < 0.01, said["duration"])
        expect(f"2025-10-{last_sunday}T00:59:55Z to 2025-10-{last_sunday}T01:00:05Z" in said["tags"]["comment"], said["tags"])
