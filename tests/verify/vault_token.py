#!/usr/bin/python3
"""Shares under a FIDO2 token, as `scrim vault` and libfido2 do it: the token is tests/token, everything else is real.

    vault_token.py SCRIM VECTORS/scrim-share.json
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "token"))

import ctap
from ctap import Token
from device import Device
from primitives import BadTag
from sharefile import key_of, open_share, prf_salt, seal_share

SCRIM, VECTORS = sys.argv[1:]
from vault_cli import Terminal  # noqa: E402  (it reads argv)

RP = "desk.example.org"
failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL security token: {name}: {problem}" if problem else f"ok security token: {name}", flush=True)


class Stage:
    def __init__(self, directory):
        self.dir = Path(directory)
        self.site = self.dir / "site"
        subprocess.run([SCRIM, "init", self.site], check=True, capture_output=True, timeout=60)
        self.pin, self.wrong = self.write("pin", "1234\n"), self.write("wrong", "4321\n")
        code, _, err = self.run("init", self.site, "-k", 2, "--holder", "anna", "--holder", "ben", "--unprotected", "--out", self.dir / "shares")
        assert code == 0, err
        self.bare = self.dir / "shares/share-1-anna.json"
        self.made = 0

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return self.dir / name

    def run(self, *arguments):
        command = [SCRIM, "vault", *map(str, arguments)]
        # Not in a session of its own: its leader would take the token's pseudo-terminal for a controlling one.
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout, done.stderr

    def protect(self, *more, share=None, pin=None):
        """(result, the path that was to be made); with a device among `more`, under a token."""
        self.made += 1
        out = self.dir / f"made-{self.made}.json"
        under = ("--fido2", "--rp-id", RP) if "--device" in more else ()
        return self.run("protect", "--share", share or self.bare, "--out", out, *under, "--new-passphrase-file", pin or self.pin, *more), out

    def verify(self, share, *devices, pin=None):
        chosen = [word for device in devices for word in ("--device", device)]
        return self.run("verify", self.site, "--share", share, *chosen, "--passphrase-file", pin or self.pin)


def expect(name, result, status, *words):
    code, out, err = result
    said = out if status == 0 else err
    sentences = [line for line in err.splitlines() if not line.startswith("Touch")]
    missing = [w for w in words if w not in said]
    right = code == status and not missing and len(sentences) == (status != 0)
    say(name, None if right else f"exit status {code}, {out!r}, {err!r}")


def there_and_back(stage):
    secret = json.loads(stage.bare.read_text())["secret"]
    for protocols in ((1,), (2, 1)):
        token = Token(protocols=protocols)
        with Device(token) as path:
            result, made = stage.protect("--device", path)
            expect(f"protect, PIN protocols {protocols}", result, 0, made.name, "delete the old one")
            share = json.loads(made.read_text())
            output = token.output(bytes.fromhex(share["credential"]), prf_salt(bytes.fromhex(share["salt"])))
            say("the file is what the format says", None if open_share(share, output).hex() == secret else share)
            try:
                open_share(share, token.output(bytes.fromhex(share["credential"]), prf_salt(bytes.fromhex(share["salt"])), verified=False))
                say("the secret is that of a verified user", "the other one opens it")
            except BadTag:
                say("the secret is that of a verified user")
            say("for its owner only", None if made.stat().st_mode & 0o777 == 0o600 else "it is not")
            expect("the right token", stage.verify(made, path), 0, "share 1 (anna)")
            again = seal_share(json.loads(stage.bare.read_text()), RP, bytes.fromhex(share["credential"]), bytes(32),
                               token.output(bytes.fromhex(share["credential"]), prf_salt(bytes(32))))
            expect("a file that somebody else wrote", stage.verify(stage.write("again.json", json.dumps(again)), path), 0, "share 1 (anna)")
    expect("no token plugged in", stage.verify(made), 1, "token", "--device")
    back = stage.dir / "back.json"
    with Device(token) as path:
        code, _, err = stage.run("protect", "--share", made, "--out", back, "--device", path, "--passphrase-file", stage.pin, "--new-passphrase-file", stage.pin)
        say("back under a passphrase", None if code == 0 and json.loads(back.read_text())["protection"] == "argon2id" else err)
    expect("which opens without it", stage.verify(back), 0, "share 1 (anna)")


def specification(_):
    """WebAuthn level 3, 16.17.1.2: what a browser makes of a page's input, and a token of that."""
    seed, token = b"WebAuthn PRF test vectors", Token()
    token.credentials[b""] = ("", None, b"", hashlib.sha256(seed + b"\x06").digest())
    for last, salt, output in (
        (b"\x02", "527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3", "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae"),
        (b"\x03", "d68ac03329a10ee5e0ec834492bb9a96a0e547baf563bf78ccbe8789b22e776b", "a62a8773b19cda90d7ed4ef72a80a804320dbd3997e2f663805ad1fd3293d50b"),
    ):
        found = prf_salt(seed + last)
        say("WebAuthn's own vectors", None if (found.hex(), token.output(b"", found).hex()) == (salt, output) else found.hex())


