"""What the driver writes: the circuit's dynamic current with a time to live, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from solarctl.errors import DeviceError, DeviceRefused, DeviceSetupError, Exit
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.easee_answers import CIRCUIT_ID, FLASH_KEYS, SITE_ID

DYNAMIC = f"/api/sites/{SITE_ID}/circuits/{CIRCUIT_ID}/dynamicCurrent"


def test_a_limit_is_accepted_by_the_charger(bench):
    """Site and circuit are found out, the command is followed, and the car gets what it was given."""
    one = bench()
    assert one.run().set_charge_limit(10, ttl_min=3)
    assert one.offers() == 10
    assert one.cloud.writes[0][2] == {"phase1": 10, "phase2": 10, "phase3": 10, "timeToLive": 3}
    assert one.asked("/site")[0] == f"GET /api/chargers/{one.box.serial}/site"
    one.run().set_charge_limit(11, ttl_min=3)
    assert len(one.asked("/api/chargers")) == 1, "where the charger is, is remembered"


def test_it_ends_by_itself(bench):
    """When nobody renews it, the circuit falls back to its offline maximum."""
    one = bench(offline_max_a=6.0)
    one.run().set_charge_limit(16, ttl_min=3)
    assert one.offers() == 16
    one.wait(181)
    assert one.offers() == 6


@pytest.mark.parametrize(("ttl_min", "sent"), [(3, 3), (2.5, 3), (0.2, 1)])
def test_a_time_to_live_is_never_rounded_away(bench, ttl_min, sent):
    """0 would mean for ever."""
    one = bench()
    one.run().set_charge_limit(8, ttl_min=ttl_min)
    assert one.cloud.writes[0][2]["timeToLive"] == sent


@pytest.mark.parametrize(("limit_a", "ttl_min"), [(-1, 3), (81, 3), (10, 0), (10, -1)])
def test_what_is_no_limit_is_not_sent(bench, limit_a, ttl_min):
    """Neither negative currents nor limits without end reach the charger."""
    one = bench()
    with pytest.raises(DeviceRefused):
        one.run().set_charge_limit(limit_a, ttl_min=ttl_min)
    assert one.cloud.writes == []


def test_one_phase(bench):
    """One phase is offered by setting the others to 0; the car then draws on one."""
    one = bench()
    assert one.run().set_phase_limit(8, 1, ttl_min=3)
    one.wait(90)
    reading = one.run().read_charger()
    assert (one.box.car.power_w, reading.limit_a, reading.phases) == (1840, 8, 1)
    assert reading.can_switch_phases
    assert one.run().set_phase_limit(8, 3, ttl_min=3)
    assert one.cloud.writes[-1][2]["phase3"] == 8


def test_a_shared_circuit_is_not_switched(bench):
    """Phases are the circuit's; where another charger hangs on it, they stay."""
    one = bench()
    one.cloud.faults.set("shared-circuit")
    one.run().set_charge_limit(8, ttl_min=3)
    assert not one.run().read_charger().can_switch_phases


@pytest.mark.parametrize("shape", ["empty-body", "object-body", "no-op"])
def test_every_shape_of_acceptance(bench, shape):
    """An empty body is no failure, an object is a command like a list, an empty list is nothing to do."""
    one = bench()
    one.cloud.faults.set(shape)
    assert one.run().set_charge_limit(10, ttl_min=3)
    if shape != "no-op":
        assert one.offers() == 10


def test_a_command_that_takes_long_is_pending(bench):
    """Neither done nor failed: the next run looks."""
    one = bench(command_s=30.0)
    assert one.run().set_charge_limit(10, ttl_min=3) is False
    one.wait(40)
    assert one.run().read_charger().limit_a == 10


def test_an_empty_body_from_a_slow_charger_is_pending(bench):
    """Without a command to follow, the circuit is looked at twice."""
    one = bench(command_s=30.0)
    one.cloud.faults.set("empty-body")
    assert one.run().set_charge_limit(10, ttl_min=3) is False


@pytest.mark.parametrize("shape", ["empty-body", "object-body"])
def test_a_write_that_nobody_confirms_is_pending(bench, shape):
    """Where the cloud has no word about a write, the next run looks; its "Forbidden" there is no block."""
    one = bench()
    one.cloud.faults.set("no-confirmation")
    one.cloud.faults.set(shape)
    assert one.run().set_charge_limit(10, ttl_min=3) is False
    one.wait(6)
    assert one.run().read_charger().limit_a == 10


@pytest.mark.parametrize(
    ("fault", "said"), [("reject", "did not accept"), ("expire", "did not hear"), ("no-access", "may not do that")]
)
def test_a_refusal_is_told(bench, fault, said):
    """The person learns what to look at; the car keeps what it had."""
    one = bench(offline_max_a=6.0)
    one.run().set_charge_limit(6, ttl_min=3)
    one.cloud.faults.set(fault)
    with pytest.raises(DeviceError, match=said) as caught:
        one.run().set_charge_limit(16, ttl_min=3)
    assert caught.value.exit_code == (Exit.LOGIN if fault == "no-access" else Exit.REFUSED)
    assert caught.value.hint
    assert one.offers() == 6


