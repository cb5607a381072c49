"""scrim gaps, over a recording that really was interrupted; and what it says to senseless arguments."""

import json
import time

from harness import expect, expect_failure, stage, test
from sitekit import scrim, scrim_ok, utc_text, wait_for


def told(site, *more):
    (camera,) = json.loads(scrim_ok("gaps", site.dir, "--camera", "quay", "--json", *more).out)
    return camera


@test("scrim gaps tells what is recorded, what is missing and why, and what nobody knows")
def interrupted():
    with stage({"quay": "people"}) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        time.sleep(3)
        staged.cameras.command("freeze quay 1")  # the connection stays, nothing comes
        wait_for("the gap to be open", lambda: "recording" not in told_state(site), 30)
        time.sleep(2)
        staged.cameras.command("freeze quay 0")
        staged.wait_until_recording("quay")
        wait_for("the gap's record", lambda: site.gaps("quay"), 30)
        time.sleep(3)
        site.down()

        answer = told(site)
        records = site.records("quay")
        first = next(r for r in records if r["type"] in ("segment", "gap"))["start_us"]
        stopped = next(r for r in records if r["type"] == "stop")
        expect(answer["told"]["from_us"] == first, f"told from {answer['told']}")
        expect(not answer["unknown"], f"unknown: {answer['unknown']}")
        causes = [g["cause"] for g in answer["gaps"]]
        expect("camera" in causes or "network" in causes, f"no gap for the camera that froze: {causes}")
        last = answer["gaps"][-1]
        expect(last["cause"] == "operator" and last["from_us"] == stopped["start_us"], f"not stopped: {last}")
        recorded = sum(s["end_us"] - s["start_us"] for s in site.segments("quay"))
        expect(abs(answer["recorded_us"] - recorded) < 2_000_000, f"recorded {answer['recorded_us']} of {recorded}")

        # A journal that lost its gap records: what they explained is unknown now, and said so.
        journal = sorted((site.dir / "store/quay").glob("*/journal"))[-1]
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(line for line in lines if '"type":"gap"' not in line))
        answer = told(site)
        expect(len(answer["unknown"]) >= 1, "what nobody explains is not unknown")
        text = scrim_ok("gaps", site.dir, "--from", utc_text(first - 60_000_000)).out
        expect("?" in text and "=" in text and "unknown" in text, f"the table does not show it: {text}")
        early = scrim_ok("gaps", site.dir, "--to", utc_text(first - 60_000_000)).out
        expect("recorded 0.0 s" in early and "?" not in early, f"before the first record: {early}")


def told_state(site):
    """What is going on, by the size of the newest segment in a second."""
    files = sorted((site.dir / "store/quay").glob("*/*.mp4.age"))
    before = files[-1].stat().st_size
    time.sleep(1)
    return "recording" if files[-1].stat().st_size > before else "silent"


@test("scrim gaps refuses what makes no sense")
def refuses():
    with stage({"quay": "people"}) as staged:
        directory = staged.site.dir
        expect(scrim("gaps").status == 2, "no directory")
        for wrong in (
            ("--from", "yesterday"),
            ("--from", "2026-11-23T09:00:00Z", "--to", "2026-11-23T08:00:00Z"),
            ("--camera", "../../etc"),
            ("--camera", ""),
            ("--camera", "q" * 40),
            ("--nonsense",),
        ):
            result = scrim("gaps", directory, *wrong)
            expect(result.status == 2 and result.err, f"{wrong}: status {result.status}: {result.err}")
        expect_failure(scrim("gaps", directory, "--camera", "nowhere"), "nowhere")
        expect_failure(scrim("gaps", "/nonexistent"), "nonexistent")
        expect(json.loads(scrim_ok("gaps", directory, "--json").out)[0]["camera"] == "quay", "JSON of a camera without records")
