"""TLS is verified: whoever cannot prove to be the server gets no request. Real certificates, a real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from solarctl.drivers.http import Http
from solarctl.drivers.trust import HASHED_DIRECTORIES, Trust, is_hashed, trust
from solarctl.errors import DeviceSetupError, DeviceUnreachable
from tests.drivers.tls import Certificates, https
from tests.fakes import FakeClock, context

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def good(certificates: Certificates) -> Path:
    return certificates.signed("good", "IP:127.0.0.1,DNS:localhost")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def ask(port: int, **options: object) -> object:
    http = Http.of(context(), "gateway", f"https://127.0.0.1:{port}", **options)  # type: ignore[arg-type]
    return http.request("GET", "/").json()


def test_a_known_ca_is_believed(certificates: Certificates, good: Path) -> None:
    """With its CA as ca_file, a server is believed."""
    with https(good) as port:
        assert ask(port, ca_file=certificates.ca) == {"ok": 1}


def test_a_hashed_folder_is_believed(certificates: Certificates, good: Path, tmp_path: Path) -> None:
    """A folder with hashed links serves like a bundle."""
    with https(good) as port:
        assert ask(port, ca_file=certificates.hashed(tmp_path / "certs")) == {"ok": 1}


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_environment_names_cas(
    certificates: Certificates, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The variables that users of requests, curl and OpenSSL know are honoured."""
    found = certificates.hashed(tmp_path / "certs") if variable == "SSL_CERT_DIR" else certificates.ca
    monkeypatch.setenv(variable, str(found))
    with https(good) as port:
        assert ask(port) == {"ok": 1}


def test_ca_file_alone_counts(certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment for other programs does not widen (or replace) a ca_file of the config."""
    other = Certificates(tmp_path)
    certificate = other.signed("other", "IP:127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca))
    with https(certificate) as port, pytest.raises(DeviceUnreachable):
        ask(port, ca_file=certificates.ca)


@pytest.mark.parametrize("believed", ["ca_file", "system"])
@pytest.mark.parametrize("case", ["self-signed", "wrong host", "expired", "unknown ca"])
def test_impostors_are_refused(
    certificates: Certificates, good: Path, case: str, believed: str, tmp_path: Path
) -> None:
    """Self-signed, for another host, expired, of an unknown CA: no request is sent, and no repetition tried."""
    shown = {
        "self-signed": lambda: certificates.self_signed("alone", "IP:127.0.0.1"),
        "wrong host": lambda: certificates.signed("elsewhere", "DNS:example.org"),
        "expired": lambda: certificates.signed("expired", "IP:127.0.0.1", expired=True),
        "unknown ca": lambda: Certificates(tmp_path).signed("stranger", "IP:127.0.0.1"),
    }[case]()
    clock = FakeClock()
    run = context(clock=clock)
    with https(shown) as port:
        options = {"ca_file": certificates.ca} if believed == "ca_file" else {}
        http = Http.of(run, "gateway", f"https://127.0.0.1:{port}", **options)  # type: ignore[arg-type]
        with pytest.raises(DeviceUnreachable, match="cannot prove who it is") as caught:
            http.request("GET", "/")
    assert "ca_file" in caught.value.hint
    assert clock.slept == []


def test_a_certificate_by_another_name(certificates: Certificates) -> None:
    """A device whose certificate bears a name of its own is believed under that name only."""
    certificate = certificates.signed("device", "DNS:powerwall")
    with https(certificate) as port:
        assert ask(port, ca_file=certificates.ca, server_name="powerwall") == {"ok": 1}
        with pytest.raises(DeviceUnreachable):
            ask(port, ca_file=certificates.ca, server_name="teg")
        with pytest.raises(DeviceUnreachable):
            ask(port, ca_file=certificates.ca)


def test_a_missing_ca_file_is_a_mistake_in_the_config(tmp_path: Path) -> None:
    """A ca_file that is not there is named, before anybody is asked."""
    with pytest.raises(DeviceSetupError, match="cannot be read"):
        ask(1, ca_file=tmp_path / "no.pem")


def test_the_systems_hashed_folder_is_preferred() -> None:
    """No bundle is parsed where the system has CAs by their hash."""
    found = trust("x", None, {})
    assert found.file is None
    assert found.directory == next((d for d in HASHED_DIRECTORIES if is_hashed(d)), None)
    assert trust("x", None, {"SSL_CERT_DIR": "/some/where"}) == Trust(directory="/some/where")


def test_plain_http_loads_no_ca(tmp_path: Path) -> None:
    """Over plain http no CA file is opened, even though requests is at work."""
    program = """
import http.server, sys, threading
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
from tests.fakes import context
from solarctl.drivers.http import Http
Http.of(context(), "x", f"http://127.0.0.1:{server.server_port}").request("GET", "/")
print([name for name in opened if name.endswith((".pem", ".crt")) or "/ssl/certs" in name])
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
