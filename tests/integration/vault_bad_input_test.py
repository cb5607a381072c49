"""Shares that are wrong, double, foreign, old, damaged, or too few, under every protection: a sentence each, nothing
opened, nothing of the site changed. And the right ones, each under a security token of its holder, open."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from harness import covered, expect, expect_failure, recorded, test
from sitekit import ROOT, Site, program, scrim, scrim_ok, write_secret

sys.path[:0] = [str(ROOT / "tests" / "token"), str(ROOT / "tests" / "verify")]
from ctap import Token  # noqa: E402
from decisionkit import compact, verify_decision  # noqa: E402
from decisions import Offline, Story, live, scalar  # noqa: E402
from device import Device  # noqa: E402
from tdh2 import share_json  # noqa: E402
from vaultkit import deal  # noqa: E402


def state_of(site):
    """What a vault and its openings are, byte by byte; refusals are in the log of openings, and nowhere else."""
    files = (p for p in (site.dir / "state").rglob("*") if p.is_file() and "log" not in p.name and p.suffix != ".lock")
    return {str(p): p.read_bytes() for p in files}


class Desk:
    """The desk at which holders sit with their files and tokens."""

    def __init__(self, staged):
        self.staged, self.site, self.dir = staged, staged.site, staged.dir
        self.pin = write_secret(self.dir / "pin", "1234")
        self.made = 0
        self.devices = []

    def more(self, *arguments):
        """Options that say which tokens there are, and their PIN."""
        return [word for path in self.devices for word in ("--device", path)] + ["--passphrase-file", self.pin, *arguments]

    def under_token(self, share, device, name):
        made = self.dir / f"{name}-key.json"
        scrim_ok("vault", "protect", "--share", share, "--out", made, "--fido2", "--rp-id", "desk.example.org", "--device", device,
                 "--new-passphrase-file", self.pin)
        return made

    def changed(self, share, **members):
        self.made += 1
        path = self.dir / f"changed-{self.made}.json"
        path.write_text(json.dumps(json.loads(share.read_text()) | members))
        return path

    def opens(self, *shares):
        start, end = covered(self.site, "quay")
        out = self.dir / "opened.mp4"
        result = self.site.unseal("quay", start, end, out, shares=list(shares), more=self.more())
        expect(result.status == 0, result.err.strip())
        expect(out.stat().st_size > 0, "nothing was written")
        out.unlink()

    def refuses(self, what, words, *shares):
        """Each command that takes shares refuses these."""
        before = state_of(self.site)
        start, end = covered(self.site, "quay")
        out, dealt = self.dir / "opened.mp4", self.dir / "dealt"
        files = [word for share in shares for word in ("--share", share)]
        expect_failure(self.site.unseal("quay", start, end, out, shares=list(shares), more=self.more()), *words)
        expect_failure(scrim("vault", "test", self.site.dir, *files, *self.more()), *words)
        tokens = [word for path in self.devices for word in ("--device", path)]
        refresh = scrim("vault", "refresh", self.site.dir, *files, *tokens, "--share-passphrase-file", self.pin, "--unprotected",
                        "--out", dealt)
        expect_failure(refresh, *words)
        left = [p for p in (out, *dealt.glob("*")) if p.exists()]
        expect(not left, f"{what}: {left} was left behind")
        changed = sorted(set(state_of(self.site).items()) ^ set(before.items()))
        expect(not changed, f"{what}: this changed in the site: {changed}")


@test("shares that are wrong, double, foreign, damaged, old or too few open and change nothing; tokens of the right ones do")
def bad_shares():
    ada_token, ben_token = Token(), Token()
    with recorded({"quay": "people"}, 2) as staged, Device(ada_token) as ada_device, Device(ben_token) as ben_device:
        desk = Desk(staged)
        ada, ben, cem = staged.site.shares
        stranger = Site(staged.dir / "stranger")
        scrim_ok("init", stranger.dir)
        stranger.make_vault(staged.dir / "foreign")
        ada_key, ben_key = desk.under_token(ada, ada_device, "ada"), desk.under_token(ben, ben_device, "ben")
        foreign_key = desk.under_token(stranger.shares[1], ben_device, "foreign")

        desk.devices = [ada_device, ben_device]
        desk.opens(ada_key, ben_key)
        desk.opens(cem, ben_key)
        desk.refuses("one token", ["holders must agree"], ada_key)
        desk.refuses("a holder twice, by token and without", ["twice"], ada_key, ada)
        desk.refuses("a token of another vault", ["another vault"], ada_key, foreign_key)
        cut = desk.dir / "cut.json"
        cut.write_bytes(ben_key.read_bytes()[:-20])
        desk.refuses("a file that ends too early", ["cut.json", "damaged"], ada, cut)
        desk.refuses("another salt", ["damaged"], ada, desk.changed(ben_key, salt="00" * 32))
        desk.refuses("another name", ["damaged"], ada, desk.changed(ben, name="cem"))
        desk.refuses("another index", ["damaged"], ada, desk.changed(ben, index=3))
        desk.refuses("no share at all", ["damaged"], ada, staged.site.dir / "state" / "vault.json")

        desk.devices = [ada_device]
        desk.refuses("a token that is not there", ["another token"], ada, ben_key)
        desk.devices = [ben_device]
        ben_token.touch = lambda: False
        desk.refuses("a token that nobody touches", ["nobody touched"], ada, ben_key)
        ben_token.touch = lambda: True

        desk.devices = [ada_device, ben_device]
        new = staged.dir / "new"
        scrim_ok("vault", "refresh", staged.site.dir, "--share", ada_key, "--share", cem, *(w for d in desk.devices for w in ("--device", d)),
                 "--share-passphrase-file", desk.pin, "--unprotected", "--out", new)
        fresh = sorted(new.glob("share-*.json"))
        desk.refuses("shares of before", ["ada"], ada_key, ben_key)
        desk.refuses("an old one beside a new one", ["ben"], fresh[0], ben_key)
        desk.opens(*fresh[1:])


class Holder(Offline):
    """A holder away from the site, with the two documents of a request."""

    def refuses_to_sign(self, what, words, *more, share="share-1.json"):
        for decision in (("approve",), ("refuse", "--reason", "no case number")):
            status, said, made = self.decide(decision[0], 1, *decision[1:], "--share", share, *more)
            expect(status == 1 and made is None, f"{what}: exit status {status}, {said}")
            for word in words:
                expect(word in said, f"{what}: no {word!r} in {said!r}")


@test("a share that is not the signer's signs nothing: foreign, of another dealing, under another index, under a token that is away")
def wrong_signers():
    story = Story()
    story.request = compact(live(story))
    story.id = hashlib.sha256(story.request).digest()
    token = Token()
    with tempfile.TemporaryDirectory(prefix="scrim-signers-") as directory, Device(token) as device:
        holder = Holder(program("scrim"), story, directory)
        holder.write("pin", "1234")
        with_token = ("--device", device, "--passphrase-file", "pin")
        scrim_ok("vault", "protect", "--share", holder.dir / "share-1.json", "--out", holder.dir / "key.json", "--fido2", "--rp-id",
                 "desk.example.org", "--device", device, "--new-passphrase-file", holder.dir / "pin")

        vault, shares = deal([scalar("b 0"), scalar("b 1")], story.vault.names, story.vault.lines)
        holder.write("foreign.json", json.dumps(share_json(vault, 1, shares[0])))
        holder.refuses_to_sign("a foreign share", ["vault"], share="foreign.json")
        _, shares = deal([scalar("a 0"), scalar("b 1")], story.vault.names, story.vault.lines)
        holder.write("old.json", json.dumps(share_json(story.vault, 1, shares[0])))
        holder.refuses_to_sign("a share of another dealing", ["anna"], share="old.json")
        holder.write("index.json", json.dumps(share_json(story.vault, 2, story.shares[0])))
        holder.refuses_to_sign("a share under another index", ["ben"], share="index.json")
        holder.write("cut.json", (holder.dir / "key.json").read_bytes()[:-9])
        holder.refuses_to_sign("a damaged share", ["damaged"], *with_token, share="cut.json")
        holder.refuses_to_sign("a token that is away", ["does not answer"], "--device", "/dev/null", "--passphrase-file", "pin", share="key.json")
        token.touch = lambda: False
        holder.refuses_to_sign("a token that nobody touches", ["nobody touched"], *with_token, share="key.json")
        token.touch = lambda: True

        status, said, _ = holder.decide("refuse", 1, "--reason", " ")
        expect(status == 1, f"a blank reason: {said}")
        status, said, decision = holder.decide("approve", 1, "--share", "key.json", *with_token)
        expect(status == 0 and verify_decision(story.vault, story.id, decision)["approve"], said)
