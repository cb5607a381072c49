"""Plans, places of cameras, and the map: what is taken, what is refused, what a restart finds."""

import json
import struct
import threading
import time
import zlib

from desk_kit import desk
from harness import expect, test

PLACE = {"x": 0.25, "y": 0.75, "heading": 90, "angle": 70, "reach": 0.2}
MAX = 8 << 20


def png(width, height, padding=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xf0\xf0\xf0" * width for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"tEXt", b"a\0" + b"x" * padding)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def pmtiles():
    """A header, and nothing that it points to: the desk looks no further."""
    bounds = struct.pack("<iiii", 99_000_000, 535_000_000, 101_000_000, 536_000_000)
    return b"PMTiles\x03" + bytes(91) + bytes([2, 0, 15]) + bounds + bytes(9) + b"tiles" * 100


def upload(client, body, name="Ground%20floor", kind="image/png"):
    return client.request("POST", f"/api/v1/plans?name={name}", body, {"Content-Type": kind})


def refusal(answer):
    return answer[0], json.loads(answer[2])["error"]["code"]


def put(client, camera, place):
    status, _, body = client.request(
        "PUT", f"/api/v1/cameras/{camera}/place", place
    )
    return status, json.loads(body)


def place_of(client, camera):
    cameras = json.loads(client.request("GET", "/api/v1/cameras")[2])
    return next(c["place"] for c in cameras if c["id"] == camera)


@test("desk: a plan is uploaded, cameras are placed on it, and a restart finds both")
def plans_and_places():
    with desk(roles={"ada": "administrator"}) as daemon:
        ada, olga = daemon.signed_in("ada"), daemon.signed_in("olga")
        picture = png(24, 16)
        status, _, body = upload(ada, picture)
        expect(status == 201, f"uploading: {status} {body}")
        plan = json.loads(body)
        expect(plan["name"] == "Ground floor" and (plan["width"], plan["height"]) == (24, 16), str(plan))
        expect(json.loads(olga.request("GET", "/api/v1/plans")[2]) == [plan], "the list")

        status, headers, body = olga.request("GET", f"/api/v1/plans/{plan['id']}/image")
        expect(status == 200 and body == picture, f"the picture: {status}")
        headers = {k.lower(): v for k, v in dict(headers).items()}
        expect(headers["content-type"] == "image/png", str(headers))
        expect(headers["x-content-type-options"] == "nosniff" and "private" in headers["cache-control"], str(headers))

        on_plan = {"plan": plan["id"], **PLACE}
        expect(put(ada, "quay", on_plan) == (200, on_plan), "placing")
        on_map = {"lat": 53.5, "lon": 9.9, "heading": 0, "angle": 360, "reach": 40}
        expect(put(ada, "gate", on_map) == (200, on_map), "placing on the map")
        expect(place_of(olga, "quay") == on_plan and place_of(olga, "gate") == on_map, "places in the list of cameras")

        daemon.kill()
        daemon.start()
        ada = daemon.signed_in("ada")
        expect(place_of(ada, "quay") == on_plan, "the place after a restart")
        expect(ada.request("GET", f"/api/v1/plans/{plan['id']}/image")[2] == picture, "the picture after a restart")

        expect(ada.status("DELETE", "/api/v1/cameras/gate/place") == 204, "taking a camera off")
        expect(refusal(ada.request("DELETE", "/api/v1/cameras/gate/place"))[0] == 404, "taking it off again")
        expect(ada.status("DELETE", f"/api/v1/plans/{plan['id']}") == 204, "taking the plan away")
        expect(place_of(ada, "quay") is None, "the place went with its plan")
        files = sorted(p.name for p in (daemon.site.dir / "state" / "plans").iterdir())
        expect(files == ["plans.json"], f"the picture went too: {files}")


@test("desk: what is no plan and no place is refused, with a reason")
def refused():
    with desk(roles={"ada": "administrator"}) as daemon:
        ada, olga = daemon.signed_in("ada"), daemon.signed_in("olga")
        picture = png(8, 8)
        expect(refusal(upload(olga, picture)) == (403, "right"), "an operator uploads")
        cases = {
            "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", {}, 400, "picture"),
            "HTML": (b"<!doctype html><script>1</script>", {}, 400, "picture"),
            "nothing": (b"", {}, 400, "picture"),
            "cut off": (picture[:20], {}, 400, "picture"),
            "too many pixels": (png(8193, 1), {}, 400, "picture"),
            "declared as SVG": (picture, {"kind": "image/svg+xml"}, 415, "malformed"),
            "a form": (picture, {"kind": "text/plain"}, 415, "malformed"),
            "without a name": (picture, {"name": ""}, 400, "malformed"),
            "name too long": (picture, {"name": "a" * 97}, 400, "malformed"),
            "name of two lines": (picture, {"name": "a%0Ab"}, 400, "malformed"),
        }
        for name, (body, how, status, code) in cases.items():
            expect(refusal(upload(ada, body, **how)) == (status, code), f"{name}: {refusal(upload(ada, body, **how))}")
        expect(json.loads(ada.request("GET", "/api/v1/plans")[2]) == [], "none of it was kept")

        plan = json.loads(upload(ada, picture)[2])["id"]
        for name, place in {
            "another plan": {"plan": "0" * 16, **PLACE},
        }.items():
            expect(put(ada, "quay", place)[0] == 404, name)
        expect(put(ada, "nowhere", {"plan": plan, **PLACE})[0] == 404, "no such camera")
        expect(put(olga, "quay", {"plan": plan, **PLACE})[0] == 403, "an operator places")
        for name, place in {
            "beside the plan": {"plan": plan, **PLACE, "x": 1.5},
            "no angle": {"plan": plan, **PLACE, "angle": 0},
            "both": {"plan": plan, **PLACE, "lat": 1, "lon": 1},
            "nothing": {},
            "a path": {"plan": "../../../etc/pass", **PLACE},
        }.items():
            expect(put(ada, "quay", place)[0] == 400, name)
        for path in ("..%2f..%2fkeys%2ftls.key", "plans.json", "0" * 16, "%2e%2e"):
            expect(ada.status("GET", f"/api/v1/plans/{path}/image") == 404, path)


