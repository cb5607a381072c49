#!/usr/bin/python3
"""make check: builds in every way that counts and runs every test; the last line is the tally.

    1. builds       gcc (what ships), clang, gcc with address and undefined-behaviour sanitizers
    2. source       rules that compilers do not check, shellcheck
    3. units        unit tests and fuzz corpora, in the sanitizer build
    4. page         type check and unit tests of the page
    5. integration  real programs, simulated cameras, and the desk in a real browser
    6. tidy         clang-tidy, which begins after the builds and takes what the other stages leave of the machine

What a test program prints as "ok NAME", "FAIL NAME" or "skip NAME" is counted; one that ends badly without
saying so counts as a failure. `check.py NAME…` runs only the stages named; --soak runs longer and at random.
"""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "check"
RESULT = re.compile(r"^(ok|FAIL|skip) ", re.MULTILINE)
PYTHON = "/usr/bin/python3"
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
FUZZ_SECONDS = 60  # a target, in a soak

SECOND_TRY = re.compile(r"^ok .* on the second try$", re.MULTILINE)

tally = {"ok": 0, "FAIL": 0, "skip": 0}
second_tries = []


def report(text):
    """Prints result lines, and counts them."""
    print(text, end="" if text.endswith("\n") else "\n", flush=True)
    for kind in RESULT.findall(text):
        tally[kind] += 1
    second_tries.extend(SECOND_TRY.findall(text))


def verdict(name, status, output=""):
    """The result of something that prints no lines of its own."""
    if status != 0 and output:
        print("\n".join(output.splitlines()[-60:]))
    report(f"{'ok' if status == 0 else 'FAIL'} {name}")
    return status == 0


def command(arguments, env=None, cwd=ROOT, timeout=1200):
    """(status, output) of a command that says what it has to say at its end."""
    try:
        done = subprocess.run(
            [str(a) for a in arguments], cwd=cwd, env={**os.environ, **(env or {})}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
        )
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        return 124, (expired.stdout or b"").decode(errors="replace") + f"\n  not done after {timeout} s\n"
    except OSError as missing:  # it was not built
        return 127, f"  {missing}\n"


def test_program(name, arguments, env=None, cwd=ROOT, timeout=300):
    """The output of a test program, completed by a FAIL line if it ended badly without one."""
    status, output = command(arguments, env, cwd, timeout)
    kinds = RESULT.findall(output)
    if status != 0 and "FAIL" not in kinds:
        output += f"\nFAIL {name}: ended with status {status}\n"
    elif not kinds:
        output += f"\nFAIL {name}: no test ran\n"
    return re.sub(r"^(ok|FAIL|skip) (?!%s)" % re.escape(name), rf"\1 {name}: ", output, flags=re.MULTILINE)


