"""The house's physics: energy is neither made nor lost, days are plausible, seeds repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House
from solarctl.virtualhome.houses import hybrid_house
from solarctl.virtualhome.loads import SteadyLoad
from solarctl.virtualhome.sky import Sky
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.supply import Grid

KYIV = ZoneInfo("Europe/Kyiv")
MIDNIGHT = datetime(2026, 6, 21, tzinfo=KYIV)


def _stored_by_sums(battery: Battery, before_kwh: float, sums: Energies) -> float:
    return before_kwh + sums.battery_in_kwh * battery.one_way - sums.battery_out_kwh / battery.one_way


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    day=st.integers(0, 364),
    soc_pct=st.floats(5, 100),
    capacity_kwh=st.floats(1, 20),
    scale=st.floats(0.2, 4),
    switching=st.lists(st.tuples(st.floats(1, 400), st.booleans(), st.booleans()), max_size=12),
    max_import_w=st.sampled_from([float("inf"), 1500.0]),
    max_export_w=st.sampled_from([0.0, 2000.0, float("inf")]),
)
def test_energy_is_neither_made_nor_lost(
    seed: int,
    day: int,
    soc_pct: float,
    capacity_kwh: float,
    scale: float,
    switching: list[tuple[float, bool, bool]],
    max_import_w: float,
    max_export_w: float,
) -> None:
    """Whatever is switched when, load = grid + solar + battery, and the battery holds what went in minus losses."""
    start = MIDNIGHT + timedelta(days=day)
    house = hybrid_house(start, seed=seed, soc_pct=soc_pct, capacity_kwh=capacity_kwh, scale=scale)
    house.grid.max_import_w, house.grid.max_export_w = max_import_w, max_export_w
    battery = house.battery
    assert battery is not None
    before_kwh, now = battery.stored_kwh, start
    for minutes, connected, live in [*switching, (200.0, False, True)]:
        house.connect_grid(connected)
        house.grid.live = live
        now += timedelta(minutes=minutes)
        house.advance(now)
        assert house.load_w == pytest.approx(house.grid_w + house.solar_w + house.battery_w, abs=1e-6)
        assert house.solar_w >= -1e-9
        assert house.load_w >= 0
        assert -max_export_w - 1e-6 <= house.grid_w <= max_import_w + 1e-6
        if not (connected and live):
            assert house.grid_w == 0
    sums = house.total
    assert sums.load_kwh == pytest.approx(
        sums.import_kwh - sums.export_kwh + sums.solar_kwh + sums.battery_out_kwh - sums.battery_in_kwh, abs=1e-6
    )
    assert battery.stored_kwh == pytest.approx(_stored_by_sums(battery, before_kwh, sums), abs=1e-6)
    assert min(soc_pct, battery.floor_pct) - 1e-6 <= battery.soc_pct <= 100 + 1e-6


def test_the_same_seed_gives_the_same_day_however_it_is_looked_at() -> None:
    """Looking often does not change the day, and another seed is another day."""
    often, once, other = (hybrid_house(MIDNIGHT, seed=seed) for seed in (3, 3, 4))
    for quarter in range(1, 97):
        often.advance(MIDNIGHT + timedelta(minutes=15 * quarter))
    for house in (once, other):
        house.advance(MIDNIGHT + timedelta(days=1))
    assert often.soc_pct == once.soc_pct
    assert often.total == once.total
    assert once.total != other.total


def test_summer_is_not_winter() -> None:
    """A kWp gives 3–7 kWh on a day in June and 0.2–2 kWh in December; a household uses 5–15 kWh."""
    per_kwp = {}
    for month in (6, 12):
        start = datetime(2026, month, 8, tzinfo=KYIV)
        house = hybrid_house(start, seed=11)
        house.advance(start + timedelta(days=14))
        sums = house.total
        per_kwp[month] = (sums.solar_kwh + sums.curtailed_kwh) / 14 / 6
        assert 5 < (sums.load_kwh + sums.unserved_kwh) / 14 < 15
    assert 3 < per_kwp[6] < 7
    assert 0.2 < per_kwp[12] < 2


def test_no_sun_at_night_and_a_peak_at_noon() -> None:
    """On a clear day the panels start at dawn, peak around the sun's noon, and stop at dusk."""
    sky = Sky(50.4, 30.5, seed=1)
    sky.overcast[MIDNIGHT.date()] = 0.0
    power = SolarPlant((Plane(5.0),)).power_w(sky.day((MIDNIGHT - datetime(1970, 1, 1, tzinfo=UTC)).days + 1))
    at = {hour: power[hour * 60] for hour in range(24)}  # UTC
    assert at[0] == at[22] == 0
    assert max(at, key=lambda hour: at[hour]) in (9, 10, 11)  # the sun's noon over 30.5° E is 10:00 UTC
    assert 3000 < max(at.values()) < 5000


def test_an_overcast_day_gives_a_fraction() -> None:
    """Under a closed cover the panels give less than a third of a clear day."""
    energies = []
    for cover in (0.0, 1.0):
        house = hybrid_house(MIDNIGHT, seed=2)
        house.sky.overcast.update({MIDNIGHT.date() + timedelta(days=shift): cover for shift in (-1, 0, 1)})
        house.advance(MIDNIGHT + timedelta(days=1))
        energies.append(house.total.solar_kwh + house.total.curtailed_kwh)
    assert energies[1] < energies[0] / 3


def _dark_house(soc_pct: float = 6.0) -> tuple[House, SteadyLoad]:
    load = SteadyLoad(1000, on=True)
    house = House(
        start=MIDNIGHT,
        battery=Battery(10, soc_pct=soc_pct, floor_pct=5, feeds_with_grid=False, grid_charge_w=800),
        grid=Grid(connected=False),
        parts=[load],
    )
    return house, load


