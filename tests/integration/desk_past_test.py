"""The past over the API: the timeline of all cameras, what happened, stills, the file that grows, exports, acts."""

import json
import time

from desk_archive_test import SECOND, begin, listed, noon_us, send
from desk_kit import Picture, desk
from harness import expect, test, wait_for

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
