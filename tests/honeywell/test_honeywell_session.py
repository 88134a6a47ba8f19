"""The portal's log-in: kept, renewed once, never hammered."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceUnreachable
from solarctl.virtualhome.emulators.honeywell_tcc import HoneywellTcc
from tests.honeywell.conftest import House


def test_one_login_serves_many_runs(house: House) -> None:
    """Ten runs in ten processes log in once."""
    for _ in range(10):
        _, hall, study = house.run()
        hall.read_thermostat()
        study.read_thermostat()
        house.clock.advance(900)
    assert len(house.portal.logins) == 1


def test_the_password_travels_in_the_body(house: House) -> None:
    """Neither the address of a request nor a log line contains the password."""
    _, hall, _ = house.run()
    hall.read_thermostat()
    assert not any("correct" in request.target for request in house.portal.journal)
    login = next(r for r in house.portal.journal if r.method == "POST" and r.path == "/portal")
    assert login.form()["Password"] == house.portal.password
    assert login.form()["RememberMe"] == "false"


def test_the_session_is_on_disk_at_once(house: House) -> None:
    """The cookies are stored as vital: also a dry run keeps them, or each one would log in."""
    house.run()[1].read_thermostat()
    assert ("accounts", "honeywell") in house.store.vital
    assert "correct horse" not in json.dumps(house.store.get("accounts", "honeywell"))


@pytest.mark.parametrize("fault", ["session-lost", "session-lost-redirect", "html-200"])
def test_a_forgotten_session_is_renewed_once(house: House, fault: str) -> None:
    """Whatever way the portal says that it forgot us, one log-in follows and the request is repeated."""
    house.run()[1].read_thermostat()
    house.portal.faults.set(fault, times=1)
    if fault == "session-lost-redirect":
        house.portal.sessions.clear()
    assert house.run()[1].read_thermostat().setpoint_deg == 78
    assert len(house.portal.logins) == 2


def test_sessions_that_last_some_requests(house: House) -> None:
    """A session that runs out in the middle of a run costs one log-in, not the run."""
    house.portal.faults.set("expire-after", 6)
    for _ in range(8):
        assert house.run()[1].read_thermostat().setpoint_deg == 78
    assert 2 <= len(house.portal.logins) <= 3


def test_pages_instead_of_data_end_in_silence(house: House) -> None:
    """A portal that shows pages for good gets few log-ins: two in a row, then with growing pauses."""
    house.portal.faults.set("html-200")
    for _ in range(12):
        with pytest.raises((DeviceReplyError, DeviceUnreachable)):
            house.run()[1].read_thermostat()
        house.clock.advance(60)
    assert len(house.portal.logins) <= 4
    house.portal.faults.clear()
    house.clock.advance(3600)
    assert house.run()[1].read_thermostat().setpoint_deg == 78


@pytest.mark.parametrize("fault", ["bad-password", "bad-email"])
def test_a_refused_password_is_not_tried_again(house: House, fault: str) -> None:
    """The portal says no with status 200; further runs do not ask again until the wait is over."""
    house.portal.faults.set(fault)
    for _ in range(5):
        with pytest.raises(DeviceLoginError) as caught:
            house.run()[1].read_thermostat()
        assert "12:1" in str(caught.value)
        house.clock.advance(60)
    assert len(house.portal.attempts) == 1
    house.clock.advance(3600)
    with pytest.raises(DeviceLoginError):
        house.run()[1].read_thermostat()
    assert len(house.portal.attempts) == 2


def test_another_password_is_tried_at_once(house: House) -> None:
    """Who mends the password need not wait for the end of the refusal."""
    house.password = "wrong"
    with pytest.raises(DeviceLoginError):
        house.run()[1].read_thermostat()
    house.password = house.portal.password
    assert house.run()[1].read_thermostat().setpoint_deg == 78


@pytest.mark.parametrize("fault", ["throttled", "login-401"])
def test_a_lockout_is_remembered(house: House, fault: str) -> None:
    """After a lock-out no run logs in before the remembered moment, and each says when that is."""
    house.portal.faults.set(fault, times=1)
    for _ in range(3):
        with pytest.raises(DeviceUnreachable) as caught:
            house.run()[1].read_thermostat()
        assert caught.value.retry_at is not None
        assert "12:10" in str(caught.value)
        house.clock.advance(120)
    assert len(house.portal.attempts) == 1
    house.clock.advance(timedelta(minutes=10).total_seconds())
    assert house.run()[1].read_thermostat().setpoint_deg == 78


def test_lockouts_in_a_row_wait_longer(house: House) -> None:
    """The pause doubles: 10, 20, 40 minutes."""
    house.portal.faults.set("throttled")
    waits = []
    for _ in range(4):
        with pytest.raises(DeviceUnreachable) as caught:
            house.run()[1].read_thermostat()
        assert caught.value.retry_at is not None
        waits.append((caught.value.retry_at - house.clock.now()).total_seconds() / 60)
        house.clock.advance(waits[-1] * 60 + 1)
    assert waits == [10, 20, 40, 80]


def test_an_empty_cookie_is_no_login(house: House) -> None:
    """The page after the log-in empties the cookie: the portal is down, and the next run tries anew."""
    house.portal.faults.set("null-cookie", times=1)
    with pytest.raises(DeviceUnreachable):
        house.run()[1].read_thermostat()
    assert house.run()[1].read_thermostat().setpoint_deg == 78


@pytest.mark.parametrize("fault", ["malformed-cookie-expiry", "poisoned-cookie"])
def test_odd_cookies_do_no_harm(house: House, fault: str) -> None:
    """A date that no standard knows, or an expired extra cookie, keeps nobody out."""
    house.portal.faults.set(fault)
    for _ in range(3):
        assert house.run()[1].read_thermostat().setpoint_deg == 78
    assert len(house.portal.logins) == 1


@pytest.mark.parametrize("fault", ["http-503", "http-500", "redirect"])
def test_an_outage_is_no_reason_to_log_in(house: House, fault: str) -> None:
    """While the site is down the session is kept, and no log-in is spent."""
    house.run()[1].read_thermostat()
    house.portal.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        house.run()[1].read_thermostat()
    house.portal.faults.clear()
    assert house.run()[1].read_thermostat().setpoint_deg == 78
    assert len(house.portal.logins) == 1


def test_another_process_logged_in_meanwhile(house: House) -> None:
    """Two runs find the session lost; the second one takes the session of the first."""
    first, second = house.run(), house.run()
    first[1].read_thermostat()
    second[1].read_thermostat()
    assert len(house.portal.logins) == 1
    house.portal.sessions.clear()
    first, second = house.run(), house.run()
    first[0]._opened()
    second[0]._opened()  # both have the old cookies now
    first[1].read_thermostat()
    second[1].read_thermostat()
    assert len(house.portal.logins) == 2


def test_setup_lists_the_thermostats(house: House) -> None:
    """The account names its thermostats with number, unit and place."""
    found = house.run()[0].thermostats()
    assert [(one.device_id, one.name, one.unit, one.location, one.alive) for one in found] == [
        (123456, "HALL", "F", "Home", True),
        (777, "STUDY", "C", "Home", True),
    ]


def test_a_slow_portal(house: House) -> None:
    """An answer that takes its time is waited for."""
    house.portal.faults.set("slow", 0.3)
    assert house.run()[1].read_thermostat().setpoint_deg == 78


def test_every_fault_of_the_portal_is_tested() -> None:
    """A fault that the emulator knows is named in these tests."""
    texts = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in HoneywellTcc.FAULTS if f'"{name}"' not in texts] == []
