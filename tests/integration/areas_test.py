"""Masks, zones and lines drawn over the API: applied by a running veil, logged, kept, and never lost into the open."""

import json
import subprocess
import time
from collections import Counter

from harness import expect, stage, test
from sitekit import scrim, wait_for

PASSWORD = "a very good password"
USERS = {"ada": ("administrator", PASSWORD), "olga": ("operator", PASSWORD)}
CORNER = [[0.5, 0.1], [0.8, 0.1], [0.8, 0.4], [0.5, 0.4]]
YARD = {"name": "hut", "points": [[0.5, 0.5], [0.75, 0.5], [0.75, 0.75]]}


def signed_in(site, user):
    desk = site.desk()
    wait_for("the desk to answer", desk.answers, 30)
    desk.sign_in(user, PASSWORD)
    return desk


def ask(desk, method, name, body=None, camera="quay"):
    status, _, answer = desk.request(method, f"/api/v1/cameras/{camera}/areas/{name}", body)
    return status, json.loads(answer) if answer else None


def areas(desk):
    return desk.get("/cameras/quay/areas")


def put(desk, name, kind, points):
    status, answer = ask(desk, "PUT", name, {"kind": kind, "points": points})
    expect(status == 200, f"PUT {name}: {status} {answer}")
    return answer


def wait_until_applied(desk, seconds=10):
    return wait_for("the veil to take it", lambda: (lambda a: a if a["applied"] else None)(areas(desk)), seconds)


def wait_until_live(desk, seconds=40):
    wait_for("a live picture", lambda: desk.camera("quay")["veil"]["state"] == "live", seconds)


def changes(site):
    lines = (site.dir / "state/acts/log").read_text().splitlines()
    acts = [json.loads(line.rsplit(" ", 1)[0]) for line in lines]
    return [act for act in acts if act["change"].get("what", "").startswith("area.")]


def live_picture(desk, directory, frames):
    """The luma of the picture `frames` frames after joining: (width, height, bytes)."""
    live, film, seen, size = desk.live("quay"), b"", 0, None
    for message in live:
        if isinstance(message, bytes):
            film += message
            seen += 1
        elif json.loads(message)["type"] == "init":
            film, seen, size = b"", 0, json.loads(message)
        if seen > frames:
            break
    live.close()
    path = directory / "live.mp4"
    path.write_bytes(film)
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "-"], capture_output=True)
    count = size["width"] * size["height"]
    expect(len(done.stdout) >= count, f"no picture: {done.stderr[-300:]}")
    return size["width"], size["height"], done.stdout[-count:]


def is_flat(picture, x0, y0, x1, y1):
    """Is this part of the picture (in shares) of one shade, but for silhouettes and letters on it?"""
    width, height, luma = picture
    part = Counter(luma[y * width + x] for y in range(int(y0 * height), int(y1 * height))
                   for x in range(int(x0 * width), int(x1 * width)))
    shade = part.most_common(1)[0][0]
    return sum(count for value, count in part.items() if abs(value - shade) <= 4) > 0.7 * part.total()


