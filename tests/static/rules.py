#!/usr/bin/python3
"""Rules about the source that a compiler does not check. One line a rule: "ok NAME" or "FAIL NAME" with
what breaks it above.

    layers     a folder of src/ includes only folders that stand before it in meson.build, and the
               programs (recorder, veil, desk) never include one another
    tokens     libfido2 is included by src/people, which verifies, and src/token, which alone speaks to devices
    banned     no function that a safer one replaces, no allocation outside src/base
    headers    every header compiles alone, with gcc and with clang
    format     clang-format has nothing to change
    options    no secret on a command line: no option takes a password or passphrase itself
    proofs     each test that a document of docs/design names in “quotes” as a proof exists
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"opener", "keeper", "recorder", "veil", "desk"}
BANNED = (
    "sprintf vsprintf strcpy stpcpy strcat strncat strtok atoi atol atoll atof sscanf gets gmtime localtime "
    "ctime asctime strerror system popen alloca tmpnam mktemp rand srand"
).split()
ALLOCATORS = "malloc calloc realloc".split()
PACKAGES = (
    "libavformat libavcodec libavutil libswscale libsodium libcyaml jansson libuv libseccomp sqlite3 "
    "gstreamer-rtsp-server-1.0"
).split()
SECRET_OPTIONS = {"password", "passphrase", "share-secret", "key", "secret"}


def sources(*patterns):
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        capture_output=True, text=True, check=True,
    ).stdout
    return [path for path in sorted(set(filter(None, listed.split("\0")))) if (ROOT / path).exists()]


COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def code_lines(path):
    """(number, line) without comments, strings and characters."""
    text = (ROOT / path).read_text()
    bare = COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return enumerate(bare.split("\n"), 1)


def layers():
    order = re.findall(r"^subdir\('src/(\w+)'\)", (ROOT / "meson.build").read_text(), re.MULTILINE)
    rank = {folder: place for place, folder in enumerate(order)}
    for path in sources("src/*.c", "src/*.h"):
        folder = path.split("/")[1]
        if folder not in rank:
            yield f"{path}: meson.build does not list src/{folder}"
            continue
        for number, line in enumerate((ROOT / path).read_text().split("\n"), 1):
            found = re.match(r'\s*#\s*include\s+"([^/"]+)/', line)
            if not found or found[1] == folder:
                continue
            other = found[1]
            if other not in rank:
                yield f"{path}:{number}: no layer is called {other}"
            elif rank[other] > rank[folder]:
                yield f"{path}:{number}: {folder} lies inside {other} and must not include it"
            elif {folder, other} <= PROGRAMS:
                yield f"{path}:{number}: the programs {folder} and {other} must not include one another"


def tokens():
    for path in sources("src/*.c", "src/*.h"):
        folder = path.split("/")[1]
        for number, line in code_lines(path):
            if folder != "token" and re.search(r"\bfido_dev_\w", line):
                yield f"{path}:{number}: only src/token speaks to security tokens"
            if folder not in ("people", "token") and re.match(r"\s*#\s*include\s*<fido", line):
                yield f"{path}:{number}: libfido2 belongs to src/people and src/token"


def banned():
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    raw = re.compile(r"(?<![\w.>])(" + "|".join(ALLOCATORS) + r")\s*\(")
    for path in sources("*.c", "*.h"):
        for number, line in code_lines(path):
            for found in call.finditer(line):
                yield f"{path}:{number}: {found[1]} is banned"
            if path.startswith("src/") and not path.startswith("src/base/"):
                for found in raw.finditer(line):
                    yield f"{path}:{number}: {found[1]} outside src/base: use base/alloc.h"


def headers():
    flags = subprocess.run(
        ["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True, check=True
    ).stdout.split()
    strict = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]

    def compile_alone(job):
        compiler, path = job
        done = subprocess.run(
            [compiler, *strict, *flags, "-Isrc", "-fsyntax-only", "-x", "c", "-"],
            cwd=ROOT, input=f'#include "{ROOT / path}"\n', capture_output=True, text=True,
        )
        return None if done.returncode == 0 else f"{path} ({compiler}): {done.stderr.strip()}"

    jobs = [(c, p) for p in sources("src/*.h", "sim/*.h", "tests/*.h") for c in ("gcc", "clang")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, jobs))


def layout():
    paths = sources("*.c", "*.h")
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *paths], cwd=ROOT, capture_output=True, text=True
    )
    for path in sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", done.stderr, re.MULTILINE))):
        yield f"{path}: make format would change it"
    if done.returncode != 0 and not done.stderr:
        yield "clang-format failed"


def secret_options():
    option = re.compile(r'^\s*\{"([a-z-]+)",\s*(?:\'.\'|0),\s*SCRIM_OPT_')
    for path in sources("src/*.c"):
        for number, line in enumerate((ROOT / path).read_text().split("\n"), 1):
            found = option.match(line)
            if found and found[1] in SECRET_OPTIONS:
                yield f"{path}:{number}: --{found[1]} would put a secret into the process list"


def proofs():
    tests = "".join((ROOT / path).read_text() for path in sources("tests/*.py", "tests/*.c", "tests/*.mjs", "web/test/*.ts"))
    for path in sources("docs/design/*.md"):
        for paragraph in re.findall(r"^Proof: .*$", (ROOT / path).read_text(), re.MULTILINE):
            for name in re.findall("“(.*?)”", paragraph):
                if name not in tests:
                    yield f"{path}: there is no test “{name}”"


RULES = {
    "layers": layers,
    "security tokens": tokens,
    "banned functions": banned,
    "headers compile alone": headers,
    "format": layout,
    "no secrets in options": secret_options,
    "proofs exist": proofs,
}


def main():
    failed = False
    for name, rule in RULES.items():
        broken = list(rule())
        for text in broken:
            print(f"  {text}")
        print(f"{'FAIL' if broken else 'ok'} source: {name}", flush=True)
        failed |= bool(broken)
    return failed


if __name__ == "__main__":
    sys.exit(main())