@test("desk: a picture of 8 MiB arrives, a larger one is refused before it is sent, a slow or cut one harms nobody")
def large():
    with desk(roles={"ada": "administrator"}) as daemon:
        ada = daemon.signed_in("ada")
        base = len(png(8, 8))
        whole = png(8, 8, MAX - base)
        expect(len(whole) == MAX, str(len(whole)))
        expect(upload(ada, whole)[0] == 201, "8 MiB")
        head = (
            f"POST /api/v1/plans?name=x HTTP/1.1\r\nHost: 127.0.0.1:{daemon.site.port}\r\nCookie: {ada.cookie}\r\n"
            f"X-CSRF: {ada.csrf}\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
        )
        answer = daemon.raw((head % (MAX + 1)).encode())
        expect(b" 413 " in answer[:20], f"8 MiB and a byte: {answer[:60]!r}")
        answer = daemon.raw((head % (1 << 40)).encode())
        expect(b" 413 " in answer[:20], f"a terabyte: {answer[:60]!r}")
        stranger = (head % MAX).replace(ada.cookie, "a=b")
        expect(b" 401 " in daemon.raw(stranger.encode())[:20], "without a session nobody may send so much")
        other = "PUT /api/v1/cameras/quay/place HTTP/1.1\r\n" + head.split("\r\n", 1)[1]
        expect(b" 413 " in daemon.raw((other % 65537).encode())[:20], "other routes take 64 KiB")

        with daemon.tls() as cut:  # half of it, and gone
            cut.sendall((head % len(whole)).encode() + whole[: MAX // 2])
        dawdler = daemon.tls()
        dawdler.sendall((head % 1000).encode() + whole[:10])
        begun = time.monotonic()
        fast = []
        thread = threading.Thread(target=lambda: fast.append(upload(daemon.signed_in("ada"), png(9, 9))[0]))
        thread.start()
        thread.join(20)
        expect(fast == [201] and time.monotonic() - begun < 10, f"others are served meanwhile: {fast}")
        dawdler.settimeout(40)
        answer = b""
        try:
            while more := dawdler.recv(65536):
                answer += more
        except OSError:
            pass
        took = time.monotonic() - begun
        expect(b" 201 " not in answer and 5 < took < 35, f"who dawdles is cut off after {took:.0f} s: {answer[:60]!r}")
        expect(len(json.loads(ada.request("GET", "/api/v1/plans")[2])) == 2, "two plans")


@test("desk: the site's own map is served by Range as soon as it lies there, and a damaged one is not")
def own_map():
    with desk() as daemon:
        olga = daemon.signed_in("olga")
        nothing = {"tiles": False, "kind": None, "min_zoom": None, "max_zoom": None, "bounds": None}
        expect(json.loads(olga.request("GET", "/api/v1/map")[2]) == nothing, "no map")
        expect(olga.status("GET", "/api/v1/map/tiles") == 404, "no tiles")
        path = daemon.site.dir / "map" / "tiles.pmtiles"
        path.write_bytes(b"PMTiles\x02" + bytes(200))
        expect(json.loads(olga.request("GET", "/api/v1/map")[2]) == nothing, "a damaged map")
        path.write_bytes(pmtiles())
        found = json.loads(olga.request("GET", "/api/v1/map")[2])
        expect(found == {"tiles": True, "kind": "png", "min_zoom": 0, "max_zoom": 15,
                         "bounds": [9.9, 53.5, 10.1, 53.6]}, str(found))
        status, _, body = olga.request("GET", "/api/v1/map/tiles", None, {"Range": "bytes=0-126"})
        expect(status == 206 and body == pmtiles()[:127], f"a range: {status}")
        path.unlink()
        path.symlink_to(daemon.site.dir / "state" / "keys" / "tls.key")
        expect(olga.status("GET", "/api/v1/map/tiles") == 404, "a link that leads elsewhere")


@test("desk: plans that cannot be read are left as they are")
def damaged():
    with desk(roles={"ada": "administrator"}, start=False) as daemon:
        path = daemon.site.dir / "state" / "plans" / "plans.json"
        path.parent.mkdir(parents=True)
        path.write_text('{"v":1,"plans":[{"id":"../../x"}],"places":{}}')
        daemon.start()
        ada = daemon.signed_in("ada")
        expect(json.loads(ada.request("GET", "/api/v1/plans")[2]) == [], "none can be shown")
        status, code = refusal(upload(ada, png(8, 8)))
        expect((status, code) == (409, "damaged"), f"{status} {code}")
        expect("../../x" in path.read_text(), "what was there is still there")
