#!/usr/bin/python3
"""Ceremonies once more: resharing, transcript, proof of a test opening and paper, from docs/ref/formats/vault.md.

    reshare.py SCRIM VECTORS

What `scrim vault` deals, refreshes and proves is computed again from the files alone; what Python refreshes and
proves, `scrim vault install` and `verify` take; and what is wrong with it, they refuse. VECTORS is
tests/vectors/scrim-ceremony.json: every value follows from its inputs, and the C code takes all of it.
"""

import hashlib
import json
import secrets
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from agefile import check_mac, read_header, write_header
from primitives import BASE, Q, bech32, decode_point, decode_scalar, ed25519_public, encode_scalar
from vaultkit import Partial, Refused, Sealed, Vault, combine, deal, encode_label, lagrange, make_partial, seal, signing_seed

SCRIM = sys.argv[1]
failed = False


def say(name, problem=None):
    global failed
    failed |= bool(problem)
    print(f"FAIL ceremony: {name}: {problem}" if problem else f"ok ceremony: {name}", flush=True)


def scrim(*arguments, stdin=None):
    command = [SCRIM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=60, start_new_session=True, check=False)


def scrim_ok(*arguments, **options):
    done = scrim(*arguments, **options)
    if done.returncode != 0:
        raise SystemExit(f"FAIL ceremony: scrim {' '.join(map(str, arguments))}: {done.stderr}")
    return done


def load(path):
    return json.loads(Path(path).read_text())


def shares_in(directory):
    """{index: x_i} of unprotected share files."""
    files = [load(path) for path in sorted(Path(directory).glob("*.json"))]
    return {f["index"]: decode_scalar(bytes.fromhex(f["secret"])) for f in files}


def point_sum(points):
    return sum(points[1:], points[0])


# --- resharing


def on_commitments(commitments, j):
    return point_sum([j**m * decode_point(b) for m, b in enumerate(commitments)])


def evaluate(coefficients, x):
    return sum(c * x**m for m, c in enumerate(coefficients)) % Q


def reshare(vault, shares, names, lines, threshold, draw=lambda: secrets.randbelow(Q - 1) + 1):
    """(vault of the next dealing, new shares, deals), with the checks that each new holder makes."""
    who = sorted(shares)[: vault.threshold]
    polynomials = {i: [shares[i]] + [draw() for _ in range(threshold - 1)] for i in who}
    deals = {i: [(c * BASE).encode() for c in polynomials[i]] for i in who}
    fresh = {}
    for j in range(1, len(names) + 1):
        parts = {i: evaluate(polynomials[i], j) for i in who}
        for i in who:
            assert deals[i][0] == vault.verify_keys[i - 1] and (parts[i] * BASE).encode() == on_commitments(deals[i], j).encode()
        fresh[j] = sum(lagrange(who, i) * parts[i] for i in who) % Q
    verify_keys = [(fresh[j] * BASE).encode() for j in sorted(fresh)]
    sign_keys = [ed25519_public(signing_seed(vault.id, j, fresh[j])) for j in sorted(fresh)]
    return Vault(threshold, names, lines, combined(deals), verify_keys, sign_keys, vault.dealing + 1), fresh, deals


def combined(deals):
    """A'_m = Σ λ_i·B_i,m"""
    who = sorted(deals)
    count = len(deals[who[0]])
    return [point_sum([lagrange(who, i) * decode_point(deals[i][m]) for i in who]).encode() for m in range(count)]


# --- files


def check_transcript(state, what, before=None):
    transcript, vault = load(state / "vault-transcript.json"), Vault.from_json(load(state / "vault.json"))
    expect = {"format": "scrim-vault-transcript/v1", "what": what, "vault": vault.to_json(), "dealing": vault.dealing_id.hex()}
    expect["before"] = before and {"vault": before.id.hex(), "dealing": before.dealing_id.hex()}
    wrong = [name for name in expect if transcript[name] != expect[name]]
    if set(transcript) != {*expect, "at_us", "who", "program", "deals"} or wrong:
        return f"differs: {wrong}, {sorted(transcript)}"
    deals = {d["holder"]: [bytes.fromhex(b) for b in d["commitments"]] for d in transcript["deals"]}
    if what == "refresh" and (combined(deals) != vault.commitments or any(b[0] != before.verify_keys[i - 1] for i, b in deals.items())):
        return "the deals do not make this dealing"
    return None


