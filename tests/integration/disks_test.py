"""Several disks: cameras are spread over them, and one that fills, becomes read-only or is swapped costs the
others nothing. Real file systems; mounting them needs root."""

import contextlib
import os
import subprocess

from harness import Skip, expect, stage, test
from sitekit import wait_for

DISK_BYTES = 64_000_000


def mount(path, *options):
    done = subprocess.run(["mount", *options, path], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"mount: {done.stderr.strip()}")


def unmount(path):
    subprocess.run(["umount", "-l", path], check=True)


@contextlib.contextmanager
def disks(staged, *names, mounted=lambda path: mount(path, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs")):
    """A small file system of its own for each name, in the site's scrim.yaml."""
    if os.geteuid() != 0:
        raise Skip("mounting disks needs root")
    paths = [staged.dir / name for name in names]
    with contextlib.ExitStack() as stack:
        for path in paths:
            path.mkdir()
            mounted(path)
            stack.callback(unmount, path)
        configure(staged, dict(zip(names, paths)))
        yield paths


def ext4(path):
    """A real journalling file system in a file, which turns read-only when it finds an error."""
    image = path.with_suffix(".img")
    if not image.exists():
        with open(image, "wb") as file:
            file.truncate(DISK_BYTES)
        done = subprocess.run(["mkfs.ext4", "-q", image], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"mkfs.ext4: {done.stderr.strip()}")
    mount(path, "-o", "loop,errors=remount-ro", image)


def wait_until_spread(staged, paths):
    """Both cameras record, each on a disk of its own: the paths of quay's and of gate's."""
    for camera in ("quay", "gate"):
        wait_for(f"{camera} on a disk", lambda c=camera: any(sealed_bytes(p, c) for p in paths), 40)
    expect(not list((staged.site.dir / "store").glob("*/*/*.age")), "there are segments in the site's own store")
    first, second = disk_of(paths, "quay")
    expect(disk_of(paths, "gate")[0] == second, "both cameras are on one disk")
    return first, second


def configure(staged, paths):
    names = [name for name in staged.clips if not name.endswith("-sub")]
    staged.site.configure([staged.entry(name) for name in names])
    with open(staged.site.dir / "scrim.yaml", "a") as file:
        file.write("disks:\n")
        for name, path in paths.items():
            file.write(f"  - {{id: {name}, path: {path}, reserve_mb: 1}}\n")


def sealed_bytes(path, camera):
    return sum(f.stat().st_size for f in (path / camera).glob("*/*.mp4.age"))


def wait_until_growing(path, camera, seconds=30):
    before = wait_for(f"sealed bytes of {camera} in {path}", lambda: sealed_bytes(path, camera), seconds)
    wait_for(f"more of {camera} in {path}", lambda: sealed_bytes(path, camera) > before, seconds)


def disk_of(paths, camera):
    """The paths of the disk that holds the camera, and of the other one."""
    held = [path for path in paths if sealed_bytes(path, camera)]
    expect(len(held) == 1, f"{camera} is on {held}")
    return held[0], next(path for path in paths if path != held[0])


def all_open(staged, camera, least):
    """What the journal names can be opened, from whatever disk. (A full disk's oldest may have been purged.)"""
    records = staged.site.segments(camera)
    records = [r for r in records if (staged.dir / r["disk"] / camera / r["file"]).exists()]
    expect(len(records) >= least, f"{len(records)} segments of {camera}")
    start, end = min(r["start_us"] for r in records), max(r["end_us"] for r in records)
    out = staged.dir / f"{camera}.mp4"
    done = staged.site.unseal(camera, start - 1_000_000, end + 1_000_000, out)
    expect(done.status == 0, f"unseal: {done.err}")
    expect(out.stat().st_size > 10_000, f"{out} is small")
    return records


def check_is_clean(staged):
    findings = staged.site.check()["findings"]
    expect(not findings, f"scrim check: {findings}")


def expect_no_disk_gap(staged, camera):
    gaps = [g for g in staged.site.gaps(camera) if g["cause"] == "disk"]
    expect(not gaps, f"gaps of {camera}: {gaps}")


def expect_short_disk_gap(staged, camera, word):
    gaps = [g for g in staged.site.gaps(camera) if g["cause"] == "disk"]
    expect(gaps and word in gaps[0]["detail"], f"gaps of {camera}: {staged.site.gaps(camera)}")
    length_us = sum(g["end_us"] - g["start_us"] for g in gaps)
    expect(length_us < 10e6, f"{length_us / 1e6} s lost: {gaps}")


@test("a disk that is full hands its camera to the other, and is taken again when there is room")
def fills():
    with stage({"quay": "people", "gate": "people"}) as staged, disks(staged, "bay1", "bay2") as paths:
        staged.site.up()
        full, other = wait_until_spread(staged, paths)
        with open(full / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(65536))
        staged.wait_for_log(f"{full}) is full")
        wait_until_growing(other, "quay")
        wait_until_growing(other, "gate")
        (full / "filler").unlink()
        staged.wait_for_log(f"{full} works again", 120)
        staged.site.down()
        expect_no_disk_gap(staged, "gate")
        all_open(staged, "quay", 1)
        used = {r["disk"] for r in staged.site.segments("quay")}
        expect(used == {"bay1", "bay2"}, f"disks: {used}")
        all_open(staged, "gate", 1)
        check_is_clean(staged)


@test("with one disk, full means a gap that says so, and recording goes on when there is room")
def one_disk_fills():
    with stage({"quay": "people"}) as staged, disks(staged, "bay1") as (path,):
        staged.site.up()
        wait_until_growing(path, "quay")
        with open(path / "filler", "wb", buffering=0) as filler:
            for size in (65536, 512):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(bytes(size))
        staged.wait_for_log("No space left")
        (path / "filler").unlink()
        staged.wait_for_log(f"{path} works again", 120)
        wait_for("a segment after the gap", lambda: staged.site.gaps("quay"), 60)
        wait_until_growing(path, "quay")
        staged.site.down()
        gaps = [g for g in staged.site.gaps("quay") if g["cause"] == "disk"]
        expect(gaps, f"gaps: {staged.site.gaps('quay')}")
        all_open(staged, "quay", 1)
        check_is_clean(staged)


@test("a disk that turns read-only costs its camera seconds and the other nothing; mended, it is whole again")
def read_only():
    with stage({"quay": "people", "gate": "people"}) as staged, disks(staged, "bay1", "bay2", mounted=ext4) as paths:
        staged.site.up()
        broken, other = wait_until_spread(staged, paths)
        device = subprocess.run(["findmnt", "-no", "SOURCE", broken], capture_output=True, text=True).stdout.strip()
        with open(f"/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error", "w") as trigger:
            trigger.write("a test")
        staged.wait_for_log(f"{broken}) is read-only", 40)
        wait_until_growing(other, "quay")
        wait_until_growing(other, "gate")
        staged.site.down()
        expect_no_disk_gap(staged, "gate")
        expect_short_disk_gap(staged, "quay", broken.name)
        subprocess.run(["umount", broken], check=True)
        subprocess.run(["fsck.ext4", "-fy", broken.with_suffix(".img")], capture_output=True)
        ext4(broken)
        staged.site.up()
        wait_until_growing(other, "quay")  # it stays where it is
        staged.site.down()
        all_open(staged, "gate", 1)
        all_open(staged, "quay", 2)
        check_is_clean(staged)


@test("a disk that hangs holds up neither the other's segments nor any journal, and is waited for by nobody")
def hangs():
    with stage({"quay": "people", "gate": "people"}) as staged, disks(staged, "bay1", "bay2", mounted=ext4) as paths:
        site = staged.site
        site.up()
        frozen, other = wait_until_spread(staged, paths)
        done = subprocess.run(["fsfreeze", "--freeze", frozen], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"fsfreeze: {done.stderr.strip()}")
        try:
            staged.wait_for_log(f"{frozen}) has not answered for")
            wait_until_growing(other, "quay")
            wait_until_growing(other, "gate")
            wait_for("quay's gap in its journal", lambda: site.gaps("quay"), 20)
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", frozen], check=True)
        staged.wait_for_log(f"{frozen} works again", 120)
        site.down()
        expect_no_disk_gap(staged, "gate")
        expect_short_disk_gap(staged, "quay", frozen.name)
        used = [r["disk"] for r in site.segments("quay")]
        expect(sorted(set(used)) == ["bay1", "bay2"], f"disks: {used}")
        all_open(staged, "quay", 2)
        all_open(staged, "gate", 1)
        check_is_clean(staged)


@test("a disk in whose place another is mounted is not written to, and its recordings come back with it")
def swapped():
    with stage({"quay": "people", "gate": "people"}) as staged, disks(staged, "bay1", "bay2") as paths:
        site = staged.site
        site.up()
        gone, other = wait_until_spread(staged, paths)
        mount(gone, "-t", "tmpfs", "tmpfs")  # an empty directory, as a mount point is
        staged.wait_for_log(f"{gone}) is not what is mounted there")
        wait_until_growing(other, "quay")
        site.down()
        expect_no_disk_gap(staged, "gate")
        expect_short_disk_gap(staged, "quay", gone.name)
        result = site.check()
        kinds = [f["kind"] for f in result["findings"]]
        expect(kinds == ["disk"] and result["absent"] >= 1, f"scrim check: {result}")

        site.up()
        wait_until_growing(other, "quay")
        site.down()
        expect("which disk 'bay" in staged.log() and "is it mounted?" in staged.log(), "it is not said")
        expect(not any(gone.iterdir()), f"something was written to {gone}: {list(gone.iterdir())}")
        subprocess.run(["umount", gone], check=True)
        site.up()
        wait_until_growing(other, "quay")
        site.down()
        all_open(staged, "quay", 3)
        check_is_clean(staged)
