"""scrim-opener, the guard of openings, on a real recording: what it opens, and what a desk that was taken over gets."""

import contextlib
import json
import os
import shutil
import stat

from harness import covered, expect, recorded, test
from opener_kit import EACCESS, EAUTH, ECANCEL, ENOENT, ETIMEOUT, FIND, OPEN, QUESTION, Desk, Request, act
from sitekit import scrim_ok


@contextlib.contextmanager
def guarded():
    """(stage, somebody in scrimd's place, the list of all that was recorded, its range)"""
    with recorded({"quay": "people"}, 3) as staged:
        desk = Desk(staged)
        try:
            start, end = covered(staged.site, "quay")
            found = desk.ask(FIND, cameras=["quay"], from_us=start, to_us=end)
            expect(found.code == 0, found.text)
            yield staged, desk, found.read(), (start, end)
        except BaseException:
            print("".join(f"  opener: {line}\n" for line in desk.log().splitlines()[-10:]), end="")
            raise
        finally:
            desk.close()


def refused(answer, code, *words):
    expect(answer.code == code, f"code {answer.code}, not {code}: {answer.text}")
    expect(not answer.fds, "a refusal with a descriptor")
    for word in words:
        expect(word in answer.text, f"{word!r} is not in {answer.text!r}")


def opened(request):
    answer = request.open()
    expect(answer.code == 0, answer.text)
    age = answer.read()
    expect(age.startswith(b"age-encryption.org/v1\n-> X25519 "), "no age file")
    return answer.until_us


@test("scrim-opener opens a real recording for two of three; nothing for a desk that lies, or sends garbage")
def guards():
    with guarded() as (staged, desk, segments, span):
        opens_for_two(staged, desk, segments, span)
        refuses_lies(staged, desk, segments, span)


def opens_for_two(staged, desk, segments, span):
    shares = staged.site.shares
    entries = json.loads(segments)["segments"]
    request = Request(desk, 1, segments, *span)
    refused(request.open(), EACCESS, "2 of 3", "0 do")
    request.decide(shares[0])
    refused(request.open(), EACCESS, "1 does")
    refused(request.segment(0), EACCESS, "was not opened")
    desk.line.close()  # the desk ends: so does the opener, well, and both are started again
    expect(desk.process.wait(10) == 0, desk.log())
    desk.start()
    request.decide(shares[2])
    until_us = opened(request)
    for index, entry in enumerate(entries):
        answer = request.segment(index)
        expect(answer.code == 0, answer.text)
        mode = os.fstat(answer.fds[0])
        expect(stat.S_ISREG(mode.st_mode) and answer.bytes == entry["bytes"], "not the file that was listed")
        file = staged.site.dir / "store" / "quay" / entry["file"]
        expect(answer.read() == file.read_bytes(), f"{entry['file']} is another file")
    refused(request.segment(len(entries)), ENOENT)
    desk.process.kill()  # in the middle of it: the time box is found again
    desk.process.wait(10)
    desk.line.close()
    desk.start()
    expect(request.segment(0).code == 0, "a restart closed what was open")
    expect(opened(request) == until_us, "a restart began the time anew")
    scrim_ok("check", staged.site.dir)  # the opener's log is checked with the others


def agreed(desk, number, segments, span, **options):
    request = Request(desk, number, segments, *span, **options)
    for share in desk.site.shares[:2]:
        request.decide(share)
    return request


def refuses_lies(staged, desk, segments, span):
    first, second = agreed(desk, 11, segments, span), Request(desk, 12, segments, *span)
    for file in first.dir.glob("decision-*"):
        shutil.copy(file, second.dir)
    refused(second.open(), EACCESS, "another request")
    first.json["view_s"] = 86400
    first.write()
    refused(first.open(), EACCESS)
    refused(agreed(desk, 13, segments, span, ago_s=3601).open(), ETIMEOUT, "expired")
    withdrawn = agreed(desk, 14, segments, span)
    opened(withdrawn)
    act(desk, {"what": "request.withdraw", "who": "olga", "detail": {"number": 14}})
    refused(withdrawn.open(), ECANCEL, "withdrawn")
    (withdrawn.dir / "end.json").write_text("{}")
    refused(withdrawn.segment(0), ECANCEL)
    link = withdrawn.dir.parent / "15"
    link.symlink_to(second.dir)
    expect(desk.ask(OPEN, request=15).code < 0, "a link was followed")

    short = QUESTION.pack(1, 1, 0, 0, OPEN, 0, 0, b"", 0, b"")[:-1]
    unknown = QUESTION.pack(1, 1, 0, 0, 77, 0, 0, b"", 0, b"")
    for datagram in (short, unknown, os.urandom(QUESTION.size), b"x", os.urandom(60000)):
        expect(desk.ends(datagram), "it goes on after garbage")

    fresh = agreed(desk, 16, segments, span)
    opened(fresh)
    entry = json.loads(segments)["segments"][0]
    file = staged.site.dir / "store" / "quay" / entry["file"]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    refused(fresh.segment(0), EAUTH, "damaged")
    refused(desk.ask(FIND, cameras=["quay"], from_us=span[0], to_us=span[1]), EAUTH, entry["file"])
    file.write_bytes(whole[:150] + bytes([whole[150] ^ 1]) + whole[151:])
    refused(fresh.segment(0), EAUTH, "another file")
    file.write_bytes(whole)

    vault = staged.site.dir / "state" / "vault.json"
    shutil.copy(vault, vault.with_suffix(".new"))
    vault.with_suffix(".new").rename(vault)  # as a new dealing of its shares takes its place
    expect(desk.line.recv(1) == b"" and desk.process.wait(10) == 0, "it goes on with an old vault")
    desk.line.close()
    desk.start()
    opened(fresh)
    store = staged.site.dir / "store"
    store.rename(staged.site.dir / "elsewhere")  # as a disk that is taken away, and comes back
    expect(desk.line.recv(1) == b"" and desk.process.wait(10) == 0, "it stays within walls around a disk that is gone")
    desk.line.close()
    (staged.site.dir / "elsewhere").rename(store)
    desk.start()
    expect(fresh.segment(0).code == 0, "what came back is out of reach")
