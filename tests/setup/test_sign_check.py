"""Which signs and units make the house balance, from noisy readings."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from solarctl.onboarding.sign_check import check_signs


def readings(seed: int = 0, count: int = 12, *, battery: bool = True, load: bool = True) -> list[dict[str, float]]:
    """Return a sunny quarter of an hour with passing clouds, as right meters see it."""
    random = Random(seed)
    rows = []
    for number in range(count):
        solar = 900.0 if number % 4 == 2 else 3000.0 + random.uniform(-300, 300)
        used = 800.0 + random.uniform(-60, 60)
        flows = (0.6 if number % 3 else 0.3) * (used - solar) if battery else 0.0
        row = {"grid": used - solar - flows, "solar": solar}
        if battery:
            row["battery"] = flows
        if load:
            row["load"] = used
        rows.append({key: value + random.gauss(0, 5) for key, value in row.items()})
    return rows


def seen(rows: list[dict[str, float]], **factors: float) -> list[dict[str, float]]:
    """Return what meters see that are off by these factors."""
    return [{key: value / factors.get(key, 1) for key, value in row.items()} for row in rows]


@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
@pytest.mark.parametrize("with_load", [True, False])
def test_all_signs(signs: tuple[int, int, int], with_load: bool) -> None:
    """All eight combinations of signs are found, with a load meter and without."""
    factors = dict(zip(("grid", "solar", "battery"), map(float, signs), strict=True))
    verdict = check_signs(seen(readings(load=with_load), **factors))
    assert verdict.factor == factors
    assert verdict.undecided == ()
    assert verdict.all_right is (signs == (1, 1, 1))


@pytest.mark.parametrize("scale", [1.0, 1000.0])
@pytest.mark.parametrize("name", ["grid", "solar", "battery"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_units(name: str, scale: float, sign: float) -> None:
    """A meter that counts in kW is found, turned or not."""
    factors = {"grid": 1.0, "solar": 1.0, "battery": 1.0} | {name: sign * scale}
    assert check_signs(seen(readings(), **factors)).factor == factors


def test_a_battery_at_rest_is_undecided() -> None:
    """Nobody can tell the sign of nothing; the others are decided all the same."""
    rows = [row | {"battery": 0.0} for row in readings(battery=False)]
    verdict = check_signs(rows)
    assert verdict.undecided == ("battery",)
    assert verdict.all_right


def test_at_night_only_the_grid_is_seen() -> None:
    """Without sun the panels' sign is open, and import must be positive."""
    rows = [{"grid": -400.0 - n, "solar": 0.0, "load": 400.0 + n} for n in range(6)]
    verdict = check_signs(rows)
    assert verdict.factor["grid"] == -1
    assert verdict.undecided == ("solar",)


def test_a_toggled_load_settles_the_grid() -> None:
    """A steady day without load meter: a kettle of 2000 W shows which way the grid meter counts."""
    before = [{"grid": 2500.0 + n, "solar": 2000.0} for n in range(3)]
    during = [{"grid": 500.0 + n, "solar": 2000.0, "toggled": 2000.0} for n in range(3)]
    assert check_signs(before + during).factor["grid"] == -1


def test_a_meter_that_sees_a_part_fits_with_no_sign() -> None:
    """When 1500 W are missing whatever the signs, nobody is accused."""
    rows = [row | {"load": row["load"] + 1500 + 300 * (n % 3)} for n, row in enumerate(readings())]
    assert not check_signs(rows).fits


def test_no_readings_no_verdict() -> None:
    """Nothing seen, nothing said."""
    assert check_signs([]).factor == {}
    assert check_signs([{"solar": 5.0}]).factor == {}
