"""Whatever a vendor answers, a driver gives a reading of finite numbers or one of solarctl's errors, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solarctl.drivers.time_series import from_points
from solarctl.errors import SolarctlError
from tests.drivers.liar import MISSING, LyingVendor, places

HTTP = [
    *("solax-cloud", "tuya", "easee", "tesla", "tesla-gateway", "honeywell-tcc", "homewizard"),
    *("open-meteo", "openweather", "nws", "open-meteo-solar", "forecast-solar", "solcast", "quartz"),
    *("energy-charts", "awattar", "tibber"),
]
STAMPS = ["2026-13-45T99:99:99", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-07-01T12:00:00"]
NUMBERS = [0, -1, 1, 10**400, 1e308, -1e308, 1e18, 253402300800, -62135596801, 5e-324, "NaN", "1e400", "12"]
OTHERS = [None, True, "", "x", "\x1b[31m", "\ud800", [], {}, [[]], [None], ["x"], {"a": 1}, MISSING]
LIES = st.sampled_from([*STAMPS, *NUMBERS, *OTHERS]) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
HOMES = ("data", "viewer", "homes", 0, "currentSubscription", "priceInfo", "today", 1)
LIMIT = ("latestData", "uiData", "CoolLowerSetptLimit")
FOUND_ONCE = {  # what this test has found: the call, which answer, where, and what was said there
    "openweather": ("weather read_high", 0, ("daily", 0, "dt"), 1e308),
    "tibber": ("market-3 read_prices", 0, HOMES, "x"),
    "tesla": ("powerwall read_grid", 1, ("response", "timestamp"), "9999-12-31T23:59:59Z"),
    "honeywell-tcc": ("hall set_cool_setpoint", 2, LIMIT, 10**400),
    "solax-cloud": ("inverter read_grid", 0, ("exception",), "\x1b[31m"),
}


@pytest.fixture(params=HTTP)
def vendor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LyingVendor]:
    found = LyingVendor(request.param, tmp_path_factory.mktemp("liar"))
    yield found
    found.stop()


def sound(value: Any) -> bool:
    """Return whether there is nothing in a value that JSON or a rule could stumble over."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if hasattr(value, "__dataclass_fields__"):
        return all(sound(getattr(value, name)) for name in value.__dataclass_fields__)
    if isinstance(value, Mapping):
        return all(map(sound, value.values()))
    return all(map(sound, value)) if isinstance(value, list | tuple) else True


def told(vendor: LyingVendor, call: str, lie: tuple[int, tuple[str | int, ...], Any]) -> None:
    trouble = None
    try:
        answer = vendor.tell(call, lie)
    except SolarctlError as error:
        answer, trouble = None, error
    assert sound(answer), answer
    assert trouble is None or f"{trouble}{trouble.hint}".isprintable(), repr(trouble)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_lie(vendor: LyingVendor, data: st.DataObject) -> None:
    """One value in one answer is anything: a reading, or an error with a sentence that any terminal can show."""
    call = data.draw(st.sampled_from(vendor.names))
    truth = vendor.truth(call)
    number = data.draw(st.integers(0, len(truth) - 1))
    place = data.draw(st.sampled_from(list(places(truth[number]))))
    told(vendor, call, (number, place, data.draw(LIES)))


def test_lies_found_before(vendor: LyingVendor, request: pytest.FixtureRequest) -> None:
    """What once ended in a traceback is a reading or an error; and each call is answered when nobody lies."""
    call, *lie = FOUND_ONCE.get(request.node.callspec.params["vendor"], (vendor.names[0], 0, (), None))
    assert sound(vendor.tell(call, None))
    told(vendor, call, (lie[0], lie[1], lie[2]))


def test_a_stamp_of_another_century_fills_no_disk() -> None:
    """One stamp in year 9998 makes no list of millions of slots; the others stay what they are."""
    steps = from_points({0.0: 1.0, 900.0: 2.0, 1800.0: 3.0, 2.5e11: 4.0, -6e10: 5.0}, 900.0)
    assert steps is not None
    assert (steps.start_s, steps.values) == (0.0, (1.0, 2.0, 3.0))


def test_steps_shorter_than_any_market_has() -> None:
    """Two stamps that are almost one make no steps of a millionth of a second."""
    steps = from_points({0.0: 1.0, 5e-324: 2.0, 3600.0: 3.0}, 5e-324)
    assert steps is not None
    assert steps.step_s >= 60
    assert len(steps.values) == 61