def test_an_empty_battery_leaves_the_house_dark_until_the_grid_comes() -> None:
    """Minutes without supply are counted, and what was wanted meanwhile is unserved."""
    house, _load = _dark_house()
    house.advance(MIDNIGHT + timedelta(hours=1))
    assert house.dark
    assert (house.load_w, house.grid_w, house.unserved_w) == (0, 0, 1000)
    assert house.total.dark_min == pytest.approx(55, abs=2)  # 0.1 kWh last six minutes
    assert house.total.unserved_kwh == pytest.approx(house.total.dark_min / 60, abs=0.01)
    house.connect_grid(True)
    assert not house.dark
    assert house.load_w == 1000
    assert house.grid_w == 1800  # the house, and 800 W for the battery
    house.advance(MIDNIGHT + timedelta(hours=2))
    assert house.soc_pct == pytest.approx(5 + 7.6, abs=1)


def test_an_overloaded_battery_switches_the_house_off() -> None:
    """More than the inverter can give is darkness too, full battery or not."""
    house, load = _dark_house(soc_pct=90)
    load.full_w = 6000
    house.advance(MIDNIGHT + timedelta(minutes=5))
    assert house.dark
    load.full_w = 1000
    house.advance(MIDNIGHT + timedelta(minutes=7))
    assert not house.dark


def test_a_reserve_is_kept_while_the_grid_is_there_and_spent_when_it_fails() -> None:
    """`reserve_pct` holds beside a live grid only."""
    load = SteadyLoad(2000, on=True)
    house = House(start=MIDNIGHT, battery=Battery(10, soc_pct=45, reserve_pct=40), parts=[load])
    house.advance(MIDNIGHT + timedelta(hours=2))
    assert house.soc_pct == pytest.approx(40)
    assert house.grid_w == 2000
    house.grid.live = False
    house.advance(MIDNIGHT + timedelta(hours=3))
    assert house.soc_pct is not None
    assert house.soc_pct < 22
    assert house.battery_w == 2000


def test_surplus_that_nobody_takes_is_not_produced() -> None:
    """With a full battery and no feed-in the sun only carries the load."""
    house = hybrid_house(MIDNIGHT, seed=1, soc_pct=100)
    house.sky.overcast[MIDNIGHT.date()] = 0.0
    house.advance(MIDNIGHT.replace(hour=13))
    assert house.solar_w == pytest.approx(house.load_w)
    assert house.curtailed_w > 1000
    house.connect_grid(True)
    house.grid.max_export_w = 500
    house.advance(MIDNIGHT.replace(hour=13, minute=1))
    assert house.grid_w == pytest.approx(-500)


def test_a_breaker_limits_the_import() -> None:
    """Above `max_import_w` the battery helps, and then the rest is not served."""
    house, load = _dark_house(soc_pct=50)
    house.grid = Grid(max_import_w=3000)
    load.full_w = 6000
    battery = house.battery
    assert battery is not None
    battery.grid_charge_w = 0
    house.advance(MIDNIGHT + timedelta(minutes=1))
    assert (house.grid_w, house.battery_w, house.unserved_w) == (3000, 3000, 0)
    battery.may_discharge = False
    house.advance(MIDNIGHT + timedelta(minutes=2))
    assert (house.grid_w, house.load_w, house.unserved_w) == (3000, 3000, 3000)


def test_days_are_the_houses_own_even_when_the_clocks_change() -> None:
    """Each local day has its sums; the one in March that lacks an hour has 23."""
    start = datetime(2026, 3, 28, tzinfo=KYIV)
    house = House(timezone=KYIV, start=start, parts=[SteadyLoad(1000, on=True)])
    house.advance(datetime(2026, 3, 31, tzinfo=KYIV))
    hours = [house.days[(start + timedelta(days=n)).date()].load_kwh for n in range(3)]
    assert hours == pytest.approx([24, 23, 24])


def test_appointments_are_kept_to_the_second_and_in_order() -> None:
    """`call_at` and `call_every` fire inside an advance, at their moment."""
    house = House(start=MIDNIGHT)
    seen: list[tuple[str, float]] = []
    start_s = MIDNIGHT.timestamp()

    def note(name: str) -> None:
        seen.append((name, house.now.timestamp() - start_s))

    house.call_every(300, lambda: note("every"), phase_s=20)
    house.call_at(MIDNIGHT + timedelta(seconds=61.5), lambda: note("once"))
    house.advance(MIDNIGHT + timedelta(minutes=11))
    assert seen == [("every", 20), ("once", 61.5), ("every", 320), ("every", 620)]


def test_a_house_without_a_start_begins_when_it_is_first_asked() -> None:
    """It does not live through the years since 1970 first."""
    house = House(battery=Battery(5, soc_pct=33))
    house.call_every(300, lambda: None)
    house.advance(MIDNIGHT)
    assert house.steps == 1
    assert house.now == MIDNIGHT
    house.advance(MIDNIGHT - timedelta(hours=1))
    assert house.now == MIDNIGHT


def test_a_forced_battery_does_as_told() -> None:
    """`force_w` charges from the grid or discharges into it; `may_charge` forbids."""
    battery = Battery(10, soc_pct=50)
    house = House(start=MIDNIGHT, battery=battery)
    battery.force_w = -2000
    house.advance(MIDNIGHT + timedelta(minutes=1))
    assert (house.battery_w, house.grid_w) == (-2000, 2000)
    battery.force_w = 1500
    house.advance(MIDNIGHT + timedelta(minutes=2))
    assert (house.battery_w, house.grid_w) == (1500, -1500)
    battery.force_w, battery.may_charge = -2000, False
    house.advance(MIDNIGHT + timedelta(minutes=3))
    assert house.battery_w == 0
