"""Signing in at a provider, against a real one (npm oidc-provider): who is let in, and what is refused."""

import json
import os
import shutil
import socket
import struct
import subprocess
import time
import urllib.parse

from desk_kit import PASSWORD
from harness import ROOT, Skip, expect, test, wait_for
from oidc_kit import SECRET, browser_of, invite, oidc_site


def refused(location, code):
    expect(location == f"/?sign-in={code}", f"{location}, not {code}")


@test("signing in at a provider: by invitation, then at any time; nobody else; the desk's own password goes on")
def invited():
    with oidc_site() as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        expect(anna.get("/session/ways") == {"oidc": {"name": "Port account"}, "first_run": False}, "ways")
        stranger = browser_of(daemon)
        refused(stranger.sign_in("olga@port"), "not_invited")
        expect(stranger.session() is None, "a stranger is in")

        token = invite(daemon, anna, "olga")
        olga = browser_of(daemon)
        expect(olga.sign_in("olga@port", f"?invitation={token}") == "/", "the invitation")
        expect(olga.session()["user"] == "olga" and olga.session()["role"] == "operator", f"{olga.session()}")
        again = browser_of(daemon)
        expect(again.sign_in("olga@port") == "/" and again.session()["user"] == "olga", "without the invitation")
        factors = {u["name"]: u["factors"] for u in anna.get("/users")}
        expect(factors["olga"]["oidc"] and not factors["olga"]["password"], f"{factors}")

        # The invitation is used up, and an account is one person's.
        refused(browser_of(daemon).sign_in("otto@port", f"?invitation={token}"), "not_invited")
        refused(browser_of(daemon).sign_in("olga@port", f"?invitation={invite(daemon, anna, 'otto')}"), "taken")
        refused(browser_of(daemon).sign_in("anna"), "not_invited")  # a name there is nobody's name here
        status, _, _ = daemon.anybody().request("POST", "/api/v1/session", {"user": "olga", "password": PASSWORD})
        expect(status == 401, "olga has no password")
        # Whose second step is the provider's is not asked for one here.
        anna.request("PUT", "/api/v1/second-step", {"roles": ["operator"]})
        expect(again.fetch(f"{again.site}/api/v1/cameras")[0] == 200, "the provider's second step counts")

        log = daemon.log() + broker.log()
        for secret in (token, SECRET, again.session()["csrf"]):
            expect(secret not in log, "a secret in a log")


@test("signing in at a provider: ID tokens that are not right are refused, each for its reason")
def bad_tokens():
    reasons = {"nonce": "answers another sign-in", "audience": "another audience", "party": "another audience",
               "issuer": "another issuer", "expired": "expired", "old": "not issued now", "signature": "signature is wrong",
               "none": "not signed with", "secret": "not signed with"}
    with oidc_site() as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        browser_of(daemon).sign_in("olga@port", f"?invitation={invite(daemon, anna, 'olga')}")
        for fault, words in reasons.items():
            provider.control(fault=fault)
            browser, before = browser_of(daemon), len(broker.log())
            refused(browser.sign_in("olga@port"), "provider_refused")
            expect(browser.session() is None, f"{fault}: a session")
            expect(words in broker.log()[before:], f"{fault}: {broker.log()[before:]}")
        provider.control(fault=None)
        expect(browser_of(daemon).sign_in("olga@port") == "/", "a right one")


@test("signing in at a provider: keys change, and every algorithm that is allowed works")
def rotation():
    with oidc_site() as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        browser_of(daemon).sign_in("olga@port", f"?invitation={invite(daemon, anna, 'olga')}")
        for algorithm in ("ES256", "EdDSA", "RS256"):
            time.sleep(1)  # new keys are fetched no oftener, whatever tokens come
            provider.control(rotate=algorithm)
            browser = browser_of(daemon)
            expect(browser.sign_in("olga@port") == "/", algorithm)
            expect(browser.session()["user"] == "olga", algorithm)


