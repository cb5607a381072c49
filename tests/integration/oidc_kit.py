"""A real provider (tests/oidc/provider.mjs) beside a scrimd of its own and the real scrim-oidc, and somebody's browser."""

import contextlib
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import urllib.parse

import sitekit
from desk_kit import PASSWORD, Daemon, desk
from harness import ROOT, Skip, expect, wait_for

PROVIDER = ROOT / "tests" / "oidc"
SECRET = "the client's secret, with a % and a +"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """Cookies, redirects and forms, and nothing else."""

    def __init__(self, site):
        self.cookies, self.site = {}, site
        self.context = ssl._create_unverified_context()  # whom scrim-oidc believes is what is tested

    def fetch(self, url, method="GET", form=None):
        """(status, headers, body) of one request, at the address that the URL names."""
        parts = urllib.parse.urlsplit(url)
        jar = self.cookies.setdefault(parts.netloc, {})
        connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=self.context, timeout=30)
        headers = {"Host": parts.netloc, "Cookie": "; ".join(f"{n}={v}" for n, v in jar.items())}
        body = None
        if form is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = line.split(";")[0].partition("=")
                if "max-age=0" in line.lower() or "expires=thu, 01 jan 1970" in line.lower():
                    jar.pop(name, None)
                else:
                    jar[name] = value
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def begin(self, query=""):
        """The provider's address that the desk sends it to."""
        status, headers, body = self.fetch(f"{self.site}/api/v1/session/oidc{query}")
        expect(status in (302, 303), f"begin: {status}: {body}")
        return headers["Location"]

    def at_provider(self, url, who):
        """Signs in there; the address that it is sent back to."""
        for _ in range(12):
            form = None
            status, headers, body = self.fetch(url)
            if status == 200:
                action = re.search(r'<form[^>]*action="([^"]+)"', body)
                prompt = re.search(r'name="prompt" value="(\w+)"', body)
                expect(action and prompt, f"{url}: no form: {body[:500]}")
                form = {"prompt": prompt[1], **({"login": who, "password": "any"} if prompt[1] == "login" else {})}
                status, headers, body = self.fetch(urllib.parse.urljoin(url, action[1]), "POST", form)
            expect(status in (302, 303), f"{url}: {status}: {body[:500]}")
            url = urllib.parse.urljoin(url, headers["Location"])
            if url.startswith(self.site):
                return url
        raise AssertionError("the provider goes in circles")

    def back(self, url):
        """Where the desk leads it then."""
        status, headers, body = self.fetch(url)
        expect(status == 303, f"back: {status}: {body[:300]}")
        return headers["Location"]

    def sign_in(self, who, query=""):
        return self.back(self.at_provider(self.begin(query), who))

    def session(self):
        status, _, body = self.fetch(f"{self.site}/api/v1/session")
        return json.loads(body) if status == 200 else None


class Provider:
    def __init__(self, work, redirect, port):
        self.port, self.issuer = port, f"https://localhost:{port}"
        self.cert, self.key = work / "idp.crt", work / "idp.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", self.key, "-out", self.cert],
            check=True, capture_output=True,
        )
        self.options = {"port": port, "key": str(self.key), "cert": str(self.cert), "redirect": redirect, "secret": SECRET}
        self.log = work / "idp.log"
        self.process = None

    def start(self):
        with open(self.log, "a") as log:
            self.process = sitekit.start(["node", PROVIDER / "provider.mjs", json.dumps(self.options)], stdout=log, stderr=log)
        wait_for("the provider to listen", self._listens, 30)

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def stop(self):
        self.process.kill()
        self.process.wait()

    def control(self, **wish):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=ssl._create_unverified_context(), timeout=20)
        connection.request("POST", "/control", json.dumps(wish))
        expect(connection.getresponse().status == 200, "control")
        connection.close()


class Broker:
    def __init__(self, daemon):
        self.daemon, self.process = daemon, None
        self.log_path = daemon.site.dir.parent / "oidc.log"

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = sitekit.start([sitekit.program("scrim-oidc"), self.daemon.site.dir], stderr=log)

    def stop(self):
        if self.process and self.process.poll() is None:
            status = sitekit.stop(self.process)
            expect(status == 0, f"scrim-oidc ended with status {status}: {self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace")


def invite(daemon, administrator, name, role="operator"):
    status, _, body = administrator.request(
        "POST", "/api/v1/invitations", {"name": name, "role": role, "groups": []})
    expect(status in (200, 201), f"invitation: {status}: {body}")
    return json.loads(body)["token"]


@contextlib.contextmanager
def oidc_site(extra=""):
    """(daemon, provider, broker) with scrim.yaml naming the provider; the administrator is anna."""
    if not (PROVIDER / "node_modules").exists() or not shutil.which("node"):
        raise Skip("the npm packages of tests/oidc are not installed")
    with desk(users=(), roles={"anna": "administrator"}, start=False) as daemon:
        work, port = daemon.site.dir.parent, free_port()
        provider = Provider(work, f"https://localhost:{daemon.site.port}/api/v1/session/oidc/callback", port)
        secret = work / "client.secret"
        secret.write_text(SECRET + "\n")
        config = daemon.site.dir / "scrim.yaml"
        config.write_text(config.read_text() + f"""
oidc:
  issuer: {provider.issuer}
  client_id: scrim
  client_secret_file: {secret}
  name: Port account
  tls_ca: {provider.cert}
{extra}""")
        broker = Broker(daemon)
        try:
            provider.start()
            daemon.start()
            broker.start()
            wait_for("the desk to hear of the provider", lambda: "the provider answers" in daemon.log(), 20)
            yield daemon, provider, broker
            broker.stop()
        except BaseException:
            print("".join(f"  oidc: {line}\n" for line in broker.log().splitlines()[-20:]), end="")
            print("".join(f"  idp: {line}\n" for line in provider.log.read_text().splitlines()[-20:]), end="")
            raise
        finally:
            for process in (broker.process, provider.process):
                if process and process.poll() is None:
                    process.kill()
                    process.wait()


def browser_of(daemon):
    return Browser(f"https://localhost:{daemon.site.port}")


__all__ = ["PASSWORD", "Broker", "Browser", "Daemon", "browser_of", "invite", "oidc_site"]