def test_unheard_is_pending_and_the_old_limit_ends(bench):
    """A command that vanishes leaves the former limit, which ends by itself."""
    one = bench(offline_max_a=6.0)
    one.run().set_charge_limit(16, ttl_min=3)
    one.cloud.faults.set("unheard")
    assert one.run().set_charge_limit(8, ttl_min=3) is False
    one.wait(180)
    assert one.offers() == 6


def test_the_right_one_of_two_circuits(bench):
    """The circuit is the one on which the charger hangs."""
    one = bench()
    one.cloud.faults.set("two-circuits")
    one.run().set_charge_limit(10, ttl_min=3)
    assert one.asked("dynamicCurrent") == [f"POST {DYNAMIC}"]


def test_a_charger_that_was_moved(bench):
    """A circuit that is not there any more is looked up once more."""
    one = bench()
    one.store.put("devices", "car", {"serial": one.box.serial, "site": SITE_ID, "circuit": 1, "alone": True})
    assert one.run().set_charge_limit(10, ttl_min=3)
    assert one.offers() == 10


def test_a_charger_that_is_not_there(bench):
    """A wrong serial is said, with what to compare."""
    one = bench()
    with pytest.raises(DeviceSetupError, match="does not know") as caught:
        one.run(charger_id="EH999999").set_charge_limit(10, ttl_min=3)
    assert "label" in caught.value.hint
    one.cloud.faults.set("unknown-charger")
    with pytest.raises(DeviceSetupError):
        one.run().set_charge_limit(10, ttl_min=3)


def test_the_only_charger_needs_no_serial(bench):
    """An account with one charger tells which it is."""
    one = bench()
    assert one.run(charger_id="").set_charge_limit(10, ttl_min=3)
    assert one.run(charger_id="").read_charger().limit_a == 10


def test_a_plug_in_does_not_lift_the_limit(bench):
    """The charger's own dynamic limit is reset at plug-in; the circuit's, which we use, is not."""
    one = bench(Car(plugged=False))
    one.run().set_charge_limit(8, ttl_min=3)
    one.box.plug_in()
    assert one.offers() == 8


def test_flash_is_never_written(bench):
    """Over every request that the driver can make: one path is written, with four keys, none of them kept in flash."""
    one = bench()
    device = one.run(charger_id="")
    device.read_charger()
    for amps in (0, 6, 16, 32):
        device = one.run(charger_id="")
        device.set_charge_limit(amps, ttl_min=3)
        device.set_phase_limit(amps, 1, ttl_min=3)
        device.set_phase_limit(amps, 3, ttl_min=3)
        one.wait(20)
    one.account.refresh_token()
    for fault in ("empty-body", "object-body", "no-op", "unheard", "reject", "lost-token"):
        one.cloud.faults.set(fault, times=1)
        with suppress(DeviceError):
            one.run().set_charge_limit(10, ttl_min=3)
        one.wait(20)
    written = [request for request in one.cloud.journal if request.method != "GET"]
    assert {request.path for request in written} == {
        "/api/accounts/login", "/api/accounts/refresh_token", DYNAMIC,
    }  # fmt: skip
    assert {request.method for request in one.cloud.journal} == {"GET", "POST"}
    for request in written:
        keys = set(request.json())
        assert not keys & FLASH_KEYS
        if request.path == DYNAMIC:
            assert keys == {"phase1", "phase2", "phase3", "timeToLive"}
            assert request.json()["timeToLive"] >= 1
    assert one.cloud.flash_writes == 0


def test_the_emulator_notices_flash(bench):
    """The proof above would be worth nothing if the emulator did not count what it must count."""
    import requests

    one = bench()
    token = requests.post(
        f"{one.cloud.url}/api/accounts/login", json={"userName": "owner@example.com", "password": "sun-and-wind"},
        timeout=5,
    ).json()["accessToken"]  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    path = f"{one.cloud.url}/api/chargers/{one.box.serial}/settings"
    assert requests.post(path, json={"maxChargerCurrent": 6}, headers=headers, timeout=5).status_code == 202
    assert one.cloud.flash_writes == 1


def test_a_day_of_limits_stays_within_easee_s_limits(bench):
    """A write and a look each minute: no 429, ever."""
    one = bench(Car(wants_kwh=500))
    for minute in range(60):
        device = one.run()
        device.read_charger()
        device.set_charge_limit(6 + minute % 10, ttl_min=3)
        one.wait(60 - (one.clock.now() - one.house.now).total_seconds())
    assert one.cloud.refused_429 == 0
    assert one.cloud.logins == 1
    assert timedelta(0) < one.account.token_expires_at() - one.clock.now()
