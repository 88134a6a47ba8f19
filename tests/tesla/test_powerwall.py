"""The Powerwall's driver against Tesla's cloud: meters, settings that come late, and what is no reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from solarctl.capabilities import BatteryConditions, BatteryMode, BatteryReserve, EnergyHistory
from solarctl.context import Context
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceRefused, DeviceReplyError, DeviceUnreachable, Exit
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.drivers.contracts import BatteryMeterContract, GridMeterContract, LoadMeterContract, SolarMeterContract
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import Open, PlainHome


class TestContracts(GridMeterContract, SolarMeterContract, LoadMeterContract, BatteryMeterContract):
    """What all meters owe."""

    @pytest.fixture
    def driver(self, powerwall: TeslaPowerwall) -> TeslaPowerwall:
        return powerwall

    @pytest.fixture
    def silent(self, cloud: TeslaCloud, powerwall: TeslaPowerwall) -> TeslaPowerwall:
        powerwall.read_reserve()  # a token is there
        cloud.stop()
        powerwall._context.shared.clear()  # and no connection is open
        return powerwall

    @pytest.fixture
    def importing_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "grid_w", watts)

    @pytest.fixture
    def producing_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "solar_w", watts)

    @pytest.fixture
    def consuming_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "load_w", watts)

    @pytest.fixture
    def charged_pct(self, home: PlainHome) -> Callable[[float], None]:
        return lambda percent: setattr(home, "soc_pct", percent)

    @pytest.fixture
    def discharging_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "battery_w", watts)


def test_it_is_what_the_catalogue_says(powerwall: TeslaPowerwall) -> None:
    """Reserve, mode, conditions and history are offered too."""
    for capability in (BatteryReserve, BatteryMode, BatteryConditions, EnergyHistory):
        assert isinstance(powerwall, capability)


def test_one_request_serves_all_meters(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Four meters are one live_status; reserve and mode are one site_info."""
    powerwall.read_grid(), powerwall.read_solar(), powerwall.read_load(), powerwall.read_battery()
    assert [one.path.rpartition("/")[2] for one in cloud.data_requests()] == ["live_status"]
    powerwall.read_reserve(), powerwall.read_reserve()
    assert [one.path.rpartition("/")[2] for one in cloud.data_requests()] == ["live_status", "site_info"]


def test_a_long_command_asks_again(powerwall: TeslaPowerwall, home: PlainHome, clock: FakeClock) -> None:
    """An answer serves one moment, not a whole long run."""
    powerwall.read_battery()
    home.soc_pct = 40.0
    clock.advance(30)
    assert powerwall.read_battery().soc_pct == 40.0


def test_the_time_is_tesla_s(powerwall: TeslaPowerwall, cloud: TeslaCloud, clock: FakeClock) -> None:
    """Live values bear the timestamp that Tesla gives them, and the run's moment where it gives none."""
    cloud.faults.set("stale", 45)
    assert clock.now() - powerwall.read_battery().at == timedelta(minutes=45)


def test_without_timestamp(powerwall: TeslaPowerwall, cloud: TeslaCloud, clock: FakeClock) -> None:
    """A missing timestamp is no reason to throw values away."""
    cloud.faults.set("no-timestamp")
    assert powerwall.read_battery().at == clock.now()


@pytest.mark.parametrize("fault", ["glitch", "null-values", "solar-only"])
def test_no_charge_is_no_number(powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str) -> None:
    """A calibration's charge, null, and a site without battery are "not known", never 0 %."""
    cloud.faults.set(fault)
    assert powerwall.read_battery().soc_pct is None


def test_an_empty_battery_is_a_reading(powerwall: TeslaPowerwall, home: PlainHome, cloud: TeslaCloud) -> None:
    """Below 1 % with power flowing, or off the grid, it is really empty."""
    home.soc_pct, home.battery_w = 0.4, 200.0
    assert powerwall.read_battery().soc_pct == 0.4