def stream(name, arguments, env=None):
    """Runs a long test program, whose lines are shown as they come."""
    process = subprocess.Popen(
        [str(a) for a in arguments], cwd=ROOT, env={**os.environ, **(env or {})}, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    failed = False
    for line in process.stdout:
        report(line)
        failed |= line.startswith("FAIL ")
    status = process.wait()
    if status != 0 and not failed:
        report(f"FAIL {name}: ended with status {status}")


def meson_build(name, compiler, *options, targets=("all", "meson-test-prereq")):
    directory = BUILD / name
    status, output = 0, ""
    if not (directory / "build.ninja").exists():
        status, output = command(["meson", "setup", directory, *options], {"CC": compiler})
    if status == 0:
        status, output = command(["ninja", "-C", directory, *targets])
    return verdict(f"build: {name}", status, output)


def builds():
    status, output = command(["tools/build.sh"])
    verdict("build: gcc", status, output)
    # For its warnings, and for clang-tidy: none of it runs, so nothing is optimised.
    meson_build("clang", "clang", "-Dbuildtype=debug", "-Db_lundef=false")
    meson_build("sanitize", "gcc", "-Db_sanitize=address,undefined", "-Db_lundef=false")


def inspect_all():
    """What clang-tidy finds in what changed since the last green run, in everything the first time."""
    database = BUILD / "clang" / "compile_commands.json"
    if not database.exists():
        return "there is no clang build\n"
    listed = {str((Path(e["directory"]) / e["file"]).resolve()) for e in json.loads(database.read_text())}
    stamps = BUILD / "tidy"
    stamps.mkdir(parents=True, exist_ok=True)
    newest_header = max((p.stat().st_mtime for p in (ROOT / "src").glob("*/*.h")), default=0)

    def stamp(path):
        return stamps / os.path.relpath(path, ROOT).replace("/", "_")

    def due(path):
        changed = max(Path(path).stat().st_mtime, newest_header, (ROOT / ".clang-tidy").stat().st_mtime)
        return not stamp(path).exists() or stamp(path).stat().st_mtime < changed

    def inspect(path):
        status, output = command(["nice", "-n", "19", "clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", database.parent, path])
        if status == 0:
            stamp(path).touch()
            return ""
        return output

    paths = sorted(path for path in listed if path.startswith(str(ROOT / "src")) and due(path))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return "".join(pool.map(inspect, paths))


def source():
    report(test_program("source", [PYTHON, "tests/static/rules.py"]))
    report(test_program("units", [PYTHON, "tests/static/units.py"]))
    scripts = [".ci/run", *map(str, sorted((ROOT / "tools").glob("*.sh"))), *map(str, (ROOT / "bench").glob("*.sh"))]
    verdict("source: shellcheck", *command(["shellcheck", "--external-sources", "--severity=warning", "--exclude=SC3013", *scripts]))


def units():
    # Of what the tree holds now, also when this stage is run alone; after the builds it is a look at the clock.
    directory = BUILD / "sanitize"
    status, output = command(["ninja", "-C", directory, "all", "meson-test-prereq"])
    if status == 0:
        status, output = command(["meson", "introspect", "--tests", directory])
    if status != 0:
        verdict("units", status, output)
        return
    # introspect may print a warning before the JSON
    tests = json.loads(output[output.index("["):])

    def run(test):
        env, where = {**SANITIZERS, **test["env"]}, test["workdir"] or directory
        output = test_program(test["name"], test["cmd"], env, where, test["timeout"])
        skipped = re.findall(r"^skip [^:]+: (.*)$", output, re.MULTILINE)
        if not skipped:
            return output
        # What cannot run under the sanitizers runs as it ships.
        output = re.sub(r"^(  skipped: .*\n)?skip .*\n", "", output, flags=re.MULTILINE)
        program = ROOT / "build" / "meson" / "tests" / Path(test["cmd"][0]).name
        return output + "".join(test_program(test["name"], [program, case], test["env"]) for case in skipped)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(run, tests):
            report(output)


def page():
    for name in ("check", "test"):
        status, output = command(["npm", "run", "--silent", name], cwd=ROOT / "web")
        if RESULT.search(output):
            report(output)
            if status != 0 and not re.search("^FAIL ", output, re.MULTILINE):
                verdict(f"page: {name}", status)
        else:
            verdict(f"page: {name}", status, output)


def integration():
    stream("integration", [PYTHON, "tests/integration/run.py"])


inspection = None  # under way since the builds ended


def tidy():
    findings = inspection.result() if inspection else inspect_all()
    verdict("source: clang-tidy", 1 if findings else 0, findings)


def soak():
    stream("soak", [PYTHON, "tests/integration/run.py", "--soak"])
    if not meson_build("fuzz", "clang", "-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false"):
        return
    for target in sorted((BUILD / "fuzz" / "fuzz").glob("fuzz_*")):
        if target.suffix or not os.access(target, os.X_OK) or target.is_dir():
            continue
        found = BUILD / "found" / target.name
        found.mkdir(parents=True, exist_ok=True)
        corpus = ROOT / "fuzz" / "corpus" / target.name.removeprefix("fuzz_")
        arguments = [target, f"-max_total_time={FUZZ_SECONDS}", f"-artifact_prefix={found}/", found, corpus]
        verdict(f"fuzz: {target.name}", *command(arguments, SANITIZERS))


STAGES = {f.__name__: f for f in (builds, source, units, page, integration, tidy)}


def main():
    global inspection
    wanted = sys.argv[1:]
    stages = [builds, soak] if wanted == ["--soak"] else [STAGES[w] for w in wanted] or list(STAGES.values())
    BUILD.mkdir(parents=True, exist_ok=True)
    beside = ThreadPoolExecutor(1)
    for stage in stages:
        begun = time.monotonic()
        stage()
        if stage is builds and tidy in stages:
            inspection = beside.submit(inspect_all)
        print(f"-- {stage.__name__}: {time.monotonic() - begun:.0f} s", flush=True)
    if second_tries:
        print("\n".join([f"-- {len(second_tries)} passed on the second try only:", *second_tries]), flush=True)
    print(f"{tally['ok']} passed, {tally['FAIL']} failed, {tally['skip']} skipped", flush=True)
    return tally["FAIL"] > 0


if __name__ == "__main__":
    sys.exit(main())
