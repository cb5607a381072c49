#!/usr/bin/python3
"""gaps.py: what is missing from the last day, camera by camera. Python 3.9 and later, nothing but its own library.

    SCRIM_URL=https://127.0.0.1:8443 SCRIM_TOKEN_FILE=token SCRIM_CA=/srv/scrim/state/keys/tls.crt ./gaps.py

An administrator makes the token at the desk, with the rights "session" and "past". SCRIM_CA is the certificate to
trust: the site's own, or nothing where a public authority signed it.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

DAY_MS = 24 * 3600 * 1000

desk = os.environ["SCRIM_URL"].rstrip("/")
token = Path(os.environ["SCRIM_TOKEN_FILE"]).read_text().strip()
trust = ssl.create_default_context(cafile=os.environ.get("SCRIM_CA"))


def get(path):
    request = urllib.request.Request(f"{desk}/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, context=trust, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        sys.exit(f"{path}: {json.load(refused)['error']['text']}")


def local(ms):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))


now = get("/site")["now_ms"]  # the site's clock, not ours
for camera in get("/cameras"):
    timeline = get(f"/cameras/{camera['id']}/timeline?from={now - DAY_MS}&to={now}")
    recorded = sum(end - start for start, end in timeline["recorded"]) / DAY_MS
    print(f"{camera['name']}: {recorded:.1%} of the last day is recorded")
    for gap in timeline["gaps"]:
        print(f"  {local(gap['from'])}  {(gap['to'] - gap['from']) / 1000:8.1f} s  {gap['cause']}: {gap['detail']}")
