"""The Powerwall's reserve and mode: written, read back, refused; which site; its day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceRefused, Exit
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import Open, PlainHome


def test_reserve_is_written_and_read_back(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """The reserve goes out as a whole number, and the mode stays as it is."""
    cloud.site.mode = "autonomous"
    assert powerwall.set_reserve(0) is True
    assert (cloud.site.reserve_pct, cloud.site.mode) == (0, "autonomous")
    sent = [one for one in cloud.journal if one.method == "POST" and one.path.endswith("/backup")]
    assert [one.json() for one in sent] == [{"backup_reserve_percent": 0}]


def test_mode_is_written_and_read_back(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """The mode is set without touching the reserve."""
    assert powerwall.set_mode("backup") is True
    assert (cloud.site.mode, cloud.site.reserve_pct) == ("backup", 20)
    with pytest.raises(DeviceRefused, match="no mode"):
        powerwall.set_mode("party")


@pytest.mark.parametrize("reserve_pct", [81, 85.4, 99])
def test_what_a_powerwall_does_not_take(powerwall: TeslaPowerwall, cloud: TeslaCloud, reserve_pct: float) -> None:
    """Between 80 and 100 % nothing is sent; it is explained instead."""
    with pytest.raises(DeviceRefused, match="0–80 % or 100 %"):
        powerwall.set_reserve(reserve_pct)
    assert cloud.writes == []


@pytest.mark.parametrize("reserve_pct", [0, 80, 100])
def test_what_a_powerwall_takes(powerwall: TeslaPowerwall, cloud: TeslaCloud, reserve_pct: float) -> None:
    """0 to 80 and 100 are taken, whatever the firmware does in between."""
    cloud.faults.set("refuse-high")
    cloud.faults.set("snap")
    assert powerwall.set_reserve(reserve_pct) is True


@pytest.mark.parametrize("fault", ["ignore", "lagged"])
def test_accepted_is_not_done(powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str) -> None:
    """While Tesla still shows the old reserve, the change is not confirmed."""
    cloud.faults.set(fault, 120)
    assert powerwall.set_reserve(0) is False


def test_something_else_was_set(powerwall: TeslaPowerwall, cloud: TeslaCloud, monkeypatch: Any) -> None:
    """A value that is neither the old nor the new one is a refusal, named."""
    take = cloud.site.set_reserve
    monkeypatch.setattr(cloud.site, "set_reserve", lambda value: take(30))
    with pytest.raises(DeviceRefused, match=r"told 50\.0 and shows 30"):
        powerwall.set_reserve(50)


def test_an_empty_answer_is_fine(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A setting that is answered by nothing is judged by what is read back."""
    cloud.faults.set("empty-post")
    assert powerwall.set_reserve(0) is True


def test_a_refusal_inside_a_200(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """An inner code of 400 or more is a refusal."""
    cloud.faults.set("inner-error", 423)
    with pytest.raises(DeviceRefused, match="423"):
        powerwall.set_reserve(0)


def test_a_lost_answer(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Settings may be sent again, for they are targets: a lost answer is repeated and ends well."""
    cloud.faults.set("post-lost", times=1)
    assert powerwall.set_reserve(0) is True
    assert len(cloud.writes) == 2


def test_read_back_fails(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """What was accepted and cannot be read back is pending, not failed."""
    powerwall.read_reserve()
    take = cloud.site.set_reserve

    def then_break(value: int) -> None:
        take(value)
        cloud.faults.set("http", 503)

    cloud.site.set_reserve = then_break  # type: ignore[method-assign]
    assert powerwall.set_reserve(0) is False


def test_the_only_site_is_found_out(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """Without site_id the energy site is found among cars, once; the next run knows it."""
    powerwall = opened(run, device={"site_id": None})
    assert powerwall.read_reserve().reserve_pct == 20
    assert cloud.data_requests()[0].path == "/api/1/products"
    later = opened(next_run(run, account=run.account), device={"site_id": None})
    before = len(cloud.data_requests())
    later.read_reserve()
    assert len(cloud.data_requests()) - before == 1


def test_several_sites(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock, home: PlainHome) -> None:
    """With several sites the owner is told which there are."""
    from solarctl.virtualhome.tesla_site import TeslaSite

    cloud.sites[77] = TeslaSite(home, 77, cloud.timezone, "Cabin")
    with pytest.raises(DeviceError, match="2 energy sites") as caught:
        opened(run, device={"site_id": None}).read_reserve()
    assert caught.value.exit_code == Exit.CONFIG
    assert "77 (Cabin)" in caught.value.hint


def test_the_day(powerwall: TeslaPowerwall, cloud: TeslaCloud, home: PlainHome, clock: FakeClock) -> None:
    """The day's rows have powers with the load derived, charge, and energies; slots to come are left out."""
    for quarter in range(-8, 0):
        cloud.site.remember(clock.now() + timedelta(minutes=15 * quarter))
    rows = powerwall.read_day(clock.now().date())
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert all(row["at"] <= clock.now() for row in rows)
    powers = [row for row in rows if "grid_w" in row]
    assert len(powers) == 8
    assert powers[0]["load_w"] == pytest.approx(1200)
    assert {row["soc_pct"] for row in rows if "soc_pct" in row} == {62}
    assert sum(row.get("export_kwh", 0) for row in rows) == pytest.approx(8 * 800 / 12 / 1000, abs=0.01)
    asked = [one.query for one in cloud.journal if one.path.endswith("calendar_history")]
    assert {one["end_date"][11:] for one in asked} == {"23:59:59-07:00"}
    assert {one["time_zone"] for one in asked} == {"America/Phoenix"}


@pytest.mark.parametrize("kind", ["soe", "energy"])
def test_a_kind_that_is_not_there(powerwall: TeslaPowerwall, cloud: TeslaCloud, clock: FakeClock, kind: str) -> None:
    """A site without a kind of history still tells the others."""
    cloud.site.remember(clock.now())
    cloud.faults.set("kind-unsupported", kind)
    assert powerwall.read_day(clock.now().date())