def vectors(stage):
    """Each file of the vectors, opened by scrim and put under a new credential, gives the same secret."""
    known = json.loads(Path(VECTORS).read_text())
    share = known["fido2"]["file"]
    token = Token()
    credential, salt = bytes.fromhex(share["credential"]), bytes.fromhex(share["salt"])
    token.credentials[credential] = (share["rp_id"], ctap.new_key(), b"", bytes.fromhex(known["fido2"]["cred_random"]))
    output = token.output(credential, prf_salt(salt))
    steps = {"hmac_salt": prf_salt(salt), "prf_output": output, "key": key_of(share, output)}
    wrong = [name for name, value in steps.items() if known["fido2"][name] != value.hex()]
    say("the steps of the vectors", wrong or None)
    passphrase = stage.write("passphrase", known["argon2id"]["passphrase"])
    with Device(token) as path:
        for protection, secret in (("none", stage.pin), ("argon2id", passphrase), ("fido2", stage.pin)):
            file = stage.write(f"{protection}.json", json.dumps(known[protection]["file"]))
            result, made = stage.protect("--device", path, "--passphrase-file", secret, share=file)
            expect(f"the share of the vectors, {protection}", result, 0)
            again = json.loads(made.read_text())
            found = open_share(again, token.output(bytes.fromhex(again["credential"]), prf_salt(bytes.fromhex(again["salt"]))))
            say("gives its secret", None if found.hex() == known["secret"] else found.hex())


def pins(stage):
    token = Token()
    with Device(token) as path:
        made = stage.protect("--device", path)[1]
        expect("a wrong PIN", stage.verify(made, path, pin=stage.wrong), 1, "made-1.json", "wrong PIN", "7 tries are left")
        expect("another", stage.verify(made, path, pin=stage.wrong), 1, "6 tries are left")
        expect("a third in a row", stage.verify(made, path, pin=stage.wrong), 1, "plug it in")
        expect("then even the right one waits", stage.verify(made, path), 1, "plug it in")
        token.plug_in()
        expect("plugged in again", stage.verify(made, path), 0)
        token.tries = 1
        expect("the last try", stage.verify(made, path, pin=stage.wrong), 1, "blocked for good", "paper copy")
        token.commands.clear()
        expect("blocked", stage.verify(made, path), 1, "blocked for good")
        say("and no PIN goes to it any more", None if token.commands.count(ctap.GET_ASSERTION) == 1 else token.commands)
    with Device(Token(pin=None)) as path:
        expect("a token without PIN", stage.protect("--device", path)[0], 1, "has no PIN", "fido2-token")


def not_this_one(stage):
    token, other = Token(), Token()
    with Device(token) as path, Device(other) as foreign, Device(Token(has_hmac=False)) as plain:
        made = stage.protect("--device", path)[1]
        other.commands.clear()
        expect("another token", stage.verify(made, foreign), 1, "another token", foreign)
        say("which is asked for no PIN", None if ctap.CLIENT_PIN not in other.commands else other.commands)
        expect("the right one among three", stage.verify(made, foreign, plain, path), 0)
        expect("two wrong ones", stage.verify(made, foreign, plain), 1, "none of 2", "1 of them could not be asked")
        code, _, err = stage.run("protect", "--share", made, "--out", stage.dir / "moved", "--fido2", "--rp-id", RP, "--device", path,
                                 "--new-device", foreign, "--passphrase-file", stage.pin, "--new-passphrase-file", stage.pin)
        say("from one token to another", err if code else None)
        expect("where it opens", stage.verify(stage.dir / "moved", foreign), 0, "share 1 (anna)")
        expect("two to make one with", stage.protect("--device", path, "--device", foreign)[0], 1, "2 security tokens")
        result, out = stage.protect("--device", plain)
        expect("no hmac-secret", result, 1, "hmac-secret", plain)
        say("leaves no file", None if not out.exists() else "it does")
        expect("no token at all", stage.verify(made, "/dev/null"), 1, "/dev/null", "does not answer")
        expect("no device at all", stage.verify(made, stage.pin), 1, "does not answer")
        result = stage.run("protect", "--share", stage.bare, "--out", made, "--device", path, "--fido2", "--rp-id", RP)
        expect("a file that is there is not replaced", result, 1, "exists")
        share = json.loads(made.read_text())
        moved = stage.write("moved.json", json.dumps(share | {"rp_id": "desk.example.net"}))
        expect("a changed file", stage.verify(moved, path), 1, "damaged")


