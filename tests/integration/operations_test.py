"""What an operator is told: /metrics, `scrim status`, and logs that do not fill."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import threading
import time

import promtext
from desk_kit import PASSWORD
from harness import expect, stage, test, wait_for
from sitekit import Failure, scrim

TOKEN = "state/keys/metrics.token"
KNOWN_HINT = "scrim_camera_bitrate_bits use base unit"  # video is told in bits a second everywhere


def scrape(site, token=None):
    """(status, text) of /metrics, with the site's own token unless told otherwise."""
    token = (site.dir / TOKEN).read_text().strip() if token is None else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, answered, body = site.desk().request("GET", "/metrics", headers=headers)
    if status == 200:
        expect(answered["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", answered["Content-Type"])
    return status, body.decode()


def metrics(site):
    status, text = scrape(site)
    expect(status == 200, f"/metrics: status {status}")
    return promtext.parse(text)


def value(site, name, **labels):
    """The one sample with these labels, or None."""
    return metrics(site).get(name, labels)


def answers(site):
    try:
        return scrape(site)[0] == 200
    except (OSError, Failure):
        return False


def status_of(site, **options):
    result = scrim("status", site.dir, "--json", **options)
    try:
        return result.status, json.loads(result.out)
    except ValueError:
        raise Failure(f"scrim status: status {result.status}: {result.err.strip()}") from None


def is_well(site):
    return status_of(site)[0] == 0


@test("operations: /metrics and scrim status follow a site as it records, loses a camera and gets it back")
def follows():
    with stage({"quay": "people", "gate": "people-sub"}, users={"ada": ("administrator", PASSWORD),
                                                                "olga": ("operator", PASSWORD)}) as staged:
        site = staged.site
        site.up()
        staged.wait_until_recording("quay")
        staged.wait_until_recording("gate")
        wait_for("metrics", lambda: answers(site))
        wait_for("both cameras in the metrics", lambda: metrics(site).sum("scrim_camera_recording") == 2)
        wait_for("the keeper's figures", lambda: value(site, "scrim_storage_admitted") == 1, 30)
        wait_for("the disk's figures", lambda: value(site, "scrim_disk_flush_seconds_count", disk="(site)"))

        rights(site)
        figures(site)
        wait_for("all to be well", lambda: is_well(site), 30)
        table = scrim("status", site.dir)
        expect(table.status == 0 and "all is well" in table.out, table.out)
        expect(re.search(r"^quay +recording ", table.out, re.MULTILINE), table.out)
        expect("\033" not in table.out, "colours in a pipe")

        staged.cameras.command("fail gate 503")
        staged.cameras.command("drop gate")
        wait_for("the dropped camera to show", lambda: value(site, "scrim_camera_recording", camera="gate") == 0)
        expect(value(site, "scrim_camera_recording", camera="quay") == 1, "the other camera stopped, too")
        # gate's connection ended, which the network answers for, or its answer was an error.
        wait_for("the gap to be counted", lambda: metrics(site).sum("scrim_camera_gaps_total", camera="gate") >= 1)
        code, told = status_of(site)
        problem = [p for p in told["problems"] if "camera gate" in p]
        expect(code == 1 and not told["ok"] and problem, f"status {code}: {told['problems']}")
        table = scrim("status", site.dir, env={**os.environ, "COLUMNS": "60"})
        lines = table.out.splitlines()
        expect(table.status == 1 and "needs attention" in lines[0], table.out)
        expect(lines[2].startswith("! camera gate is not recorded"), f"problems do not come first: {table.out}")
        expect(max(map(len, lines)) <= 60, f"wider than 60: {table.out}")
        expect(any(re.match(r"gate +(waiting|connecting)", line) for line in lines), table.out)

        (site.dir / "run" / "status.sock").rename(site.dir / "run" / "elsewhere.sock")
        code, told = status_of(site)
        expect(code == 1 and told["source"] == "files", f"status {code}, {told['source']}")
        expect(told["programs"] == {"desk": False, "recorder": True, "keeper": True, "opener": True, "veil": None}, told["programs"])
        (site.dir / "run" / "elsewhere.sock").rename(site.dir / "run" / "status.sock")

        staged.cameras.command("fail gate 0")
        wait_for("the camera to be back", lambda: value(site, "scrim_camera_recording", camera="gate") == 1, 40)
        wait_for("a reconnect to be counted", lambda: value(site, "scrim_camera_reconnects_total", camera="gate") >= 1)
        wait_for("all to be well again", lambda: is_well(site), 30)

        repeats = [line for line in staged.log().splitlines() if "recorder.gate" in line]
        expect(len(repeats) < 40, f"{len(repeats)} lines about one camera")

        site.down()
        code, told = status_of(site)
        expect(code == 1 and told["source"] == "files", f"status {code}, {told['source']}")
        expect(told["programs"] == {"desk": False, "recorder": False, "keeper": False, "opener": False, "veil": None}, told["programs"])
        days = {c["id"]: c["day"] for c in told["cameras"]}
        expect(all(day["recorded_to_us"] for day in days.values()), f"the last recording is not told: {days}")
        expect(days["gate"]["gaps"] and told["storage"]["admission"]["ok"], f"{days['gate']}, {told['storage']}")
        table = scrim("status", site.dir)
        expect("the recorder is not running: nothing is being recorded" in table.out, table.out)
        expect("from files, not from now" in table.out and "recorded" in table.out, table.out)


def rights(site):
    mode = stat.S_IMODE((site.dir / TOKEN).stat().st_mode)
    expect(mode == 0o600, f"the token's mode is {mode:o}")
    token = (site.dir / TOKEN).read_text().strip()
    for wrong in ("", "x", token[:-1], token + "0", token.swapcase() if token != token.swapcase() else "y", "Bearer"):
        expect(scrape(site, wrong)[0] == 401, f"a wrong token gets in: {wrong!r}")
    status, _, _ = site.desk().request("GET", "/metrics", headers={"Authorization": f"Basic {token}"})
    expect(status == 401, f"the token as another scheme: {status}")
    for name, wanted in (("ada", 200), ("olga", 403)):
        client = site.desk()
        client.sign_in(name, PASSWORD)
        expect(client.request("GET", "/metrics")[0] == wanted, f"{name}: {client.request('GET', '/metrics')[0]}")
    # The token opens /metrics and nothing else.
    status, _, _ = site.desk().request("GET", "/api/v1/cameras", headers={"Authorization": f"Bearer {token}"})
    expect(status == 401, f"the token opens the API: {status}")
    mode = stat.S_IMODE((site.dir / "run" / "status.sock").stat().st_mode)
    expect(mode == 0o600, f"the status socket's mode is {mode:o}")


def figures(site):
    first = metrics(site)
    for camera in ("quay", "gate"):
        expect(first.get("scrim_camera_bitrate_bits", {"camera": camera}) > 1000, f"{camera}: no bit rate")
        rate = first.get("scrim_camera_frames_per_second", {"camera": camera})
        expect(5 < rate < 20, f"{camera}: {rate} pictures a second")
        expect(first.get("scrim_camera_rtp_packets_total", {"camera": camera}) > 10, f"{camera}: no packets")
        expect(first.get("scrim_camera_disk_info", {"camera": camera, "disk": "(site)"}) == 1, f"{camera}: no disk")
        states = [s for s in first.samples("scrim_camera_veil_state", camera=camera) if s[1] == 1]
        expect(len(states) == 1, f"{camera}: veil states {states}")
    total = first.get("scrim_disk_total_bytes", {"disk": "(site)"})
    usage = shutil.disk_usage(site.dir)
    expect(total == usage.total, f"{total} bytes in all, {usage.total} by statvfs")
    expect(abs(first.get("scrim_disk_free_bytes", {"disk": "(site)"}) - usage.free) < 2**31, "another free space")
    expect(first.get("scrim_disk_state", {"disk": "(site)", "state": "ok"}) == 1, "the disk is not ok")
    expect(first.get("scrim_storage_needed_bytes", {}) > 0, "nothing is needed")
    wait_for("pictures to be counted", lambda: grows(site, first, "scrim_camera_frames_total", camera="quay"))
    wait_for("flushes to be counted", lambda: grows(site, first, "scrim_disk_flush_seconds_count", disk="(site)"))
    with_promtool(scrape(site)[1])


def grows(site, before, name, **labels):
    return value(site, name, **labels) > before.get(name, labels)


def with_promtool(text):
    """Prometheus' own linter, where it is installed."""
    tool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if not tool:
        print("  promtool (Debian package prometheus) is not installed: /metrics is parsed by promtext.py alone")
        return
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True)
    hints = [h for h in (done.stdout + done.stderr).splitlines() if h and not h.startswith(KNOWN_HINT)]
    expect(not hints, f"promtool: {hints}")


