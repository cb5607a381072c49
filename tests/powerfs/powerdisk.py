"""A disk whose power can be cut, for tests: powerdisk.c below a loop device, with a real file system on it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", "-J", "size=16", "-N", "8192"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-K"],
}


class Unavailable(Exception):
    """Such a disk cannot be made here; the text says why."""


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{arguments[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def is_mounted(path):
    """From the kernel's list: XFS that lost its disk cannot even be asked for the mount point."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return any(line.split(" ")[1] == str(path) for line in mounts)


def unmount(path):
    deadline = time.monotonic() + 10
    while is_mounted(path):
        try:
            run("umount", path)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # a process that was killed, or a loop device, is still leaving


def build(program):
    """Compiles powerdisk.c to `program` if that is missing or old."""
    source = HERE / "powerdisk.c"
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    flags = run("pkg-config", "--cflags", "--libs", "fuse3").split()
    program.parent.mkdir(parents=True, exist_ok=True)
    run("cc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", program, *flags)
    return program


def why_not(kind):
    """None, or why there can be no such disk here."""
    if os.geteuid() != 0:
        return "only root may mount"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not os.access(device, os.W_OK):
            return f"no {device}"
    for tool in (MAKE[kind][0], "losetup", "mount", "pkg-config", "cc", "fusermount3"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if subprocess.run(["pkg-config", "--exists", "fuse3"], check=False).returncode != 0:
        return "libfuse3-dev is not installed"
    return None


class PowerDisk:
    """`path` is where its file system is mounted."""

    def __init__(self, directory, program, kind="ext4", mebibytes=3000):
        if why := why_not(kind):
            raise Unavailable(why)
        self.kind, self.device = kind, None
        self.fuse, self.path = Path(directory) / "power", Path(directory) / "disk"
        self.fuse.mkdir()
        self.path.mkdir()
        self.server = subprocess.Popen([str(build(program)), str(self.fuse), str(mebibytes)], start_new_session=True)
        deadline = time.monotonic() + 10
        while not (self.fuse / "control").exists():
            if self.server.poll() is not None or time.monotonic() > deadline:
                self.server.kill()
                raise Unavailable("FUSE does not work here")
            time.sleep(0.02)
        try:
            self._attach()
            run(*MAKE[kind], self.device)
            self._mount()
        except OSError as problem:
            self.close()
            raise Unavailable(str(problem)) from None

    def _attach(self):
        self.device = run("losetup", "-f", "--show", self.fuse / "disk")

    def _mount(self):
        # The one that was cut off may still live in the mount namespace of some other process.
        run("mount", *(["-o", "nouuid"] if self.kind == "xfs" else []), self.device, self.path)

    def command(self, text):
        fd = os.open(self.fuse / "control", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    def counts(self):
        words = (self.fuse / "control").read_text().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def cut(self, way, seed):
        """The power fails, now. Afterwards end what uses the disk, and call restore()."""
        self.command(f"cut {way} {seed}")

    def restore(self):
        """Power is back: the file system is mounted again as the medium has it."""
        self._detach()
        self.command("on")
        self._attach()
        self._mount()

    def _detach(self):
        unmount(self.path)
        if self.device:
            run("losetup", "-d", self.device)
            self.device = None

    def close(self):
        try:
            self._detach()
        finally:
            self.server.terminate()  # unmounts, whoever still holds the loop device
            self.server.wait(10)
