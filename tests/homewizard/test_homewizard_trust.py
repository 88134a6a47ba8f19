"""Which HomeWizard device it really is: faults, serials, certificates, kinds, the battery group."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from solarctl.drivers.homewizard_tls import CA_FILE, VERIFY_X509_STRICT, tls_context
from solarctl.errors import DeviceError, DeviceLoginError, DeviceRefused, DeviceReplyError, DeviceUnreachable, Exit
from solarctl.settings import Secret
from tests.fakes import NOON

FAULTS: list[tuple[str, str, type[DeviceError], int]] = [
    ("http-500", "p1", DeviceUnreachable, Exit.TRY_AGAIN),
    ("html-200", "p1", DeviceReplyError, Exit.NONSENSE),
    ("torn", "p1", DeviceUnreachable, Exit.TRY_AGAIN),
    ("no-power", "p1", DeviceReplyError, Exit.NONSENSE),
    ("other-serial", "p1", DeviceRefused, Exit.REFUSED),
    ("api-off", "p1", DeviceError, Exit.CONFIG),
    ("unauthorized", "plug-in-battery", DeviceLoginError, Exit.LOGIN),
    ("no-charge", "plug-in-battery", DeviceReplyError, Exit.NONSENSE),
]


@pytest.mark.parametrize(("fault", "name", "error", "code"), FAULTS)
def test_each_fault_says_what_to_do(shelf: Any, fault: str, name: str, error: type[DeviceError], code: int) -> None:
    """Each fault becomes the error that says what to do next."""
    driver = shelf.open(name)
    ask: Callable[[], Any] = driver.read_battery if name == "plug-in-battery" else driver.read_grid
    ask()
    driver = shelf.open(name)
    shelf.made.faults.set(fault)
    ask = driver.read_battery if name == "plug-in-battery" else driver.read_grid
    with pytest.raises(error) as caught:
        ask()
    assert caught.value.exit_code == code


def test_numbers_as_text(shelf):
    """Numbers that come as text are numbers."""
    shelf.made.faults.set("text-numbers")
    assert shelf.open("plug-in-battery").read_battery().soc_pct == 50


def test_a_stale_telegram_is_old(shelf):
    """A meter whose cable is loose repeats its last telegram; the reading bears that telegram's moment."""
    shelf.made.faults.set("stale-telegram")
    assert not shelf.open("p1", v2=True).read_grid().is_fresh(NOON, 2)


class TestSerial:
    """The device that was known stays the only one that is believed."""

    def test_it_is_learned(self, shelf):
        """At first contact the serial is kept, and v2 need not ask again: the certificate says it."""
        shelf.open("plug-in-battery").read_battery()
        assert shelf.context.store.get("devices", "plug-in-battery")["serial"] == "5c2fafaa0005"
        before = len(shelf.made.asked("plug-in-battery"))
        shelf.open("plug-in-battery").read_battery()
        asked = shelf.made.asked("plug-in-battery")[before:]
        assert [request.path for request in asked] == ["/api/measurement"]

    def test_another_socket_is_never_switched(self, shelf):
        """When the router has given the address to another socket, that one stays as it is."""
        shelf.open("boiler-socket").read_switch()
        driver = shelf.open("boiler-socket", base_url=shelf.made.plain["bike-socket"].url)
        with pytest.raises(DeviceRefused, match="5c2fafaa0003"):
            driver.switch(True)
        assert not shelf.made.sockets["bike-socket"].on

    def test_a_certificate_of_another_device(self, shelf):
        """v2: the certificate gives another device away before it gets the token."""
        driver = shelf.open("plug-in-battery", serial="5C:2F:AF:AA:00:99")
        with pytest.raises(DeviceRefused, match="5c2fafaa0005"):
            driver.read_battery()
        assert shelf.made.asked("plug-in-battery") == []

    def test_a_serial_in_the_config(self, shelf):
        """A serial from the config is written in any form."""
        assert shelf.open("p1", serial="5C-2F-AF-AA-00-01").read_grid().grid_w == 0


class TestTls:
    """HomeWizard's CA and nothing else."""

    def test_the_shipped_ca(self, shelf):
        """Our CA is shipped with the package, and a device of another CA gets no request."""
        assert CA_FILE.exists()
        driver = shelf.open("plug-in-battery", ca_file=None)
        with pytest.raises(DeviceUnreachable, match="prove who it is"):
            driver.read_battery()
        assert shelf.made.asked("plug-in-battery") == []

    def test_a_version_1_ca_is_believed(self, own_ca):
        """Python 3.13 refuses such CAs by default; that one flag is taken back, and no other check."""
        for ca in (None, own_ca):
            context = tls_context("battery", ca, lambda _serial: None)
            assert not context.verify_flags & VERIFY_X509_STRICT
            assert context.verify_mode == ssl.CERT_REQUIRED
            assert len(context.get_ca_certs()) == 1

    def test_the_flags_number(self):
        """The flag is the one that Python 3.13 switches on."""
        assert getattr(ssl, "VERIFY_X509_STRICT", VERIFY_X509_STRICT) == VERIFY_X509_STRICT


class TestKinds:
    """One driver, several kinds of device."""

    @pytest.mark.parametrize(
        ("name", "keys", "what"),
        [
            ("p1", {}, ("grid",)),
            ("boiler-socket", {}, ("switch", "device")),
            ("solar-meter", {}, ("solar",)),
            ("solar-meter", {"measures": ""}, ("device",)),
            ("plug-in-battery", {}, ("battery",)),
        ],
    )
    def test_what_there_is_to_ask(self, opened, name, keys, what):
        """`status` and `record` ask each kind only what it can tell."""
        assert opened(name, **keys).measured() == what

    def test_a_silent_stranger_is_asked_one_question(self, shelf):
        """A device that was never seen fails once, not five times."""
        shelf.made.faults.set("dead")
        assert shelf.open("p1").measured() == ("device",)

    def test_the_wrong_question(self, opened):
        """A P1 meter cannot be switched; that is a mistake in the config."""
        with pytest.raises(DeviceError, match="is a P1 meter and has no switch") as caught:
            opened("p1").switch(True)
        assert caught.value.exit_code == Exit.CONFIG
        with pytest.raises(DeviceError, match="measures device, not solar"):
            opened("boiler-socket").read_solar()

    def test_no_token(self, shelf):
        """v2 without a token asks for pairing."""
        with pytest.raises(DeviceLoginError, match="token"):
            shelf.open("plug-in-battery", token=Secret("wrong")).read_battery()
