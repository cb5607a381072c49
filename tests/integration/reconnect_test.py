"""A camera that breaks is awaited and taken again; one that is merely slow, or asks for its password anew, is not broken."""

import shutil
import tempfile
import time
from pathlib import Path

from harness import CAMERA_PASSWORD, CAMERA_USER, ROOT, expect, test, vtest, wait_for
from loadkit import Load, encode, wait_until_all_record
from sitekit import Site, write_secret

FPS = 25
AWAY = {"drop": 0, "half-open": 1, "frozen": 2, "hung": 3, "refused": 4}  # each in its own way
STAYS = {"short-session": 5, "stale-nonce": 6, "slow": 7}
LOSSY, JUMPY = {"lossy": 8}, {"jumpy": 9}
CAMERAS = AWAY | STAYS | LOSSY | JUMPY
BACK_US = 2_500_000  # two seconds, and up to half a second to the next key frame


def now_us():
    return time.time_ns() // 1000


def entries(load):
    return [
        {"id": name, "main": load.url(number), "purpose": "Test", "user": CAMERA_USER, "password_file": "secrets/camera",
         "transport": "udp" if name in LOSSY else "tcp"}
        for name, number in CAMERAS.items()
    ]


def pause(seconds):
    """Time that has to pass, because what is tested is that nothing happens in it."""
    until = time.monotonic() + seconds
    wait_for("time to pass", lambda: time.monotonic() >= until, seconds + 5)


@test("cameras that drop, hang, freeze or refuse are back within two seconds of their return; others are left alone")
def reconnects():
    work = Path(tempfile.mkdtemp(prefix="scrim-"))
    password = write_secret(work / "password", CAMERA_PASSWORD)
    clip = encode(ROOT / "build" / "check" / "footage" / "reconnect.h264", vtest(), 4, "320:240", FPS, "300k", noise=0)
    load = Load([clip], len(CAMERAS), fps=FPS, more=["--user", CAMERA_USER, "--password-file", password])
    site = Site(work / "site", open(work / "log", "w"))
    try:
        site.create(entries(load))
        write_secret(site.dir / "secrets" / "camera", CAMERA_PASSWORD)
        site.make_vault(work / "shares")
        for number in STAYS.values():
            load.command(f"timeout cam{number} 4")
        site.up()
        wait_until_all_record(site, entries(load), 30)

        load.command("loss cam8 0.02")
        load.command("hang cam3 1")
        load.command("fail cam4 503")
        load.command("freeze cam2 1")
        load.command("stall cam1 1")
        for number in (0, 3, 4):
            load.command(f"drop cam{number}")
        load.command("speed cam7 0.999")
        load.command("tsjump cam9 -3600000")
        pause(7)
        load.command("stale cam6")
        returned = {}
        for name, line in (("hung", "hang cam3 0"), ("refused", "fail cam4 0"), ("frozen", "freeze cam2 0"), ("half-open", "stall cam1 0")):
            returned[name] = now_us()
            load.command(line)
        load.command("drop cam3")  # the connection on which PLAY was answered and nothing came
        pause(9)
        site.down()

        gaps = {name: site.gaps(name) for name in CAMERAS}
        for name in AWAY:
            expect(gaps[name], f"{name}: no gap was journalled")
            expect({g["cause"] for g in gaps[name]} == {"camera"}, f"{name}: {[(g['cause'], g['detail']) for g in gaps[name]]}")
            back = gaps[name][-1]["end_us"]
            late = back - returned.get(name, gaps[name][0]["start_us"])
            print(f"  {name}: away for {(back - gaps[name][0]['start_us']) / 1e6:.1f} s, back {late / 1e6:.1f} s after its return")
            expect(late < BACK_US, f"{name} was back only {late / 1e6:.1f} s after its return")
        for name in STAYS | LOSSY:
            expect(not gaps[name], f"{name} was taken for broken: {[(g['cause'], g['detail']) for g in gaps[name]]}")
        lossy = site.segments("lossy")
        expect(sum(s["lost"] for s in lossy) > 0 and sum(s["lost_packets"] for s in lossy) > 0, "losses over UDP were not counted")
        jumps = [r for r in site.records("jumpy") if r["type"] == "clock" and r["whose"] == "camera"]
        expect(len(jumps) == 1 and abs(jumps[0]["step_us"] + 3_600_000_000) < 500_000, f"the camera's clock jumped: {jumps}")
        report = site.check()
        expect(not report["findings"], f"scrim check: {report['findings']}")
    except BaseException:
        print("".join(f"  log: {line}\n" for line in (work / "log").read_text(errors="replace").splitlines()[-60:]), end="")
        raise
    finally:
        site.down()
        load.stop()
        shutil.rmtree(work, ignore_errors=True)