def test_an_empty_battery_off_the_grid(powerwall: TeslaPowerwall, home: PlainHome, cloud: TeslaCloud) -> None:
    """Off the grid an idle, empty battery is believed."""
    home.soc_pct, home.battery_w, cloud.site.island = 0.4, 0.0, "off_grid_unintentional"
    assert powerwall.read_battery().soc_pct == 0.4


@pytest.mark.parametrize("fault", ["null-response", "text-response", "list-response"])
def test_a_stale_site(powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str) -> None:
    """A `response` that is null, a text or a list is a site without news: try again later."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        powerwall.read_battery()
    with pytest.raises(DeviceUnreachable):
        powerwall.read_reserve()


def test_null_powers_are_missing(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A null power is no reading."""
    cloud.faults.set("null-values")
    with pytest.raises(DeviceUnreachable, match="grid_power"):
        powerwall.read_grid()


def test_numbers_as_text(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Numbers that come as text are read as numbers."""
    cloud.faults.set("text-values")
    assert (powerwall.read_grid().grid_w, powerwall.read_battery().soc_pct) == (-800.0, 62.0)
    assert powerwall.read_reserve().reserve_pct == 20.0


def test_reserve_zero_is_a_value(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A reserve of 0 % is a setting, not "unset"."""
    cloud.site.set_reserve(0)
    assert powerwall.read_reserve().reserve_pct == 0.0


# --- conditions


@pytest.mark.parametrize(
    ("island", "grid", "off_grid", "outage"),
    [
        ("on_grid", "Active", False, False),
        ("off_grid", "Inactive", True, True),
        ("off_grid_intentional", "Active", True, False),
        ("off_grid_unintentional", "Inactive", True, True),
        ("on_grid", "Inactive", True, True),
        ("island_status_unknown", "Active", False, False),
        ("island_status_unknown", "Unknown", True, False),
    ],
)
def test_on_the_grid(
    powerwall: TeslaPowerwall, cloud: TeslaCloud, island: str, grid: str, off_grid: bool, outage: bool
) -> None:
    """What is not surely on the grid counts as off it."""
    cloud.site.island, cloud.site.grid_status = island, grid
    found = powerwall.read_conditions(powerwall.read_reserve())
    assert (found.off_grid, found.outage) == (off_grid, outage)
    assert (found.reserve_pct, found.storm, found.soc_pct) == (20.0, False, 62.0)


def test_conditions_that_are_not_told(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Without island and grid status nobody may act."""
    cloud.faults.set("no-island-status")
    with pytest.raises(DeviceUnreachable, match="on the grid"):
        powerwall.read_conditions(powerwall.read_reserve())


def test_storm_watch(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Storm watch is told."""
    cloud.site.storm = True
    assert powerwall.read_conditions(powerwall.read_reserve()).storm is True


# --- writing


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


# --- which site


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


# --- history


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


# --- every error of the table


ERRORS = [  # fault, value, exit, a word of the message
    ("payment-required", True, Exit.REFUSED, "paid"),
    ("missing-scopes", True, Exit.LOGIN, "scopes"),
    ("forbidden", True, Exit.LOGIN, "forbids"),
    ("unregistered", True, Exit.LOGIN, "region"),
    ("wrong-region", True, Exit.CONFIG, "'eu'"),
    ("unknown-site", True, Exit.CONFIG, "no such site"),
    ("invalid-field", True, Exit.REFUSED, "invalid_field"),
    ("deprecated", True, Exit.NONSENSE, "closed"),
    ("locked", True, Exit.LOGIN, "locked"),
    ("bearer-401", True, Exit.LOGIN, "access token"),
    ("rate-limit", 30, Exit.TRY_AGAIN, "silence until 12:00:30"),
    ("rate-limit-reset", 45, Exit.TRY_AGAIN, "silence until 12:00:45"),
    ("upstream", True, Exit.TRY_AGAIN, "502"),
    ("http", 500, Exit.TRY_AGAIN, "500"),
    ("http", 503, Exit.TRY_AGAIN, "503"),
    ("http", 540, Exit.TRY_AGAIN, "540"),
    ("http", 408, Exit.TRY_AGAIN, "does not answer"),
    ("http", 405, Exit.NONSENSE, "405"),
    ("http", 422, Exit.NONSENSE, "422"),
    ("http", 451, Exit.REFUSED, "legal"),
    ("html", True, Exit.NONSENSE, "JSON"),
    ("torn", True, Exit.TRY_AGAIN, "broke off"),
]


@pytest.mark.parametrize(("fault", "value", "code", "words"), ERRORS)
def test_errors_are_told_apart(
    powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str, value: Any, code: Exit, words: str
) -> None:
    """Each status has its exit code and its words, for reading and for writing, and nothing else escapes."""
    powerwall.read_reserve()
    cloud.faults.set(fault, value)
    for ask in (powerwall.read_battery, lambda: powerwall.set_reserve(0)):
        cloud_store_clear(powerwall)
        with pytest.raises(DeviceError, match=words) as caught:
            ask()
        assert caught.value.exit_code == code


def cloud_store_clear(powerwall: TeslaPowerwall) -> None:
    """Forget a pause, so that the next request is made."""
    store: Any = powerwall._context.store
    store.values.clear()


def test_only_errors_that_pass_are_repeated(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A 5xx is asked again, a 402 or 429 never."""
    for fault, times in (("http", 3), ("payment-required", 1), ("rate-limit", 1)):
        powerwall._context.shared.clear()
        cloud_store_clear(powerwall)
        cloud.faults.clear()
        cloud.faults.set(fault)
        before = len(cloud.data_requests())
        with pytest.raises(DeviceError):
            powerwall.read_battery()
        assert len(cloud.data_requests()) - before == times


def test_a_pause_is_remembered(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock) -> None:
    """After a 429 the next run does not call before its end, and says until when."""
    cloud.faults.set("rate-limit", 300, times=1)
    with pytest.raises(DeviceUnreachable):
        opened(run).read_battery()
    before = len(cloud.journal)
    with pytest.raises(DeviceUnreachable, match="12:05:00") as caught:
        opened(next_run(run, account=run.account)).read_battery()
    assert len(cloud.journal) == before
    assert caught.value.retry_at is not None
    clock.advance(301)
    assert opened(next_run(run, account=run.account)).read_battery().soc_pct == 62


def test_nonsense_in_the_store_does_no_harm(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """Whatever was stored, the next run works."""
    for value in ({"silent_until": "soon"}, {"silent_until": 5}, {"silent_until": "2099-01-01T00:00:00+00:00"}):
        run.store.put("accounts", "tesla", value)
        assert opened(next_run(run, account=run.account)).read_battery().soc_pct == 62


def test_logs_show_no_token(cloud: TeslaCloud, opened: Open, clock: FakeClock) -> None:
    """Neither tokens nor the client's secret appear in what -vv shows."""
    from tests.fakes import context

    lines: list[str] = []
    run = context({}, clock=clock, log=lines.append)
    opened(run).read_battery()
    text = "\n".join(lines)
    stored = run.tokens.get("tesla") or {}
    for secret in (cloud.tokens.first_refresh_token, stored["access_token"], stored["refresh_token"]):
        assert secret not in text
    assert "live_status" in text


def test_wrong_type_of_answer(powerwall: TeslaPowerwall, cloud: TeslaCloud, home: PlainHome) -> None:
    """A power that is no number is nonsense."""
    home.grid_w = "many"  # type: ignore[assignment]
    cloud.site.live = lambda now: {"grid_power": "many", "timestamp": now.isoformat()}  # type: ignore[method-assign]
    with pytest.raises(DeviceReplyError):
        powerwall.read_grid()
