"""Devices are found by multicast DNS, and paired by their button."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.drivers.homewizard_discovery import answers, devices, discover, query
from solarctl.drivers.homewizard_pairing import pair
from solarctl.errors import DeviceError, DeviceLoginError, Exit
from solarctl.virtualhome.http_emulator import Response
from solarctl.virtualhome.mdns import Responder
from tests.fakes import context


@pytest.mark.parametrize("garbage", [b"", b"\0" * 5, b"\0" * 4 + b"\0\1\0\1\0\0\0\0\xc0\x0c", bytes(range(64))])
def test_discovery(shelf, garbage):
    """Every device is found once, with address, serial, kind and versions; garbage on the line does no harm."""
    responder = Responder(shelf.made.devices, garbage=garbage).start()
    try:
        found = {one.serial: one for one in discover(time.monotonic, wait_s=0.6, group=responder.address)}
    finally:
        responder.stop()
    assert {one.product_type for one in found.values()} == {"HWE-P1", "HWE-SKT", "HWE-KWH1", "HWE-BAT"}
    assert len(found) == 5
    p1, battery = found["5c2fafaa0001"], found["5c2fafaa0005"]
    assert (p1.versions, p1.host, p1.api_enabled) == ({"v1", "v2"}, "192.168.1.1", True)
    assert battery.versions == {"v2"}


def test_a_question_is_no_answer():
    """Our own question, come back, tells of nothing."""
    assert list(answers(query(("_hwenergy._tcp.local",)))) == []


def test_pairing(shelf, own_ca):
    """Asked until the button is pressed; the token and the proven serial come back, and the token works."""
    shelf.made.devices["plug-in-battery"].users.clear()
    asked = threading.Event()

    class PressingClock(type(shelf.clock)):  # type: ignore[misc]
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            asked.set()
            shelf.made.devices["plug-in-battery"].press_button()

    url = shelf.made.secure["plug-in-battery"].url
    paired = pair(context(clock=PressingClock()), "battery", url, ca_file=own_ca)
    assert asked.is_set()
    assert len(paired.token) == 32
    assert paired.serial == "5c2fafaa0005"
    from solarctl.settings import Secret

    assert shelf.open("plug-in-battery", token=Secret(paired.token)).read_battery().soc_pct == 50


def test_nobody_presses(shelf, own_ca):
    """After a minute it says what to press."""
    url = shelf.made.secure["plug-in-battery"].url
    with pytest.raises(DeviceLoginError, match="nobody pressed") as caught:
        pair(context(), "battery", url, ca_file=own_ca)
    assert "button" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "error", "code", "word"),
    [
        (400, "user:no-storage", Exit.REFUSED, "no room for another user"),
        (400, "user:name-invalid", Exit.NONSENSE, "user:name-invalid"),
        (404, "request:not-found", Exit.CONFIG, "does not speak API v2"),
        (500, "request:internal-server-error", Exit.TRY_AGAIN, "out of order"),
    ],
)
def test_a_device_that_will_not_pair(shelf, own_ca, status, error, code, word):
    """What waiting for the button cannot mend ends at once, with what to do."""
    server = shelf.made.secure["plug-in-battery"]
    server.handle = lambda _request: Response.of({"error": error}, status)
    made = context()
    with pytest.raises(DeviceError, match=word) as caught:
        pair(made, "battery", server.url, ca_file=own_ca)
    assert caught.value.exit_code == code
    assert made.clock.monotonic() < 10


def test_a_name_that_is_used_again(shelf, own_ca):
    """Pairing once more gives a new token and ends the old one."""
    device = shelf.made.devices["plug-in-battery"]
    url = shelf.made.secure["plug-in-battery"].url
    tokens = []
    for _ in range(2):
        device.press_button()
        tokens.append(pair(context(clock=shelf.clock), "battery", url, ca_file=own_ca).token)
        device.users["local/other"] = "x" * 32  # the emulator's tokens count its users
    assert len(set(tokens)) == 2
    assert tokens[0] not in device.users.values()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_whatever_comes_by_multicast(head, tail):
    """Any bytes, also behind a sound beginning, are read as far as they can be; nothing fails."""
    question = query(("_hwenergy._tcp.local",))
    for packet in (head, question[:10] + b"\0\3" + question[12:] + tail):
        found = [(*one, "127.0.0.1") for one in answers(packet)]
        assert all(one.serial for one in devices(found))
