"""Who does not prove to be the HomeWizard device that is known gets neither token nor question."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from solarctl.drivers.homewizard import HomeWizard
from solarctl.errors import DeviceError, DeviceRefused, DeviceUnreachable, Exit
from solarctl.settings import Secret
from solarctl.virtualhome import homewizard_certificates
from solarctl.virtualhome.emulators import homewizard
from tests.drivers.tls import Certificates

SERIAL = "5c2fafaa0005"


@contextmanager
def shown(shelf: Any, certificate: Path) -> Iterator[None]:
    """Let the battery show another certificate."""
    server = shelf.made.secure["plug-in-battery"]

    def wrap(plain: Any) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        plain.socket = tls.wrap_socket(plain.socket, server_side=True, do_handshake_on_connect=False)

    server.stop()
    server.wrap = wrap
    server.start()
    yield


def signed(folder: Path, ca: Path, span: tuple[str, str]) -> Path:
    """Return the battery's certificate, by any authority, for any time."""
    key, request, found, joined = (folder / f"battery.{ending}" for ending in ("key", "csr", "crt", "pem"))
    for name, text in (("list.txt", ""), ("number", "01\n")):
        (folder / name).write_text(text)
    (folder / "c.cnf").write_text(
        f"[ca]\ndefault_ca=c\n[c]\ndatabase={folder}/list.txt\nserial={folder}/number\nnew_certs_dir={folder}\n"
        f"certificate={ca}\nprivate_key={ca.with_suffix('.key')}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
    )

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key))
    openssl("req", *new, "-subj", f"/CN=appliance\\/battery\\/{SERIAL}", "-out", str(request))
    config = ("-config", str(folder / "c.cnf"), "-startdate", span[0], "-enddate", span[1])
    openssl("ca", "-batch", *config, "-in", str(request), "-out", str(found), "-notext")
    joined.write_text(key.read_text() + found.read_text())
    return joined


NOW, OVER = ("20250101000000Z", "20960101000000Z"), ("20200101000000Z", "20210101000000Z")
CERTIFICATES: dict[str, Callable[[Path], Path]] = {
    "expired": lambda folder: signed(folder, homewizard_certificates.authority(), OVER),
    "another CA's": lambda folder: signed(folder, Certificates(folder).ca, NOW),
    "its own": lambda folder: Certificates(folder).self_signed("alone", "IP:127.0.0.1"),
}


def test_a_certificate_like_the_devices_own(shelf, tmp_path):
    """What makes the others impostors is not how they were made: the same by the right authority is believed."""
    with shown(shelf, signed(tmp_path, homewizard_certificates.authority(), NOW)):
        assert shelf.open("plug-in-battery").read_battery().soc_pct == 50


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_certificates(shelf, tmp_path, kind):
    """Expired, of another CA, or self-signed: the next run is waited for, and nothing was asked."""
    made = CERTIFICATES[kind](tmp_path)
    with shown(shelf, made), pytest.raises(DeviceUnreachable, match="cannot prove who it is"):
        shelf.open("plug-in-battery").read_battery()
    assert shelf.made.asked("plug-in-battery") == []


def test_a_port_that_speaks_no_tls(shelf):
    """https to the plain port of a device, and nothing is said in clear."""
    url = shelf.made.plain["p1"].url.replace("http://", "https://")
    with pytest.raises(DeviceUnreachable):
        shelf.open("p1", v2=True, base_url=url).read_grid()
    assert shelf.made.asked("p1") == []


def test_a_refused_token_is_not_tried_again(shelf):
    """One question, one answer: pair again."""
    driver = shelf.open("plug-in-battery", token=Secret("0" * 32))
    with pytest.raises(DeviceError, match="does not know the token") as caught:
        driver.read_battery()
    assert caught.value.exit_code == Exit.LOGIN
    assert len(shelf.made.asked("plug-in-battery")) == 1


def test_an_answer_after_the_limit(shelf):
    """Asked twice, each time no longer than timeout_s."""
    shelf.made.faults.set("slow")
    with pytest.raises(DeviceUnreachable, match="did not answer within"):
        shelf.open("p1", timeout_s=0.2).read_grid()
    assert len(shelf.made.asked("p1")) == 2


class TestHostNames:
    """Behind a CA of the owner's (a proxy, say) a certificate may bear the host's name: then /api tells the serial."""

    @pytest.fixture
    def proxied(self, shelf, tmp_path) -> Iterator[dict[str, Any]]:
        authority = Certificates(tmp_path)
        with shown(shelf, authority.signed("proxy", "IP:127.0.0.1")):
            yield {"ca_file": authority.ca, "base_url": shelf.made.secure["plug-in-battery"].url}

    def test_the_right_one(self, shelf, proxied):
        """It is read; who it is, is asked in each run."""
        for _ in range(2):
            assert shelf.open("plug-in-battery", **proxied).read_battery().soc_pct == 50
        paths = [one.path for one in shelf.made.asked("plug-in-battery")]
        assert paths.count("/api") == 2

    def test_another_one(self, shelf, proxied):
        """One that says another serial than the known one is not believed."""
        shelf.open("plug-in-battery", **proxied).read_battery()
        shelf.made.faults.set("other-serial")
        with pytest.raises(DeviceRefused, match="aabbccddeeff"):
            shelf.open("plug-in-battery", **proxied).read_battery()

    def test_nothing_is_written_to_another_one(self, shelf, proxied):
        """Who it is, is asked before anything is changed."""
        shelf.open("plug-in-battery", **proxied).read_battery()
        shelf.made.faults.set("other-serial")
        with pytest.raises(DeviceRefused):
            shelf.open("plug-in-battery", **proxied).set_mode("standby")
        assert not shelf.made.asked("plug-in-battery", "PUT")

    def test_without_a_ca_of_ones_own(self, shelf, proxied):
        """HomeWizard's CA vouches for devices only, never for a host."""
        with pytest.raises(DeviceUnreachable):
            shelf.open("plug-in-battery", **proxied | {"ca_file": None}).read_battery()


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://192.168.1.22", True),
        ("http://localhost.example", True),
        ("http://127.0.0.1:8080", False),
        ("http://localhost", False),
        ("http://[::1]:80/", False),
        ("https://192.168.1.22", False),
    ],
)
def test_a_token_does_not_travel_in_clear(url, wrong):
    """A token and plain http is a mistake in the config, except on this machine."""
    settings = HomeWizard.Settings(base_url=url, token=Secret(homewizard.TOKEN))
    assert bool([key for key, _text in settings.problems() if key == "base_url"]) is wrong