def gone(stage):
    token = Token()
    with Device(token) as path:
        made = stage.protect("--device", path)[1]
        token.touch = lambda: False
        expect("nobody touches it", stage.verify(made, path), 1, "nobody touched")
        result, out = stage.protect("--device", path)
        expect("nor when it is new", result, 1, "nobody touched")
        say("leaves no file", None if not out.exists() else "it does")
    token.touch = lambda: True
    for command, name in ((ctap.GET_ASSERTION, "first question"), (ctap.CLIENT_PIN, "PIN")):
        with Device(token, unplug_at=command) as path:
            expect(f"unplugged at the {name}", stage.verify(made, path), 1, "unplugged")
    with Device(token, unplug_at=ctap.MAKE_CREDENTIAL) as path:
        expect("unplugged while a credential is made", stage.protect("--device", path)[0], 1, "unplugged")


def fingers(stage):
    token = Token(finger=True)
    nothing = stage.write("nothing", "\n")
    with Device(token) as path:
        result, made = stage.protect("--device", path, pin=nothing)
        expect("a finger instead of a PIN", result, 0)
        expect("opens", stage.verify(made, path, pin=nothing), 0)
        token.finger = False
        expect("a finger that does not fit: the PIN", stage.verify(made, path), 0)
        expect("or nothing", stage.verify(made, path, pin=stage.wrong), 1, "wrong PIN")
        token.pin_hash = None
        expect("with no PIN to fall back to", stage.verify(made, path), 1, "did not recognise you")


def names(stage):
    for name in ("127.0.0.1", "::1", "desk.example.org:8443", "https://desk.example.org", "Desk.example.org", "a..b", "-a.b", "a.7", ""):
        result = stage.run("protect", "--share", stage.bare, "--out", stage.dir / "x", "--fido2", "--rp-id", name)
        expect(f"{name or 'nothing'} is no name of a desk", result, 2, "IP address")
    for words, *arguments in (("--rp-id NAME", "--fido2"), ("--fido2", "--rp-id", RP)):
        expect(f"wrong usage: only {arguments[0]}", stage.run("protect", "--share", stage.bare, "--out", stage.dir / "x", *arguments), 2, words)


def on_a_terminal(stage):
    token = Token()
    with Device(token) as path:
        made = stage.protect("--device", path)[1]
        scrim = Terminal("verify", stage.site, "--share", made, "--device", path)
        echo = scrim.answer(f"PIN of {path}: ", "1234\n")
        status, rest = scrim.finish()
        say("asks for the PIN and a touch", None if status == 0 and f"Touch {path}" in rest else rest)
        say("without echo", None if not echo and "1234" not in rest else "the terminal echoes")
        token.tries = 2
        scrim = Terminal("verify", stage.site, "--share", made, "--device", path)
        scrim.answer(f"PIN of {path} (2 left to try): ", "half\x03")
        status, rest = scrim.finish()
        say("says when tries run out, and Ctrl-C costs none", None if status == 1 and "cancelled" in rest and token.tries == 2 else rest)


def main():
    for part in (specification, there_and_back, vectors, pins, not_this_one, gone, fingers, names, on_a_terminal):
        with tempfile.TemporaryDirectory(prefix="scrim-token-") as directory:
            part(Stage(directory))
    return failed


if __name__ == "__main__":
    os.environ.pop("FIDO_DEBUG", None)
    sys.exit(main())
