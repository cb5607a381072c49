#!/usr/bin/python3
"""The systemd units: they verify, none is more exposed than docs/ref/systemd.md says, and the desk may write where it
writes.

`systemd-analyze security --offline` scores what a unit leaves open from 0 (nothing) to 10. What is written down is
the most it may be: a change that hardens a unit lowers the figure there, one that opens it has to say so there.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "packaging" / "systemd"
PAGE = ROOT / "docs" / "ref" / "systemd.md"
MOST = 2.0  # of any unit


def written_down():
    """{unit: score} from the page's table."""
    rows = re.findall(r"^\| `(\S+)` \| (\d+\.\d) \|", PAGE.read_text(), re.MULTILINE)
    return {unit: float(score) for unit, score in rows}


def lay_out(directory):
    """The units as they are installed, for a site called x, with a program that exists."""
    for source in [*UNITS.glob("*.in"), *UNITS.glob("*.socket"), *UNITS.glob("*.path")]:
        text = source.read_text()
        text = re.sub(r"^(Exec(?:Start|Reload)=)@LIBDIR@\S*", r"\1/bin/true", text, flags=re.MULTILINE)
        name = source.name.removesuffix(".in")
        for instance in (name, name.replace("@.", "@x.")):
            target = instance.replace("scrim-veil@", "scrim-veil-0@")
            (directory / target).write_text(text.replace("@LIBDIR@", "/usr").replace("@DOCDIR@", "/usr/share/doc"))


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def score(unit):
    _, out, err = analyze("security", "--offline=true", unit)
    found = re.search(r"exposure level for \S+: (\d+\.\d)", out)
    return (float(found[1]), "") if found else (None, err.strip())


def desk_directories():
    """{directory below a site's: whether the desk writes there}, of make_dirs() and confine() in its main.c."""
    defines = {}
    for header in (ROOT / "src").rglob("*.h"):
        defines.update(re.findall(r'^#define (SCRIM_\w+_DIR) "([^"]+)"', header.read_text(), re.MULTILINE))
    text = re.sub(r"\bSCRIM_\w+_DIR\b", lambda name: f'"{defines[name[0]]}"', (ROOT / "src/desk/main.c").read_text())
    made = re.search(r"names\[\] = \{([^}]*)\}", text)
    opened = re.search(r"\} wanted\[\] = \{(.*?)\n    \};", text, re.DOTALL)
    found = dict.fromkeys(re.findall(r'"([^"]+)"', made[1]), False)
    for name, rights in re.findall(r'\{"([^"]+)",([^}]*)\}', opened[1]):
        if not name.endswith(".pub"):  # a file
            found[name] = "all" in rights or "CREATE" in rights
    return found


def desk_gaps():
    """What own-site does not make, though the site's directory is root's, and what the desk's unit does not let it write."""
    unit = (UNITS / "scrimd@.service.in").read_text()
    writable = re.findall(r"/var/lib/scrim/%i/(\S+)", re.search(r"^ReadWritePaths=(.*)$", unit, re.MULTILINE)[1])
    own_site = (UNITS / "own-site").read_text()
    listed = [name for names in re.findall(r"^for \w+ in (.*); do$", own_site, re.MULTILINE) for name in names.split()]
    made = {*listed, *re.findall(r'^ *own \S+ \d+ "\$site/([^"$]+)"', own_site, re.MULTILINE)}
    for name, writes in desk_directories().items():
        if name not in made:
            yield f"own-site does not make {name}, which the desk needs"
        if writes and not any(name == path or name.startswith(path + "/") for path in writable):
            yield f"scrimd@.service: ReadWritePaths lacks {name}, where the desk writes"


def main():
    if not shutil.which("systemd-analyze"):
        print("  skipped: systemd-analyze (Debian package systemd) is not installed\nskip units: systemd")
        return 0
    broken = list(desk_gaps())
    with tempfile.TemporaryDirectory(prefix="scrim-units-") as work:
        directory = Path(work)
        lay_out(directory)
        limits, services = written_down(), sorted(directory.glob("*@x.service"))
        names = {s.name.replace("@x.", "@.").replace("scrim-veil-0@", "scrim-veil@") for s in services}
        if names != set(limits):
            broken.append(f"{PAGE.name} has {sorted(limits)}, there are {sorted(names)}")
        for service in services:
            name = service.name.replace("@x.", "@.").replace("scrim-veil-0@", "scrim-veil@")
            found, why = score(service)
            if found is None:
                broken.append(f"{name}: no score: {why}")
            elif found > min(limits.get(name, MOST), MOST):
                broken.append(f"{name}: exposure {found}, at most {min(limits.get(name, MOST), MOST)}")
            elif found < limits.get(name, found):
                broken.append(f"{name}: exposure {found}, better than the {limits[name]} that {PAGE.name} tells")
        # Users that the package makes need not be on this machine.
        status, out, err = analyze("verify", "--man=no", *services, *directory.glob("*@x.socket"), *directory.glob("*@x.path"))
        for line in (out + err).splitlines():
            if str(directory) in line or re.match(r"scrim\S*: ", line):
                broken.append(line)
    for text in broken:
        print(f"  {text}")
    print(f"{'FAIL' if broken else 'ok'} units: systemd")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
