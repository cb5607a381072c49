"""`record: redacted` and `record: nothing`: no original is ever sealed, and everything that tells of time says why."""

import json
import time

from harness import expect, expect_failure, ffmpeg, stage, test
from sitekit import scrim, scrim_ok, wait_for

PASSWORD = "a very good password"


def sealed(site, camera):
    return sorted((site.dir / "store" / camera).glob("*/*.age*"))


def films(site, camera):
    return sorted((site.dir / "veil" / camera).glob("*/*.mp4"))


def wait_until_watching(site, camera, seconds=40):
    desk = site.desk()
    wait_for("the desk to answer", desk.answers, seconds)
    desk.sign_in("olga", PASSWORD)
    wait_for(f"{camera} to be watched", lambda: desk.camera(camera)["state"] == "watching", seconds)
    wait_for(f"{camera} to be live", lambda: desk.camera(camera)["veil"]["state"] == "live", seconds)
    return desk


def told(site, camera):
    (answer,) = json.loads(scrim_ok("gaps", site.dir, "--camera", camera, "--json").out)
    return answer


def told_by_desk(desk, camera):
    now_ms = int(time.time() * 1000)
    return desk.get(f"/cameras/{camera}/timeline?from={now_ms - 3_600_000}&to={now_ms}")



def expect_clean(site):
    check = site.check()
    expect(not check["findings"], f"scrim check: {check}")
    return check


@test("record: redacted seals nothing, keeps the redacted picture, and says so everywhere")
def only_redacted():
    with stage({"quay": "people", "quay-sub": "people-sub"}) as staged:
        site = staged.site
        site.configure([staged.entry("quay", record="redacted")])
        site.add_user("olga", "operator", PASSWORD)
        site.up()
        desk = wait_until_watching(site, "quay")
        expect(desk.camera("quay")["record"] == "redacted", "the list of cameras does not say what is kept")
        wait_for("a redacted film", lambda: films(site, "quay"), 30)
        time.sleep(3)

        # Only the smaller stream is asked of the camera.
        expect(not staged.cameras.stat("quay")["watched"], "the main stream is read")
        expect(staged.cameras.stat("quay-sub")["watched"], "the sub stream is not read")

        status = json.loads(scrim("status", site.dir, "--json").out)
        (camera,) = status["cameras"]
        expect(camera["state"] == "watching" and camera["record"] == "redacted", f"status: {camera}")
        expect(not [p for p in status["problems"] if "quay" in p], f"problems: {status['problems']}")
        expect("redacted only" in scrim("status", site.dir).out, "the table does not say what is kept")
        storage = wait_for("the keeper's word on storage",
                           lambda: site.dir.joinpath("run/storage.json").exists()
                           and json.loads((site.dir / "run/storage.json").read_text()))
        (kept,) = storage["cameras"]
        expect(kept["basis"] == "none" and kept["rate"] == 0, f"storage is asked for originals: {kept}")

        # A camera that breaks is a gap: of the redacted picture, too.
        staged.cameras.command("freeze quay-sub 1")
        wait_for("the outage to show", lambda: desk.camera("quay")["state"] == "waiting", 30)
        staged.cameras.command("freeze quay-sub 0")
        wait_for("the picture to be back", lambda: desk.camera("quay")["state"] == "watching", 30)
        site.down()

        expect(sealed(site, "quay") == [], f"an original was sealed: {sealed(site, 'quay')}")
        records = site.records("quay")
        kinds = {r["type"] for r in records}
        expect("unsealed" in kinds and "segment" not in kinds, f"records: {kinds}")
        expect({r["kept"] for r in records if r["type"] == "unsealed"} == {"redacted"}, "kept")
        expect([g["cause"] for g in site.gaps("quay")][:1] in (["camera"], ["network"]), f"gaps: {site.gaps('quay')}")
        check = expect_clean(site)
        expect(check["segments"] == 0, f"segments: {check['segments']}")
        answer = told(site, "quay")
        expect(answer["only_redacted"] and not answer["recorded"] and not answer["unknown"], f"scrim gaps: {answer}")
        expect("redacted only" in scrim_ok("gaps", site.dir, "--camera", "quay").out, "scrim gaps does not say why")
        film = films(site, "quay")[0]
        ffmpeg("-i", film, "-f", "null", "-")
        unsealed = next(r for r in records if r["type"] == "unsealed")
        result = site.unseal("quay", unsealed["start_us"], unsealed["end_us"], staged.dir / "out.mp4")
        expect_failure(result, "nothing was recorded")


@test("record: nothing keeps nothing: no original, no redacted film")
def nothing():
    with stage({"quay": "people"}) as staged:
        site = staged.site
        site.configure([staged.entry("quay", record="nothing")])
        site.add_user("olga", "operator", PASSWORD)
        site.up()
        desk = wait_until_watching(site, "quay")
        expect(staged.cameras.stat("quay")["watched"], "the only stream is not read")
        live = desk.live("quay")
        frames = 0
        for message in live:
            frames += isinstance(message, bytes)
            if frames > 20:
                break
        live.close()
        time.sleep(2)
        site.down()
        expect(sealed(site, "quay") == [] and films(site, "quay") == [], "something was kept")
        expect({r["kept"] for r in site.records("quay") if r["type"] == "unsealed"} == {"nothing"}, "kept")
        expect_clean(site)
        answer = told(site, "quay")
        expect(answer["not_kept"] and not answer["recorded"] and not answer["unknown"], f"scrim gaps: {answer}")
        expect(not [g for g in answer["gaps"] if g["cause"] != "operator"], f"gaps: {answer['gaps']}")


@test("what is kept of a camera can be changed while it runs, both ways")
def changes():
    with stage({"quay": "people", "quay-sub": "people-sub"}) as staged:
        site = staged.site
        site.add_user("olga", "operator", PASSWORD)
        site.up()
        staged.wait_until_recording("quay")
        time.sleep(2)
        site.configure([staged.entry("quay", record="redacted")])
        site.process.send_signal(1)  # SIGHUP
        desk = wait_until_watching(site, "quay")
        before = sealed(site, "quay")
        expect(before, "nothing was sealed to begin with")
        time.sleep(3)
        expect(sealed(site, "quay") == before, "an original was sealed after the change")
        site.configure([staged.entry("quay")])
        site.process.send_signal(1)
        wait_for("recording to go on", lambda: len(sealed(site, "quay")) > len(before), 40)
        staged.wait_until_recording("quay")
        wait_for("the desk to answer", desk.answers, 40)
        desk.sign_in("olga", PASSWORD)
        timeline = wait_for("the timeline to tell",
                            lambda: (lambda t: t if t["only_redacted"] and t["recorded"] else None)(told_by_desk(desk, "quay")), 20)
        expect(not timeline["unknown"], f"unknown: {timeline}")
        site.down()
        kinds = [r["type"] for r in site.records("quay") if r["type"] in ("segment", "unsealed")]
        expect(kinds[0] == "segment" and kinds[-1] == "segment" and "unsealed" in kinds, f"records: {kinds}")
        gaps = site.gaps("quay")
        expect(all(g["end_us"] - g["start_us"] < 8_000_000 for g in gaps), f"long gaps: {gaps}")
        expect_clean(site)
        expect(not told(site, "quay")["unknown"], "unknown")