def request_of(vault, at_us, header):
    return hashlib.sha256(b"scrim-vault-test/v1" + vault.dealing_id + struct.pack(">Q", at_us) + hashlib.sha256(header).digest()).digest()


def check_proof(state, holders):
    proof, vault = load(state / "vault-test.json"), Vault.from_json(load(state / "vault.json"))
    header = proof["header"].encode()
    stanzas, signed, mac, length = read_header(header)
    ((args, body),) = stanzas
    sealed = Sealed.parse(args, body)
    partials = [Partial(p["holder"], *(bytes.fromhex(p[name]) for name in "uef")) for p in proof["partials"]]
    request = request_of(vault, proof["at_us"], header)
    file_key = combine(vault, sealed, request, partials, bytes.fromhex(proof["hour_key"]))
    check_mac(file_key, signed, mac)
    right = (
        length == len(header) and sealed.label == encode_label(vault.id, "-vault", "-test", proof["at_us"])
        and [p.index for p in partials] == holders and proof["dealing"] == vault.dealing_id.hex()
        and set(proof) == {"format", "vault", "dealing", "at_us", "header", "hour_key", "partials"}
    )
    return None if right else str(proof)


def make_proof(vault, shares, at_us, draw=lambda: secrets.randbelow(Q - 1) + 1):
    file_key, hour_key = encode_scalar(draw())[:16], encode_scalar(draw())
    sealed, _ = seal(vault, encode_label(vault.id, "-vault", "-test", at_us), hour_key, file_key, draw(), draw())
    header = write_header(sealed.stanza(), file_key)
    request = request_of(vault, at_us, header)
    partials = [make_partial(vault, i, shares[i], sealed, request, draw())[0] for i in sorted(shares)]
    return {
        "format": "scrim-vault-test/v1", "vault": vault.id.hex(), "dealing": vault.dealing_id.hex(), "at_us": at_us,
        "header": header.decode(), "hour_key": hour_key.hex(),
        "partials": [{"holder": p.index, "u": p.u_i.hex(), "e": p.e_i.hex(), "f": p.f_i.hex()} for p in partials],
    }


def make_transcript(vault, before, deals, at_us):
    return {
        "format": "scrim-vault-transcript/v1", "what": "refresh" if before else "init", "at_us": at_us, "who": "python", "program": "reshare.py",
        "vault": vault.to_json(), "dealing": vault.dealing_id.hex(),
        "before": before and {"vault": before.id.hex(), "dealing": before.dealing_id.hex()},
        "deals": [{"holder": i, "commitments": [b.hex() for b in deals[i]]} for i in sorted(deals)],
    }


def counter(label):
    """Scalars that only the label decides: SHA-512(label ‖ u32 0), (label ‖ u32 1), …"""
    numbers = iter(range(1 << 32))
    return lambda: int.from_bytes(hashlib.sha512(label.encode() + struct.pack(">I", next(numbers))).digest(), "little") % Q


AT_US = 1795000000123456