@test("signing in at a provider: what comes back must have begun in the same browser, and is taken once")
def state():
    with oidc_site() as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        olga = browser_of(daemon)
        olga.sign_in("olga@port", f"?invitation={invite(daemon, anna, 'olga')}")

        # Login CSRF: olga's answer in somebody else's browser signs nobody in.
        attacker, victim = browser_of(daemon), browser_of(daemon)
        url = attacker.at_provider(attacker.begin(), "olga@port")
        refused(victim.back(url), "state")
        victim.begin()  # also when that browser has a sign-in of its own under way
        url = attacker.at_provider(attacker.begin(), "olga@port")
        refused(victim.back(url), "state")
        expect(victim.session() is None, "the victim is signed in")
        refused(attacker.back(url), "state")  # it was used up by the try

        # Replay.
        url = olga.at_provider(olga.begin(), "olga@port")
        cookies = {host: dict(jar) for host, jar in olga.cookies.items()}
        expect(olga.back(url) == "/", "the first time")
        olga.cookies = cookies
        refused(olga.back(url), "state")

        # What is missing, made up, or of another issuer.
        site = olga.site + "/api/v1/session/oidc/callback"
        for query in ("", "?code=x", "?state=x&code=x", f"?state={'A' * 43}&code=x", "?error=access_denied"):
            refused(browser_of(daemon).back(site + query), "state")
        parts = urllib.parse.parse_qs(urllib.parse.urlsplit(olga.begin()).query)
        expect(parts["code_challenge_method"] == ["S256"] and parts["response_type"] == ["code"], f"{parts}")
        refused(olga.back(f"{site}?state={parts['state'][0]}&error=access_denied"), "provider_refused")
        parts = urllib.parse.parse_qs(urllib.parse.urlsplit(olga.begin()).query)
        refused(olga.back(f"{site}?state={parts['state'][0]}&code=x&iss=https%3A%2F%2Fevil.example"), "state")
        parts = urllib.parse.parse_qs(urllib.parse.urlsplit(olga.begin()).query)
        refused(olga.back(f"{site}?state={parts['state'][0]}&code=made-up"), "provider_refused")

        # A session that was there ends: none is carried over.
        old = dict(olga.cookies)
        expect(olga.sign_in("olga@port") == "/", "again")
        fresh, olga.cookies = olga.cookies, old
        olga.cookies = fresh
        status, _, _ = olga.fetch(olga.site + "/api/v1/session/oidc?invitation=x")
        expect(status == 400, f"a malformed invitation: {status}")


@test("signing in at a provider: when it is down the desk says so, and passwords go on")
def down():
    with oidc_site() as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        browser_of(daemon).sign_in("olga@port", f"?invitation={invite(daemon, anna, 'olga')}")
        browser = browser_of(daemon)
        url = browser.at_provider(browser.begin(), "olga@port")
        provider.stop()
        refused(browser.back(url), "provider_refused")
        expect("localhost" in broker.log(), broker.log())
        broker.stop()
        wait_for("the desk to notice", lambda: "scrim-oidc is gone" in daemon.log(), 10)
        refused(browser_of(daemon).begin(), "provider_down")
        broker.start()
        wait_for("the desk to be told", lambda: "nobody can sign in with the provider: https://localhost" in daemon.log(), 20)
        refused(browser_of(daemon).begin(), "provider_down")
        daemon.signed_in("anna")
        provider.start()
        wait_for("it to be back", lambda: browser_of(daemon).begin().startswith(provider.issuer), 20)
        expect(browser_of(daemon).sign_in("olga@port") == "/", "after it came back")

        # And after a restart of the desk.
        daemon.stop()
        daemon.start()
        wait_for("scrim-oidc to come again", lambda: browser_of(daemon).begin().startswith(provider.issuer), 20)


@test("signing in at a provider: scrim.yaml says by a claim who is admitted")
def admitted():
    with oidc_site("  admit: {claim: groups, values: [cctv, security]}\n") as (daemon, provider, broker):
        anna = daemon.signed_in("anna")
        refused(browser_of(daemon).sign_in("guest@port", f"?invitation={invite(daemon, anna, 'otto')}"), "not_admitted")
        expect(browser_of(daemon).sign_in("olga@port", f"?invitation={invite(daemon, anna, 'olga')}") == "/", "olga")


@test("signing in at a provider: who cannot show the proof is not believed")
def impostor():
    with oidc_site() as (daemon, provider, broker):
        def frame(kind, body):
            return struct.pack(">IBBH", 36 + len(body), kind, 0, 0) + bytes(32) + body

        answer = struct.pack(">QB", 1, 1) + json.dumps({"sub": "olga@port"}).encode()
        for first in (frame(32, bytes(32) + b"\1https://evil.example/auth"), frame(34, answer), b"\xff" * 64):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(str(daemon.site.dir / "run" / "oidc.sock"))
                peer.sendall(first)
                peer.settimeout(10)
                expect(peer.recv(1) == b"", "it is cut off")
        expect(browser_of(daemon).begin().startswith(provider.issuer), "the real one is still believed")
        expect((daemon.site.dir / "state" / "oidc" / "peer.key").stat().st_mode & 0o007 == 0, "others read the proof")


@test("signing in at a provider: in Chromium, across two sites")
def chromium():
    if not shutil.which("chromium"):
        raise Skip("chromium is not installed")
    with oidc_site() as (daemon, provider, broker):
        token = invite(daemon, daemon.signed_in("anna"), "olga")
        environment = {**os.environ, "SCRIM_URL": f"https://localhost:{daemon.site.port}/", "SCRIM_INVITATION": token}
        done = subprocess.run(["node", ROOT / "tests" / "browser" / "provider.mjs"], env=environment, timeout=120)
        expect(done.returncode == 0, "provider.mjs: see the lines above")
