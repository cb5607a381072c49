#!/usr/bin/python3
"""`scrim vault` as a person meets it: files and their modes, sentences, exit statuses, passphrases on a terminal.

    vault_cli.py SCRIM
"""

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

SCRIM = sys.argv[1]
HOLDERS = ("--holder", "anna", "--holder", "ben", "--holder", "cléo")
failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL scrim vault: {name}: {problem}" if problem else f"ok scrim vault: {name}", flush=True)


class Stage:
    """A directory with a site in it, and no terminal."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.site, self.shares = self.dir / "site", self.dir / "shares"
        subprocess.run([SCRIM, "init", self.site], check=True, capture_output=True, timeout=60)

    def run(self, *arguments):
        command = [SCRIM, "vault", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, start_new_session=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def init(self, *more, shares=None):
        return self.run("init", self.site, *more, "--out", shares or self.shares)

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return self.dir / name

    def share(self, index, name):
        return self.shares / f"share-{index}-{name}.json"

    def verify(self, share, *more):
        return self.run("verify", self.site, "--share", share, *more)


def expect(name, result, status, *words):
    code, out, err = result
    said = out if status == 0 else err
    missing = [w for w in words if w not in said]
    one_sentence = status == 0 or len(err.strip().splitlines()) == 1
    right = code == status and not missing and one_sentence
    say(name, None if right else f"exit status {code}, {said!r}, {err!r}")


def with_files(stage):
    right, wrong, empty = stage.write("right", "kept by three\n"), stage.write("wrong", "kept by two\n"), stage.write("empty", "\n")
    result = stage.init("-k", 2, *HOLDERS, "--passphrase-file", right)
    vault = json.loads((stage.site / "state/vault.json").read_text())
    expect("init says the vault's id", result, 0, vault["id"], "any 2 of 3")
    modes = {p.name: p.stat().st_mode & 0o777 for p in stage.shares.iterdir()}
    expected = {f"share-{i}-{n}.json": 0o600 for i, n in enumerate(("anna", "ben", "cléo"), 1)}
    say("a share file each, for its owner only", None if modes == expected else str(modes))
    before = (stage.site / "state/vault.json").read_bytes()
    expect("a second init is refused", stage.init("-k", 2, *HOLDERS, "--unprotected", shares=stage.dir / "more"), 1, "exists")
    untouched = (stage.site / "state/vault.json").read_bytes() == before and not list((stage.dir / "more").glob("*"))
    say("and changes nothing", None if untouched else "it did")
    share = stage.share(3, "cléo")
    expect("the right passphrase", stage.verify(share, "--passphrase-file", right), 0, "share 3 (cléo)", vault["id"])
    expect("a wrong passphrase", stage.verify(share, "--passphrase-file", wrong), 1, "wrong passphrase", "cléo")
    expect("an empty passphrase", stage.verify(share, "--passphrase-file", empty), 1, "empty")
    expect("no terminal to ask on", stage.verify(share), 1, "--passphrase-file")
    content = json.loads(share.read_text())
    corrupt = stage.write("corrupt.json", json.dumps({**content, "sealed": content["sealed"][:-1] + ("0" if content["sealed"][-1] != "0" else "1")}))
    expect("a corrupt share", stage.verify(corrupt, "--passphrase-file", right), 1, "corrupt.json", "damaged")
    expect("a share that is not there", stage.verify(stage.dir / "none"), 1, "none")
    (stage.site / "state/vault.json").write_bytes(before.replace(b'"threshold": 2', b'"threshold": 1'))
    expect("a damaged vault", stage.verify(share, "--passphrase-file", right), 1, "vault.json", "damaged")


def refusals(stage):
    for name, words, *arguments in (
        ("more than there are", "-k 3", "-k", 3, "--holder", "a", "--holder", "b", "--unprotected"),
        ("one alone", "between 2", "-k", 1, "--holder", "a", "--holder", "b", "--unprotected"),
        ("no -k", "-k", "--holder", "a", "--holder", "b", "--unprotected"),
        ("both protections", "exclude", "-k", 2, "--holder", "a", "--holder", "b", "--unprotected", "--passphrase-file", "x"),
        ("a passphrase as an argument", "unknown option", "-k", 2, "--holder", "a", "--holder", "b", "--passphrase", "x"),
    ):
        expect(f"wrong usage: {name}", stage.init(*arguments), 2, words)
    expect("the same holder twice", stage.init("-k", 2, "--holder", "a", "--holder", "a", "--unprotected"), 1, "same name")
    expect("a holder whose name is a path", stage.init("-k", 2, "--holder", "a", "--holder", "../b", "--unprotected"), 1, "holder 2")
    expect("no passphrase, no terminal", stage.init("-k", 2, "--holder", "a", "--holder", "b"), 1, "terminal")
    expect("not a site", stage.run("init", stage.dir / "none", "-k", 2, "--holder", "a", "--holder", "b", "--unprotected", "--out", stage.shares), 1, "not a site")
    left = [*stage.shares.glob("*"), *stage.site.glob("state/vault*.json"), *stage.site.glob("state/log/journal")]
    say("nothing is left of all these", None if not left else str(left))


def all_needed(stage):
    code, _, err = stage.init("-k", 2, "--holder", "a", "--holder", "b", "--unprotected")
    say("n of n warns", None if code == 0 and "one lost share" in err and "no passphrase" in err else err)
    say("unprotected says so", None if json.loads(stage.share(1, "a").read_text())["protection"] == "none" else "it does not")
    expect("and needs no passphrase", stage.verify(stage.share(1, "a")), 0, "share 1 (a)")


def half_written(stage):
    """The second share cannot be written: the first must not stay, and no vault may exist."""
    stage.shares.mkdir()
    stage.share(2, "ben").write_text("in the way")
    expect("a share that is in the way", stage.init("-k", 2, *HOLDERS, "--unprotected"), 1, "share-2-ben.json")
    left = [p.name for p in stage.shares.iterdir()]
    say("undoes the others", None if left == ["share-2-ben.json"] and not list(stage.site.glob("state/vault.json")) else str(left))


class Terminal:
    """scrim with a controlling terminal of its own."""

    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(SCRIM, [SCRIM, "vault", *map(str, arguments)])
        self.seen = ""

    def wait_for(self, text):
        deadline = time.monotonic() + 30
        while text not in self.seen:
            ready = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]
            if not ready:
                raise TimeoutError(f"no {text!r} in {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:  # the other side is gone
                return
        self.seen = self.seen[self.seen.index(text) + len(text) :]

    def answer(self, prompt, text):
        """Types only once the prompt is there, and returns whether the terminal echoes then."""
        self.wait_for(prompt)
        echo = bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)
        os.write(self.fd, text.encode())
        return echo

    def finish(self):
        rest = self.seen
        while True:
            try:
                chunk = os.read(self.fd, 4096)
            except OSError:
                break
            if not chunk:
                break
            rest += chunk.decode(errors="replace")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status, rest


def on_a_terminal(stage):
    scrim = Terminal("init", stage.site, "-k", 2, "--holder", "anna", "--holder", "ben", "--out", stage.shares)
    echo = scrim.answer("share of anna: ", "eins\n") | scrim.answer("again: ", "eins\n")
    echo |= scrim.answer("share of ben: ", "zwei\n") | scrim.answer("again: ", "zwei\n")
    status, rest = scrim.finish()
    say("init asks each holder twice", None if status == 0 else rest)
    say("without echo", None if not echo and "eins" not in rest and "zwei" not in rest else "the terminal echoes")
    scrim = Terminal("verify", stage.site, "--share", stage.share(2, "ben"))
    scrim.answer("ben.json: ", "zwei\n")
    status, rest = scrim.finish()
    say("verify asks", None if status == 0 and "share 2 (ben)" in rest else rest)


def two_minds(stage):
    scrim = Terminal("init", stage.site, "-k", 2, "--holder", "anna", "--holder", "ben", "--out", stage.shares)
    scrim.answer("share of anna: ", "eins\n")
    scrim.answer("again: ", "einz\n")
    status, rest = scrim.finish()
    say("two different answers", None if status == 1 and "differ" in rest and not list(stage.shares.glob("*")) else rest)
    scrim = Terminal("init", stage.site, "-k", 2, "--holder", "anna", "--holder", "ben", "--out", stage.shares)
    scrim.answer("share of anna: ", "half a pass\x03")
    status, rest = scrim.finish()
    say("Ctrl-C leaves cleanly", None if status == 1 and "cancelled" in rest and not list(stage.shares.glob("*")) else f"{status} {rest}")


def main():
    for part in (with_files, refusals, all_needed, half_written, on_a_terminal, two_minds):
        with tempfile.TemporaryDirectory(prefix="scrim-vault-") as directory:
            part(Stage(directory))
    return failed


if __name__ == "__main__":
    sys.exit(main())