def make_vectors():
    draw = counter("scrim-ceremony vectors")
    coefficients = [draw(), draw()]
    first, x = deal(coefficients, ["anna", "ben", "cléo"], ["port", "town", ""])
    old = dict(enumerate(x, 1))
    proof = make_proof(first, {1: old[1], 2: old[2]}, AT_US, draw)
    told = make_transcript(first, None, {}, AT_US)
    second, fresh, deals = reshare(first, {1: old[1], 3: old[3]}, ["anna", "dora", "emil", "fritz"], ["port", "", "", "sea"], 3, draw)
    return {
        "about": "scalars are drawn in this order from SHA-512(\"scrim-ceremony vectors\" then a 32-bit counter) mod q: "
        "two coefficients; file key (16 bytes of it), hour key, r, s, t of each holder; two coefficients a dealer; the same as for the first proof",
        "first": {
            "vault": first.to_json(), "transcript": told, "proof": proof, "request": request_of(first, AT_US, proof["header"].encode()).hex(),
            "shares": [encode_scalar(old[i]).hex() for i in sorted(old)],
        },
        "refresh": {
            "vault": second.to_json(), "transcript": make_transcript(second, first, deals, AT_US),
            "proof": make_proof(second, {i: fresh[i] for i in (1, 2, 4)}, AT_US, draw),
            "shares": [encode_scalar(fresh[i]).hex() for i in sorted(fresh)],
            "paper": [paper_text(second, i, fresh[i]) for i in sorted(fresh)],
        },
    }


def paper_text(vault, index, x):
    return bech32("SCRIM-SHARE-", b"\x01" + vault.id[:8] + struct.pack(">HB", vault.dealing, index) + encode_scalar(x)).upper()


def printed_text(page):
    """What stands on a page in groups."""
    return "".join(part.split("<")[0] for part in page.split('class="code">')[1:]).replace("\u00a0", "").replace(" ", "")


def vectors(site, work, expected):
    say("vectors follow from their inputs", None if make_vectors() == expected else "a value differs")
    scrim_ok("init", site)
    for name in ("first", "refresh"):
        given = expected[name]
        vault = Vault.from_json(given["vault"])
        scrim_ok("vault", "install", site, write_dealing(work / name, vault, given["transcript"], given["proof"]))
        for index, x in enumerate(given["shares"], 1):
            share = write_share(work / f"{name}-{index}.json", vault, index, decode_scalar(bytes.fromhex(x)))
            scrim_ok("vault", "verify", site, "--share", share)
            scrim_ok("vault", "paper", site, "--share", share, "--out", work / f"{name}-{index}.svg")
            text = printed_text((work / f"{name}-{index}.svg").read_text())
            if "paper" in given:
                say(f"paper {index} of the vectors", None if text == given["paper"][index - 1] else text)
    say("the C code takes the vectors")


def write_share(path, vault, index, x):
    name = vault.names[index - 1]
    bound = b"scrim-share/v1" + vault.id + struct.pack(">HB", index, len(name.encode())) + name.encode() + b"\x00"
    secret = encode_scalar(x)
    share = {"format": "scrim-share/v1", "vault": vault.id.hex(), "index": index, "name": name, "protection": "none", "secret": secret.hex()}
    path.write_text(json.dumps({**share, "checksum": hashlib.sha256(bound + secret).hexdigest()}))
    return path


def write_dealing(directory, vault, transcript, proof):
    directory.mkdir()
    for name, content in (("vault.json", vault.to_json()), ("vault-transcript.json", transcript), ("vault-test.json", proof)):
        (directory / name).write_text(json.dumps(content))
    return directory


# --- the comparison


