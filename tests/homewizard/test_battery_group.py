"""A P1 or kWh meter tells the batteries how to operate: each mode, each permission, by each version of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from solarctl.errors import DeviceError, DeviceRefused, Exit
from tests.home import served

CHARGE, DISCHARGE = "charge_allowed", "discharge_allowed"
BOTH = [CHARGE, DISCHARGE]


@pytest.fixture
def group(shelf: Any) -> Any:
    return shelf.open("p1", v2=True)


def written(shelf: Any) -> list[dict[str, Any]]:
    """Return what the meter was told, in order."""
    return [json.loads(one.body) for one in shelf.made.asked("p1", "PUT")]


class TestModes:
    """By name."""

    @pytest.mark.parametrize(
        ("mode", "may_charge", "may_discharge", "full_speed"),
        [("zero", True, True, False), ("standby", False, False, False), ("to_full", True, True, True)],
    )
    def test_each(self, shelf, group, mode, may_charge, may_discharge, full_speed):
        """Written once, read back; the batteries do it."""
        assert group.set_mode(mode)
        assert written(shelf) == [{"mode": mode}]
        assert shelf.open("p1", v2=True).read_reserve().mode == mode
        battery = shelf.house.battery
        assert battery.may_charge is may_charge
        if not full_speed:
            assert battery.may_discharge is may_discharge
        assert (battery.force_w is not None) is full_speed

    def test_predictive(self, shelf, group):
        """From API 2.3.0 on; an older meter refuses it, and what to do is said."""
        with pytest.raises(DeviceRefused, match="does not take that") as caught:
            group.set_mode("predictive")
        assert "firmware" in caught.value.hint
        shelf.made.faults.set("new-firmware")
        group = shelf.open("p1", v2=True)
        assert group.set_mode("predictive")
        assert group.read_reserve().mode == "predictive"

    def test_words_that_do_not_exist(self, shelf, group):
        """A misspelt mode or permission is refused before anything is sent."""
        for ask in (lambda: group.set_mode("full"), lambda: group.set_permissions(["charge"])):
            with pytest.raises(DeviceRefused, match="there is no"):
                ask()
        assert written(shelf) == []

    def test_acknowledged_but_not_taken(self, shelf, group):
        """Only what is read back counts."""
        shelf.made.faults.set("ignores-writes")
        for ask in (lambda: group.set_mode("standby"), lambda: group.set_permissions([])):
            with pytest.raises(DeviceRefused, match="does not take it"):
                ask()

    def test_filled_up(self, shelf, group):
        """After to_full the meter lets the batteries follow it again; nobody has to end it."""
        group.set_mode("to_full")
        shelf.house.battery.soc_pct = 100
        assert shelf.open("p1", v2=True).read_reserve().mode == "zero"
        assert shelf.house.battery.force_w is None


class TestPermissions:
    """What they may do."""

    @pytest.mark.parametrize("permissions", [[], [CHARGE], [DISCHARGE], BOTH])
    @pytest.mark.parametrize("before", [[], [CHARGE], BOTH])
    def test_each(self, shelf, group, before, permissions):
        """Written once and read back; the same ones are not written again."""
        group.set_permissions(before)
        count = len(written(shelf))
        assert shelf.open("p1", v2=True).set_permissions(permissions)
        assert written(shelf)[count:] == ([] if before == permissions else [{"permissions": permissions}])
        battery = shelf.house.battery
        assert (battery.may_charge, battery.may_discharge) == (CHARGE in permissions, DISCHARGE in permissions)
        found = shelf.open("p1", v2=True).read_reserve()
        assert (found.permissions, found.mode) == (tuple(permissions), "zero" if permissions else "standby")

    def test_they_end_filling_up(self, shelf, group):
        """While it fills up they cannot be written, so that is ended first."""
        group.set_mode("to_full")
        assert group.read_reserve().permissions is None
        assert shelf.open("p1", v2=True).set_permissions([CHARGE])
        assert written(shelf) == [{"mode": "to_full"}, {"mode": "zero"}, {"permissions": [CHARGE]}]
        assert shelf.house.battery.force_w is None


class TestOldFirmware:
    """API 2.1.0 knows modes only, 2.0.0 no batteries at all, v1 neither."""

    @pytest.mark.parametrize(("permissions", "mode"), [([], "standby"), (BOTH, "zero")])
    def test_all_and_nothing(self, shelf, permissions, mode):
        """Nothing is standby, everything is zero."""
        shelf.made.faults.set("old-firmware")
        for _ in range(2):
            assert shelf.open("p1", v2=True).set_permissions(permissions)
        found = shelf.open("p1", v2=True).read_reserve()
        assert (found.mode, found.permissions) == (mode, tuple(permissions))
        assert written(shelf) == ([{"mode": mode}] if mode == "standby" else [])

    @pytest.mark.parametrize("permission", BOTH)
    def test_nothing_in_between(self, shelf, group, permission):
        """What it cannot be told is said, with what to update; nothing is written."""
        shelf.made.faults.set("old-firmware")
        with pytest.raises(DeviceError, match="alone") as caught:
            group.set_permissions([permission])
        assert caught.value.exit_code == Exit.CONFIG
        assert "2.2.0" in caught.value.hint
        assert written(shelf) == []

    @pytest.mark.parametrize(("v2", "hint"), [(True, "firmware"), (False, "button")])
    def test_a_meter_without_batteries(self, shelf, v2, hint):
        """A meter that knows nothing of batteries: newer firmware, or pairing for API v2."""
        shelf.made.faults.set("no-batteries")
        with pytest.raises(DeviceError, match="/api/batteries") as caught:
            shelf.open("p1", v2=v2).set_mode("zero")
        assert caught.value.exit_code == Exit.CONFIG
        assert hint in caught.value.hint


COMMANDED = """
[plan]
forecast = "sun"
grid = "p1"
battery = "plug-in-battery"
command_battery = true
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 2.0
"""


class TestByCommand:
    """`device mode`, and `apply` with a battery that is commanded."""

    @pytest.fixture
    def home(self, tmp_path):
        with served(tmp_path, "homewizard", "open-meteo-solar", tables="") as made:
            made.emulators["homewizard"].p1_token = True
            made.configure(COMMANDED)
            yield made

    def test_by_hand(self, home):
        """Each mode is set and read back; one that is there already is not written."""
        for mode, outcome in (
            ("standby", "done"),
            ("standby", "unchanged"),
            ("zero", "done"),
            ("predictive", "failed"),
        ):
            found = home.json("device", "mode", "p1", mode)
            assert [one["outcome"] for one in found["actions"]] == [outcome], found
            assert found["exit"] == (69 if outcome == "failed" else 0)
        assert home.emulators["homewizard"].counters()["writes"] == 3

    def test_what_is_so_already_is_not_written(self, home):
        """Free is what the batteries are: said as unchanged, and nothing is written."""
        found = home.json("apply")
        permissions = [one for one in found["actions"] if one["action"] == "permissions"]
        assert permissions == [{"device": "p1", "action": "permissions", "to": BOTH, "outcome": "unchanged"}]
        assert home.emulators["homewizard"].asked("p1", "PUT") == []

    @pytest.mark.parametrize(
        ("told", "may"), [("hold", []), ("charge", [CHARGE]), ("discharge", [DISCHARGE]), ("free", BOTH)]
    )
    def test_what_the_plan_says(self, home, told, may):
        """Each mode of a plan becomes what the batteries may do; a minute later nothing is written again."""
        assert home.run("plan", "-q").exit == 0
        path = home.state_dir / "plan.json"
        plan = json.loads(path.read_text())
        plan["battery_mode"] = [told] * len(plan["slots"])
        path.write_text(json.dumps(plan))
        assert home.json("apply")["exit"] == 0
        made = home.emulators["homewizard"]
        assert made.devices["p1"].group.permissions == may
        writes = made.counters()["writes"]
        home.clock.advance(minutes=1)
        home.json("apply")
        assert made.counters()["writes"] == writes

    def test_a_meter_that_refuses(self, home):
        """What is acknowledged but not taken fails, is told, and is tried again in the next run."""
        made = home.emulators["homewizard"]
        home.json("device", "mode", "p1", "standby")
        made.faults.set("ignores-writes")
        assert home.json("apply")["exit"] == 69
        made.faults.clear()
        home.clock.advance(minutes=1)
        assert home.json("apply")["exit"] == 0
        assert made.devices["p1"].group.permissions == BOTH