@test("operations: scrim status meets a desk that hangs, another version, and a site that never ran")
def odd_desks():
    with stage({"quay": "people"}) as staged:
        site = staged.site
        code, told = status_of(site)
        expect(code == 1 and told["source"] == "files" and told["cameras"][0]["day"]["gaps"] == {}, told)
        path = site.dir / "run" / "status.sock"
        path.parent.mkdir(exist_ok=True)
        for answer, word in ((b'{"v":2}', "version"), (b"{", "understood"), (b"", "understood"), (None, "answer")):
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen()

                def serve():
                    client, _ = listener.accept()
                    if answer is None:
                        time.sleep(7)  # longer than anybody waits
                    else:
                        client.sendall(answer)
                    client.close()

                thread = threading.Thread(target=serve)
                thread.start()
                code, told = status_of(site)
                thread.join()
                expect(code == 1 and told["source"] == "files" and word in told["why"], f"{answer}: {told['why']}")


@test("operations: a log as JSON lines, one object each, from every program")
def json_log():
    os.environ["SCRIM_LOG_FORMAT"] = "json"
    try:
        with stage({"quay": "people"}) as staged:
            staged.site.up()
            staged.wait_until_recording("quay")
            wait_for("all programs to speak", lambda: len(names(staged)) >= 4)
            staged.site.down()
            for line in staged.log().splitlines():
                entry = json.loads(line)
                expect(entry.keys() - {"more"} == {"time", "level", "name", "text"}, line)
                expect(entry["level"] in ("error", "warn", "info", "debug"), line)
                expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["time"]), line)
    finally:
        del os.environ["SCRIM_LOG_FORMAT"]


def names(staged):
    return {json.loads(line)["name"].split(".")[0] for line in staged.log().splitlines()}