def from_c(site, work):
    state = site / "state"
    scrim_ok("init", site)
    scrim_ok("vault", "init", site, "-k", 2, "--holder", "anna=port", "--holder", "ben", "--holder", "cléo", "--unprotected", "--out", work / "1")
    first, old = Vault.from_json(load(state / "vault.json")), shares_in(work / "1")
    say("a first transcript", check_transcript(state, "init"))
    say("a first proof", check_proof(state, [1, 2, 3]))
    files = sorted((work / "1").glob("*.json"))
    scrim_ok("vault", "refresh", site, "--share", files[2], "--share", files[0], "-k", 3, *(a for n in ("anna=port", "dora", "emil=town", "fritz") for a in ("--holder", n)), "--unprotected", "--out", work / "2")
    second, new = Vault.from_json(load(state / "vault.json")), shares_in(work / "2")
    say("the transcript of a refresh", check_transcript(state, "refresh", first))
    say("the proof of a refresh", check_proof(state, [1, 2, 3, 4]))
    same = (second.id, second.public_key, second.dealing) == (first.id, first.public_key, 2)
    say("the same vault", None if same else "it is not")
    wrong = [i for i, x in new.items() if (x * BASE).encode() != second.verify_keys[i - 1]]
    say("new shares lie on their commitments", str(wrong) if wrong else None)
    secret = sum(lagrange([1, 3], i) * old[i] for i in (1, 3)) % Q  # only a test ever does this
    for who in ((1, 2, 3), (2, 3, 4), (1, 3, 4)):
        found = sum(lagrange(list(who), i) * new[i] for i in who) % Q
        say(f"holders {who} have what the old ones had", None if found == secret else "they have not")
    mixed = sum(lagrange([1, 2, 3], i) * x for i, x in ((1, old[1]), (2, new[2]), (3, new[3]))) % Q
    say("old and new shares together have not", None if mixed != secret else "they have")
    page = scrim_ok("vault", "paper", site, "--share", sorted((work / "2").glob("*.json"))[1], "--out", work / "p.svg") and (work / "p.svg").read_text()
    printed, text = printed_text(page), paper_text(second, 2, new[2])
    say("the page says what it should", None if printed == text else f"{printed}, not {text}")
    return second, new


def from_python(site, work, vault, shares):
    at_us = AT_US
    third, fresh, deals = reshare(vault, {i: shares[i] for i in (1, 2, 4)}, ["gerd", "hana", "ida"], ["", "port", "town"], 2)
    proof, transcript = make_proof(third, {1: fresh[1], 3: fresh[3]}, at_us), make_transcript(third, vault, deals, at_us)

    forged = {**deals, 1: [*deals[1][:1], (7 * BASE).encode()]}
    refused = {
        "deals that make another dealing": (transcript | {"deals": make_transcript(third, vault, forged, at_us)["deals"]}, proof),
        "a transcript that follows another dealing": (transcript | {"before": {"vault": vault.id.hex(), "dealing": 64 * "0"}}, proof),
        "a proof with a wrong part": (transcript, proof | {"partials": [proof["partials"][0], proof["partials"][1] | {"u": proof["partials"][0]["u"]}]}),
        "a proof of one holder": (transcript, proof | {"partials": proof["partials"][:1]}),
        "a proof of another time": (transcript, proof | {"at_us": at_us + 1}),
        "a proof with another hour key": (transcript, proof | {"hour_key": 64 * "1"}),
    }
    for number, (name, (told, shown)) in enumerate(refused.items()):
        done = scrim("vault", "install", site, write_dealing(work / f"wrong{number}", third, told, shown))
        say(f"refused: {name}", None if done.returncode == 1 else f"status {done.returncode}: {done.stderr}")
    # A dealing of the same public key that one holder made up alone.
    alone, made_up, _ = reshare(vault, {i: shares[i] for i in (1, 2, 4)}, ["gerd", "hana", "ida"], ["", "port", "town"], 2)
    done = scrim("vault", "install", site, write_dealing(work / "alone", alone, make_transcript(alone, vault, deals, at_us), make_proof(alone, made_up, at_us)))
    say("refused: another dealing's deals", None if done.returncode == 1 else f"status {done.returncode}: {done.stderr}")

    done = scrim("vault", "install", site, write_dealing(work / "third", third, transcript, proof))
    say("a refresh made by Python is installed", done.stderr if done.returncode else None)
    for index in (1, 2, 3):
        done = scrim("vault", "verify", site, "--share", write_share(work / f"python-{index}.json", third, index, fresh[index]))
        say(f"share {index} made by Python is taken", done.stderr if done.returncode else None)
    done = scrim("vault", "test", site, "--share", work / "python-1.json", "--share", work / "python-2.json")
    say("two of them open", done.stderr if done.returncode else check_proof(site / "state", [1, 2]))


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        try:
            (work / "vectors").mkdir()
            vectors(work / "vectors/site", work / "vectors", load(sys.argv[2]))
            from_python(work / "site", work, *from_c(work / "site", work))
        except Refused as why:
            say("all of it", str(why))
    return failed


sys.exit(main())