@test("masks are drawn over the API, taken over by the running veil, logged and kept")
def drawn():
    with stage({"quay": "people"}, users=USERS) as staged:
        site = staged.site
        site.configure([staged.entry("quay", masks=[YARD])])
        site.up()
        ada = signed_in(site, "ada")
        wait_until_live(ada)
        first = wait_until_applied(ada)
        expect([(a["kind"], a["name"], a["from"]) for a in first["areas"]] == [("mask", "hut", "scrim.yaml")], f"{first}")
        expect(first["revision"] == 0 and first["problem"] is None, f"{first}")
        before = live_picture(ada, staged.dir, 45)
        expect(not is_flat(before, 0.52, 0.12, 0.78, 0.38), "the corner is covered already")

        put(ada, "corner", "mask", CORNER)
        wait_until_applied(ada, 3)
        # Somebody may stand there just now, as a silhouette on the mask; not in each of these pictures.
        pictures = [live_picture(ada, staged.dir, 45) for _ in range(3)]
        expect(any(is_flat(p, 0.52, 0.12, 0.78, 0.38) for p in pictures), "what the mask covers can be seen")
        expect(ada.camera("quay")["veil"]["state"] == "live", "the picture was dropped")

        put(ada, "quay-edge", "zone", [[0, 1], [0, 0.9], [1, 0.9], [1, 1]])
        put(ada, "gate", "line", [[0.1, 0.5], [0.9, 0.55555]])
        answer = put(ada, "corner", "mask", [[0.5, 0.1], [0.8, 0.1], [0.8, 0.2], [0.5, 0.2]])
        expect(answer["revision"] == 4, f"revision {answer['revision']}")
        points = {a["name"]: a["points"] for a in answer["areas"]}
        expect(points["gate"] == [[0.1, 0.5], [0.9, 0.55555]], f"{points}")

        # What scrim.yaml says, stays.
        status, answer = ask(ada, "DELETE", "hut")
        expect(status == 409 and answer["error"]["code"] == "fixed" and "scrim.yaml" in answer["error"]["text"], f"{status} {answer}")
        expect(ask(ada, "PUT", "hut", {"kind": "mask", "points": CORNER})[0] == 409, "a mask of scrim.yaml was changed")
        status, answer = ask(ada, "PUT", "bad", {"kind": "mask", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]})
        expect(status == 400 and "crosses or touches itself" in answer["error"]["text"], f"{status} {answer}")
        expect(ask(ada, "PUT", "Bad.", {"kind": "mask", "points": CORNER})[0] == 400, "a bad name was taken")
        expect(ask(ada, "DELETE", "nobody")[0] == 404 and ask(ada, "DELETE", "x", camera="nowhere")[0] == 404, "404")

        olga = signed_in(site, "olga")
        expect(ask(olga, "PUT", "mine", {"kind": "mask", "points": CORNER})[0] == 403, "an operator drew a mask")
        expect(ask(olga, "DELETE", "corner")[0] == 403, "an operator took a mask away")
        expect(len(areas(olga)["areas"]) == 4, "an operator may see them")

        entries = changes(site)
        expect([e["change"]["detail"]["name"] for e in entries] == ["corner", "quay-edge", "gate", "corner"], f"{entries}")
        last = entries[-1]["change"]
        expect(last["who"] == "ada" and last["detail"]["before"]["points"] == CORNER, f"{last}")
        expect(entries[0]["change"]["detail"]["before"] is None and entries[0]["camera"] == "quay", f"{entries[0]}")

        # Over a restart of everything it is there from the first picture on.
        site.down()
        site.up()
        ada = signed_in(site, "ada")
        wait_until_live(ada)
        again = wait_until_applied(ada)
        expect(again["revision"] == 4 and len(again["areas"]) == 4, f"{again}")
        status, answer = ask(ada, "DELETE", "corner")
        expect(status == 200 and answer["revision"] == 5, f"{status} {answer}")
        expect(changes(site)[-1]["change"]["detail"]["after"] is None, "taking away is not logged")
        wait_until_applied(ada, 3)
        site.down()

        check = site.check()
        expect(not check["findings"] and check["changes"] >= 5, f"{check}")
        log = site.dir / "state/acts/log"
        log.write_text(log.read_text().replace('"who":"ada"', '"who":"eve"', 1))
        found = site.check()["findings"]
        expect(any("state/acts/log" in json.dumps(f) for f in found), f"a changed log is not found: {found}")


@test("areas that cannot be read make the camera opaque, and somebody is told which file")
def unreadable():
    with stage({"quay": "people"}, users=USERS) as staged:
        site = staged.site
        site.up()
        ada = signed_in(site, "ada")
        put(ada, "corner", "mask", CORNER)
        site.down()
        file = site.dir / "state/areas/quay.json"
        whole = file.read_text()
        file.write_text(whole.replace("mask", "musk"))

        site.up()
        ada = signed_in(site, "ada")
        wait_for("an opaque picture", lambda: ada.camera("quay")["veil"]["state"] == "opaque"
                 and "masks" in ada.camera("quay")["veil"]["reason"], 40)
        time.sleep(3)  # longer than a scene is learnt
        camera = ada.camera("quay")
        expect(camera["veil"]["state"] == "opaque" and "masks" in camera["veil"]["reason"], f"{camera}")
        picture = live_picture(ada, staged.dir, 12)
        expect(is_flat(picture, 0.02, 0.1, 0.98, 0.4), "an opaque picture shows something")
        told = areas(ada)
        expect("state/areas/quay.json" in told["problem"] and not told["applied"], f"{told}")
        expect("quay.json" not in areas(signed_in(site, "olga"))["problem"], "an operator is told about files")
        status, answer = ask(ada, "PUT", "more", {"kind": "mask", "points": CORNER})
        expect(status == 409 and answer["error"]["code"] == "damaged", f"{status} {answer}")
        problems = json.loads(scrim("status", site.dir, "--json").out)["problems"]
        expect(any("quay.json" in p for p in problems), f"scrim status does not say: {problems}")
        expect(staged.site.process.poll() is None, "recording goes on")

        file.write_text(whole)
        site.down()
        site.up()
        ada = signed_in(site, "ada")
        wait_until_live(ada)
        wait_until_applied(ada)
        site.down()
